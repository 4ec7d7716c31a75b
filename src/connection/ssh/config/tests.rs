//! Our reading compared with `ssh -G` of the real OpenSSH on the same files.

use super::super::env::Operator;
use super::*;
use std::fs;
use std::path::Path;
use std::process::Command;

const COMPARED: [&str; 23] = [
    "addressfamily",
    "batchmode",
    "bindaddress",
    "certificatefile",
    "compression",
    "connectionattempts",
    "connecttimeout",
    "forwardagent",
    "globalknownhostsfile",
    "hashknownhosts",
    "hostkeyalias",
    "identitiesonly",
    "identityagent",
    "identityfile",
    "numberofpasswordprompts",
    "port",
    "preferredauthentications",
    "proxycommand",
    "proxyjump",
    "serveralivecountmax",
    "serveraliveinterval",
    "stricthostkeychecking",
    "userknownhostsfile",
];

/// What ssh resolves: `keyword value...` lines, or its error.
fn real(file: &Path, options: &[&str], host: &str) -> Result<Vec<String>, String> {
    let output =
        Command::new("ssh").arg("-G").arg("-F").arg(file).args(options).arg(host).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace('\r', "");
    if !output.status.success() {
        return Err(text(&output.stderr));
    }
    Ok(text(&output.stdout).lines().map(str::to_owned).collect())
}

fn ours(file: &Path, options: &[&str], host: &str) -> Result<Settings, String> {
    let mut settings = Settings::default();
    for pair in options.chunks(2) {
        settings.option("options", pair[1])?;
    }
    let operator = Operator::of_process();
    read(settings, Asked { name: host, operator: &operator }, &Files::Only(file.to_owned()))
}

fn plain(value: &str) -> String {
    match value {
        "yes" => "true".to_owned(),
        "no" | "off" => "false".to_owned(),
        other => other.to_owned(),
    }
}

/// Compares everything that our side has a value for, and host and user always.
fn compare(text: &str, options: &[&str], host: &str) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config");
    let text = text.replace("DIR", dir.path().to_str().unwrap());
    fs::write(&file, &text).unwrap();
    fs::write(dir.path().join("a.conf"), "User from-a\nHost x*\n  Port 1001\n").unwrap();
    fs::write(dir.path().join("b.conf"), "HostKeyAlias from-b\n").unwrap();
    let (real, settings) =
        (real(&file, options, host).unwrap(), ours(&file, options, host).unwrap());
    let values = |name: &str| -> Vec<String> {
        let own = real.iter().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        own.map(plain).collect()
    };
    for name in COMPARED {
        let time = ["connecttimeout", "serveraliveinterval"].contains(&name);
        let own = |word: &String| match settings.time(name).filter(|_| time) {
            Some(time) => time.as_secs().to_string(),
            None => plain(word),
        };
        let mine: Vec<String> = settings.words(name).iter().map(own).collect();
        let joined = if ["userknownhostsfile", "globalknownhostsfile"].contains(&name) {
            let home = Operator::of_process().home;
            vec![mine.join(" ").replace('~', home.to_str().unwrap())]
        } else {
            mine.clone()
        };
        if !mine.is_empty() && mine != ["none"] {
            assert_eq!(joined, values(name), "{name} of {host} in\n{text}");
        }
    }
    let tokens = Tokens { host: host.to_owned(), ..Tokens::default() };
    let name =
        settings.word("hostname").map_or(host.to_owned(), |name| tokens.expand(name, "h").unwrap());
    assert_eq!(vec![name.to_lowercase()], values("hostname"), "hostname of {host} in\n{text}");
    let user = settings.word("user").unwrap_or(&Operator::of_process().user).to_owned();
    assert_eq!(vec![user], values("user"), "user of {host} in\n{text}");
    // What ssh has that we do not: a value other than its default.
    let empty = dir.path().join("empty");
    fs::write(&empty, "").unwrap();
    let default = super::tests::real(&empty, &[], host).unwrap();
    for name in COMPARED.iter().filter(|name| settings.words(name).is_empty()) {
        let prefix = format!("{name} ");
        let set = real.iter().find(|line| line.starts_with(&prefix) && !default.contains(line));
        assert_eq!(set, None, "{name} of {host} in\n{text}");
    }
}

