//! Every keyword of `ssh_config`: what its value looks like and what we do with it.

/// How a keyword's value is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// One word.
    Word,
    /// Words up to the end of the line.
    Words,
    /// One word; each mention adds one.
    More,
    /// The rest of the line as it stands.
    Line,
    /// `yes` or `no`.
    Flag,
    /// A number.
    Number,
    /// A port.
    Port,
    /// Seconds, or `1m30s`.
    Time,
    /// One of these.
    One(&'static [&'static str]),
    /// Says something about ssh's own workings that has no meaning here: taken without a word.
    Void,
    /// Something that is not done here: a warning, unless the value is `no`, `none` or the like.
    Missing,
}

use Shape::{Flag, Line, Missing, More, Number, One, Port, Time, Void, Word, Words};

/// A keyword in lower case and the shape of its value.
pub(super) type Keyword = (&'static str, Shape);

const STRICT: &[&str] = &["yes", "true", "no", "false", "ask", "off", "accept-new"];

/// Those that count.
const HONOURED: &[Keyword] = &[
    ("addressfamily", One(&["any", "inet", "inet6"])),
    ("batchmode", Flag),
    ("bindaddress", Word),
    ("casignaturealgorithms", Word),
    ("certificatefile", More),
    ("ciphers", Word),
    ("compression", Flag),
    ("connectionattempts", Number),
    ("connecttimeout", Time),
    ("enablesshkeysign", Void),
    ("forwardagent", Word),
    ("globalknownhostsfile", Words),
    ("hashknownhosts", Flag),
    ("hostkeyalgorithms", Word),
    ("hostkeyalias", Word),
    ("hostname", Word),
    ("identitiesonly", Flag),
    ("identityagent", Word),
    ("identityfile", More),
    ("ignoreunknown", Word),
    ("kbdinteractiveauthentication", Flag),
    ("kexalgorithms", Word),
    ("macs", Word),
    ("nohostauthenticationforlocalhost", Flag),
    ("numberofpasswordprompts", Number),
    ("passwordauthentication", Flag),
    ("port", Port),
    ("preferredauthentications", Word),
    ("proxycommand", Line),
    ("proxyjump", Word),
    ("pubkeyacceptedalgorithms", Word),
    ("pubkeyauthentication", One(&["yes", "true", "no", "false", "unbound", "host-bound"])),
    ("revokedhostkeys", Word),
    ("serveralivecountmax", Number),
    ("serveraliveinterval", Time),
    ("stricthostkeychecking", One(STRICT)),
    ("tag", Word),
    ("user", Word),
    ("userknownhostsfile", Words),
];

/// Those about ssh's own workings, and those that change nothing about a command without a terminal.
const VOID: &[&str] = &[
    "addkeystoagent",
    "canonicaldomains",
    "canonicalizefallbacklocal",
    "canonicalizemaxdots",
    "canonicalizepermittedcnames",
    "channeltimeout",
    "checkhostip",
    "cipher",
    "clearallforwardings",
    "compressionlevel",
    "controlmaster",
    "controlpath",
    "controlpersist",
    "enableescapecommandline",
    "escapechar",
    "exitonforwardfailure",
    "fingerprinthash",
    "forkafterauthentication",
    "forwardx11timeout",
    "gatewayports",
    "globalknownhostsfile2",
    "gssapiauthentication",
    "gssapiclientidentity",
    "gssapidelegatecredentials",
    "gssapikexalgorithms",
    "gssapikeyexchange",
    "gssapirenewalforcesrekey",
    "gssapiserveridentity",
    "gssapitrustdns",
    "hostbasedacceptedalgorithms",
    "hostbasedkeytypes",
    "ipqos",
    "localcommand",
    "loglevel",
    "logverbose",
    "obscurekeystroketiming",
    "permitlocalcommand",
    "permitremoteopen",
    "protocol",
    "rekeylimit",
    "requesttty",
    "requiredrsasize",
    "rhostsrsaauthentication",
    "rsaauthentication",
    "sendenv",
    "sessiontype",
    "smartcarddevice",
    "stdinnull",
    "streamlocalbindmask",
    "streamlocalbindunlink",
    "syslogfacility",
    "tcpkeepalive",
    "tunneldevice",
    "updatehostkeys",
    "useprivilegedport",
    "useroaming",
    "userknownhostsfile2",
    "usersh",
    "versionaddendum",
    "visualhostkey",
    "warnweakcrypto",
    "xauthlocation",
];

/// Those that are not done here.
const MISSING: &[&str] = &[
    "bindinterface",
    "canonicalizehostname",
    "dynamicforward",
    "forwardx11",
    "forwardx11trusted",
    "hostbasedauthentication",
    "knownhostscommand",
    "localforward",
    "pkcs11provider",
    "proxyusefdpass",
    "refuseconnection",
    "remotecommand",
    "remoteforward",
    "securitykeyprovider",
    "setenv",
    "tunnel",
    "verifyhostkeydns",
];

/// Older spellings.
const ALIASES: &[(&str, &str)] = &[
    ("challengeresponseauthentication", "kbdinteractiveauthentication"),
    ("dsaauthentication", "pubkeyauthentication"),
    ("identityfile2", "identityfile"),
    ("keepalive", "tcpkeepalive"),
    ("pubkeyacceptedkeytypes", "pubkeyacceptedalgorithms"),
    ("skeyauthentication", "kbdinteractiveauthentication"),
    ("tisauthentication", "kbdinteractiveauthentication"),
];

/// A keyword however it is written; None: ssh knows none of that name.
pub(super) fn find(name: &str) -> Option<Keyword> {
    let lower = name.to_ascii_lowercase();
    let wanted =
        ALIASES.iter().find(|(old, _)| *old == lower).map_or(lower.as_str(), |(_, new)| new);
    let of = |names: &'static [&'static str], shape| {
        names.iter().find(|name| **name == wanted).map(|name| (*name, shape))
    };
    let honoured = HONOURED.iter().find(|(name, _)| *name == wanted).copied();
    honoured.or_else(|| of(VOID, Void)).or_else(|| of(MISSING, Missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_keyword_is_listed_twice() {
        let mut names: Vec<&str> = HONOURED.iter().map(|(name, _)| *name).collect();
        names.extend(VOID.iter().chain(MISSING));
        names.extend(ALIASES.iter().map(|(old, _)| old));
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        assert!(names.iter().all(|name| name.to_ascii_lowercase() == **name));
        assert_eq!(find("IDENTITYFILE2"), Some(("identityfile", Shape::More)));
        assert_eq!(find("identity"), None);
    }
}
