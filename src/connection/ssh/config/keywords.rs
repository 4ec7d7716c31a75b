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
    /// Has no meaning here: taken without a word.
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
    ("certificatefile", More),
    ("ciphers", Word),
    ("compression", Flag),
    ("connectionattempts", Number),
    ("connecttimeout", Time),
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
    ("pubkeyauthentication", One(&["yes", "true", "no", "false", "unbound", "host-bound"])),
    ("revokedhostkeys", Word),
    ("serveralivecountmax", Number),
    ("serveraliveinterval", Time),
    ("stricthostkeychecking", One(STRICT)),
    ("tag", Word),
    ("user", Word),
    ("userknownhostsfile", Words),
];

/// Those that can be taken without a word, and why.
const VOID: &[&[&str]] = &[
    // The run keeps one connection per host for all its programs: what sharing is for.
    &["controlmaster", "controlpath", "controlpersist"],
    // Dead hosts are found by our own keep-alive requests, whichever this says.
    &["tcpkeepalive"],
    // What ssh itself prints, and how.
    &[
        "fingerprinthash",
        "loglevel",
        "logverbose",
        "syslogfacility",
        "visualhostkey",
        "warnweakcrypto",
    ],
    // About a person at the keyboard; programs of a run have none.
    &["enableescapecommandline", "escapechar", "obscurekeystroketiming"],
    // Details of what warns by itself once it is switched on.
    &[
        "canonicaldomains",
        "canonicalizefallbacklocal",
        "canonicalizemaxdots",
        "canonicalizepermittedcnames",
    ],
    &["clearallforwardings", "exitonforwardfailure", "gatewayports", "permitremoteopen"],
    &["streamlocalbindmask", "streamlocalbindunlink", "tunneldevice"],
    &["enablesshkeysign", "hostbasedacceptedalgorithms", "hostbasedkeytypes"],
    &["forwardx11timeout", "localcommand", "xauthlocation"],
    &[
        "gssapiclientidentity",
        "gssapidelegatecredentials",
        "gssapikexalgorithms",
        "gssapirenewalforcesrekey",
        "gssapiserveridentity",
        "gssapitrustdns",
    ],
    // OpenSSH takes these without effect, too.
    &[
        "cipher",
        "compressionlevel",
        "globalknownhostsfile2",
        "protocol",
        "rhostsrsaauthentication",
        "rsaauthentication",
        "smartcarddevice",
        "useprivilegedport",
        "useroaming",
        "userknownhostsfile2",
        "usersh",
    ],
];

/// Those that are not done here.
const MISSING: &[&str] = &[
    "addkeystoagent",
    "bindinterface",
    "canonicalizehostname",
    "casignaturealgorithms",
    "channeltimeout",
    "checkhostip",
    "dynamicforward",
    "forkafterauthentication",
    "forwardx11",
    "forwardx11trusted",
    "gssapiauthentication",
    "gssapikeyexchange",
    "hostbasedauthentication",
    "ipqos",
    "knownhostscommand",
    "localforward",
    "permitlocalcommand",
    "pkcs11provider",
    "proxyusefdpass",
    "pubkeyacceptedalgorithms",
    "refuseconnection",
    "rekeylimit",
    "remotecommand",
    "remoteforward",
    "requesttty",
    "requiredrsasize",
    "securitykeyprovider",
    "sendenv",
    "sessiontype",
    "setenv",
    "stdinnull",
    "tunnel",
    "updatehostkeys",
    "verifyhostkeydns",
    "versionaddendum",
];

/// Those among them that distributions write into the system's own file: nobody asked for them there.
const SHIPPED: &[&str] = &[
    "casignaturealgorithms",
    "forwardx11trusted",
    "gssapiauthentication",
    "pubkeyacceptedalgorithms",
    "requiredrsasize",
    "sendenv",
];

/// Whether a value of a keyword that is not done asks for nothing.
pub(super) fn is_idle(name: &str, value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    match value.as_str() {
        "no" | "none" | "false" | "off" => true,
        "auto" => name == "requesttty",
        "default" => ["sessiontype", "rekeylimit"].contains(&name),
        "0" => ["requiredrsasize", "rekeylimit"].contains(&name),
        _ => false,
    }
}

/// Whether the system's own file may say this without a warning.
pub(super) fn is_shipped(name: &str) -> bool {
    SHIPPED.contains(&name)
}

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
    let void = || VOID.iter().find_map(|names| of(names, Void));
    honoured.or_else(void).or_else(|| of(MISSING, Missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_keyword_is_listed_twice() {
        let mut names: Vec<&str> = HONOURED.iter().map(|(name, _)| *name).collect();
        names.extend(VOID.iter().copied().flatten().chain(MISSING));
        names.extend(ALIASES.iter().map(|(old, _)| old));
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        assert!(names.iter().all(|name| name.to_ascii_lowercase() == **name));
        assert_eq!(find("IDENTITYFILE2"), Some(("identityfile", Shape::More)));
        assert_eq!(find("identity"), None);
        assert!(SHIPPED.iter().all(|name| MISSING.contains(name)));
        assert!(is_idle("requesttty", "AUTO") && !is_idle("sendenv", "auto"));
    }
}