#[test]
fn hosts_patterns_and_first_values() {
    let text = "
        # a comment
        Host web* !web3
            User web
            Port 2222
        Host *.example.org web1
            User=second
            HostName %h.internal
            IdentityFile ~/.ssh/one
        Host *
            IdentityFile \"~/.ssh/two words\"
            IdentityFile ~/.ssh/one
            ServerAliveInterval 1m30s
            ConnectTimeout = 7
            Compression yes
    ";
    for host in ["web1", "web3", "a.example.org", "other", "WEB1"] {
        compare(text, &[], host);
    }
    compare(text, &["-o", "Port=99", "-o", "IdentityFile /x"], "web1");
}

#[test]
fn every_compared_keyword() {
    let text = "
        AddressFamily inet6
        BatchMode yes
        ServerAliveInterval 20
        BindAddress 127.0.0.1
        CertificateFile ~/c1
        CertificateFile ~/c2
        ConnectionAttempts 3
        ForwardAgent yes
        GlobalKnownHostsFile /a /b
        HashKnownHosts yes
        HostKeyAlias alias
        IdentitiesOnly yes
        IdentityAgent /run/agent
        NumberOfPasswordPrompts 2
        PreferredAuthentications publickey,password
        ServerAliveCountMax 9
        StrictHostKeyChecking accept-new
        UserKnownHostsFile ~/.ssh/k1 \"/with space\" # comment
        GSSAPIAuthentication yes
        SendEnv LANG LC_*
        ControlMaster auto
    ";
    compare(text, &[], "h");
    compare("StrictHostKeyChecking off\nUserKnownHostsFile /dev/null\n", &[], "h");
    compare("ChallengeResponseAuthentication no\nStrictHostKeyChecking yes\n", &[], "h");
}

#[test]
fn proxies_come_first_come_first_served() {
    compare("ProxyJump a,b:22\nProxyCommand nc %h %p\n", &[], "h");
    compare("ProxyCommand nc -x 'a b' %h %p # not a comment\nProxyJump a\n", &[], "h");
    compare("ProxyCommand=nc %h %p\n", &[], "h");
    compare("ProxyJump none\nProxyCommand nc\n", &[], "h");
}

#[test]
fn match_blocks() {
    let user = Operator::of_process().user;
    let text = format!(
        "
        Match host a*,b* user root
            Port 1
        Match originalhost h1 !user nobody
            HostName renamed
            User nobody
        Match host renamed
            HostKeyAlias by-host
        Match originalhost h1 user nobody
            BindAddress 127.0.0.2
        Match localuser {user} exec \"test %n = h2\"
            Port 2
        Match exec \"false\"
            Port 3
        Match !exec \"false\" !host h2
            ConnectTimeout 9
        Match all
            Compression yes
    "
    );
    for host in ["a1", "b2", "h1", "h2", "h3"] {
        compare(&text, &[], host);
        compare(&text, &["-o", "User=root"], host);
        compare(&text, &["-o", "User=nobody"], host);
    }
}

#[test]
fn match_final_reads_again() {
    let text = "
        Match final host real*
            Port 7
            IdentityFile /final
        Match !final
            ConnectTimeout 3
        Host h
            HostName real-%h
            IdentityFile /first
        Match final all
            User last
    ";
    for host in ["h", "real-h", "x"] {
        compare(text, &[], host);
    }
}

#[test]
fn includes_stay_within_their_block() {
    compare("Include DIR/a.conf\nUser late\n", &[], "x1");
    compare("Include DIR/a.conf\nUser late\n", &[], "y1");
    compare("Host y*\n  Include DIR/*.conf\nHost *\n  Port 5\n", &[], "y1");
    compare("Host y*\n  Include DIR/*.conf\nHost *\n  Port 5\n", &[], "x1");
    compare("Include DIR/none.conf DIR/[ab].conf\nPort 6\n", &[], "x1");
}

/// Both refuse, and our sentence is in ssh's.
fn both_refuse(text: &str) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config");
    fs::write(&file, text).unwrap();
    let (real, ours) = (real(&file, &[], "h").unwrap_err(), ours(&file, &[], "h").unwrap_err());
    let lower = real.to_lowercase();
    let ours = ours.split_inclusive("Bad Match condition").next().unwrap();
    assert!(lower.contains(&ours.to_lowercase()), "ours: {ours}\nssh: {real}");
}

#[test]
fn what_ssh_refuses_is_refused() {
    both_refuse("Nonsense yes\n");
    both_refuse("Host other\n  Nonsense yes\n");
    both_refuse("Port x\n");
    both_refuse("ConnectTimeout soon\n");
    both_refuse("Compression maybe\n");
    both_refuse("StrictHostKeyChecking perhaps\n");
    both_refuse("AddressFamily inet7\n");
    both_refuse("Match all host x\n");
    both_refuse("Match host\n");
    both_refuse("Match nonsense x\n");
    both_refuse("Port 22 23\n");
    both_refuse("Port\n");
    both_refuse("User \"open\n");
    both_refuse("Host\n");
}

#[test]
fn unknown_keywords_may_be_ignored() {
    compare("IgnoreUnknown UseKey*,Other\nUseKeychain yes\nPort 3\n", &[], "h");
}

#[test]
fn missing_features_warn_once_each() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config");
    fs::write(&file, "LocalForward 1 a:2\nTunnel no\nPKCS11Provider none\nVerifyHostKeyDNS yes\n")
        .unwrap();
    let settings = ours(&file, &[], "h").unwrap();
    assert_eq!(settings.warnings.len(), 2, "{:?}", settings.warnings);
    assert!(
        settings.warnings[0].ends_with("config:1: localforward is not supported and has no effect"),
        "{:?}",
        settings.warnings
    );
}

#[test]
fn the_users_file_must_be_the_users() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config");
    fs::write(&file, "Port 5\n").unwrap();
    let operator = Operator {
        user_config: file.clone(),
        system_config: dir.path().join("none"),
        ..Operator::of_process()
    };
    let asked = Asked { name: "h", operator: &operator };
    assert_eq!(read(Settings::default(), asked, &Files::Usual).unwrap().word("port"), Some("5"));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    let error = read(Settings::default(), asked, &Files::Usual).unwrap_err();
    assert!(error.starts_with("Bad owner or permissions on "), "{error}");
    assert!(read(Settings::default(), asked, &Files::None).unwrap().word("port").is_none());
}

#[test]
fn times_are_read_as_by_ssh() {
    for text in ["90", "1m30s", "2h", "1w2d", "0"] {
        compare(&format!("ConnectTimeout {text}\n"), &["-o", "ServerAliveInterval=1m"], "h");
        assert!(duration(text).is_some());
    }
    assert_eq!(duration("1m30s"), Some(Duration::from_secs(90)));
    assert_eq!(duration("x"), None);
}

#[test]
fn what_a_distribution_ships_warns_only_in_the_users_file() {
    let dir = tempfile::tempdir().unwrap();
    let (users, systems) = (dir.path().join("users"), dir.path().join("systems"));
    let included = dir.path().join("included");
    fs::write(&included, "SendEnv LANG\n").unwrap();
    let text = "SendEnv LANG\nGSSAPIAuthentication yes\nControlMaster auto\n";
    fs::write(&users, text).unwrap();
    let include = format!("Include {}\nGSSAPIAuthentication yes\nIPQoS af21\n", included.display());
    fs::write(&systems, include).unwrap();
    let operator = Operator {
        user_config: users.clone(),
        system_config: systems.clone(),
        ..Operator::of_process()
    };
    let asked = Asked { name: "h", operator: &operator };
    let warnings = read(Settings::default(), asked, &Files::Usual).unwrap().warnings;
    let place = |path: &std::path::Path, rest: &str| format!("{}:{rest}", path.display());
    let tail = "is not supported and has no effect";
    assert_eq!(
        warnings,
        [
            place(&users, &format!("1: sendenv {tail}")),
            place(&users, &format!("2: gssapiauthentication {tail}")),
            place(&systems, &format!("3: ipqos {tail}")),
        ]
    );
}
