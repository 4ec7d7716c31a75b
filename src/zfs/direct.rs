//! Streams straight from host to host: the ssh command line of the one, the key that the other lets in for one run.

use crate::base::quote;

/// How one host reaches the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Way {
    /// Address as the calling host sees it.
    pub host: String,
    /// Port, when not ssh's own.
    pub port: Option<u16>,
    /// User, when not the caller's.
    pub user: Option<String>,
    /// File on the calling host with the key of the other as we know it, under [`ALIAS`].
    pub known_hosts: String,
    /// File on the calling host with a private key; None: the operator's forwarded agent answers.
    pub key: Option<String>,
}

/// `HOST`, `HOST:PORT`, `[ADDRESS]:PORT`, or a bare address of IPv6.
pub fn parse_address(text: &str) -> Result<(String, Option<u16>), String> {
    let text = text.trim();
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, port)) => (host, port.strip_prefix(':').or(Some(""))),
        None if text.matches(':').count() == 1 => {
            text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)))
        }
        None => (text, None),
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '%');
    if host.is_empty() || host.starts_with('-') || !host.chars().all(fits) {
        return Err(format!("'{text}' is no address: HOST, HOST:PORT or [ADDRESS]:PORT"));
    }
    let port = port.map(|port| match port.parse::<u16>() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(format!("'{port}' is no port")),
    });
    Ok((host.to_owned(), port.transpose()?))
}

/// The name under which the other's key stands in the run's `known_hosts`: its address does not matter.
pub const ALIAS: &str = "tank-direct";

/// The line of that file for a key (type and base64).
pub fn known_hosts_line(key: &str) -> String {
    format!("{ALIAS} {}\n", key.trim())
}

/// The words that run `remote` (a text for /bin/sh) over there. Nothing of the calling account's own
/// configuration, keys or sockets is used, and an unknown key is refused.
pub fn ssh_words(way: &Way, remote: &str) -> Vec<String> {
    let mut words: Vec<String> = ["ssh", "-F", "/dev/null", "-T", "-x"].map(String::from).into();
    let options = [
        "BatchMode=yes",
        "StrictHostKeyChecking=yes",
        "GlobalKnownHostsFile=/dev/null",
        "CheckHostIP=no",
        "UpdateHostKeys=no",
        "ForwardAgent=no",
        "ClearAllForwardings=yes",
        "ControlMaster=no",
        "ControlPath=none",
        "Compression=no",
        "PreferredAuthentications=publickey",
        "ConnectTimeout=15",
        "ServerAliveInterval=15",
        "ServerAliveCountMax=3",
        "LogLevel=ERROR",
    ];
    let mut option = |text: &str| words.extend(["-o".to_string(), text.to_string()]);
    options.iter().for_each(|text| option(text));
    option(&format!("HostKeyAlias={ALIAS}"));
    option(&format!("UserKnownHostsFile=\"{}\"", way.known_hosts));
    if let Some(key) = &way.key {
        option("IdentitiesOnly=yes");
        option("IdentityAgent=none");
        option(&format!("IdentityFile=\"{key}\""));
    }
    if let Some(port) = way.port {
        option(&format!("Port={port}"));
    }
    if let Some(user) = &way.user {
        option(&format!("User={user}"));
    }
    words.extend(["--".to_string(), way.host.clone(), remote_line(remote)]);
    words
}

/// One line for a login shell of any kind, csh among them: newlines and `!` do not come through it.
fn remote_line(text: &str) -> String {
    let escaped = text.replace('\\', "\\0134").replace('\n', "\\n").replace('!', "\\041");
    let outer = format!("eval \"$(printf %b {})\"", quote::sh(&escaped));
    format!("/bin/sh -c {}", quote::sh(&outer))
}

/// The line of `authorized_keys` that lets a key in for one command from one address; `mark` tells it from all
/// others. An error: a text that such a line cannot hold.
pub fn authorized_line(
    public: &str,
    command: &str,
    from: Option<&str>,
    mark: &str,
) -> Result<String, String> {
    let mut blob = public.split_whitespace();
    let (Some(kind), Some(key)) = (blob.next(), blob.next()) else {
        return Err("no public key".to_string());
    };
    let option = |name: &str, text: &str| {
        if text.contains(['\n', '\r', '\0']) {
            return Err(format!("{name}: a line of authorized_keys holds no line break"));
        }
        Ok(format!("{name}=\"{}\"", text.replace('"', "\\\"")))
    };
    let mut line = format!("restrict,{}", option("command", &remote_line(command))?);
    if let Some(from) = from {
        line.push(',');
        line.push_str(&option("from", from)?);
    }
    Ok(format!("{line} {kind} {key} {mark}"))
}

/// Adds a line (`$1`) to the account's authorized keys.
pub const LET_IN: &str = r#"umask 077
d=$HOME/.ssh f=$HOME/.ssh/authorized_keys
[ -d "$d" ] || mkdir "$d" || exit 1
[ ! -s "$f" ] || [ -z "$(tail -c 1 "$f")" ] || echo >>"$f" || exit 1
printf '%s\n' "$1" >>"$f""#;

/// Takes all lines with a mark (`$1`) away again; a file that holds nothing else is removed.
pub const SHUT_OUT: &str = r#"umask 077
f=$HOME/.ssh/authorized_keys
[ -f "$f" ] && grep -q -F -e "$1" "$f" || exit 0
t=$f.$1
cp -p "$f" "$t" || exit 1
grep -v -F -e "$1" "$f" >"$t"
case $? in 0 | 1) ;; *) rm -f "$t"; exit 1 ;; esac
if [ -s "$t" ]; then cat "$t" >"$f" || exit 1; else rm -f "$f"; fi
rm -f "$t""#;

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::process::Command;

    #[test]
    fn the_command_line_uses_nothing_of_the_account() {
        let way = Way {
            host: "b.example".into(),
            port: Some(2222),
            user: Some("repl".into()),
            known_hosts: "/tmp/t x/known".into(),
            key: Some("/tmp/t x/key".into()),
        };
        let words = ssh_words(&way, "zfs receive");
        let has = |word: &str| words.iter().any(|other| other == word);
        assert!(has("StrictHostKeyChecking=yes") && has("HostKeyAlias=tank-direct"));
        assert!(
            has("UserKnownHostsFile=\"/tmp/t x/known\"") && has("IdentityFile=\"/tmp/t x/key\"")
        );
        assert!(has("Port=2222") && has("User=repl") && has("IdentityAgent=none"));
        assert_eq!(words[words.len() - 3..words.len() - 1], ["--", "b.example"]);
        let agent = ssh_words(&Way { key: None, ..way }, "x");
        assert!(!agent.iter().any(|word| word.starts_with("Identit")));
        assert_eq!(known_hosts_line("ssh-ed25519 AAAA "), "tank-direct ssh-ed25519 AAAA\n");
    }

    #[test]
    fn addresses() {
        let read = |text| parse_address(text).map(|(host, port)| format!("{host} {port:?}"));
        for (text, wanted) in [
            ("b.example", "b.example None"),
            ("10.0.0.1:2222", "10.0.0.1 Some(2222)"),
            ("fe80::1%eth0", "fe80::1%eth0 None"),
            ("[::1]:22", "::1 Some(22)"),
            ("[::1]", "::1 None"),
        ] {
            assert_eq!(read(text).unwrap(), wanted);
        }
        for text in ["", "a:0", "a:ssh", "a b", "me@a", "-oProxyCommand=x", "[::1]22", "a:70000"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn any_text_comes_through_any_login_shell() {
        let text = "printf '%s|' \"it's\" 'a\\nb' \"wow!\" '%s' \"$((1+1))\"\nexit 3";
        for shell in ["dash", "bash", "mksh"] {
            let output = Command::new(shell).args(["-c", &remote_line(text)]).output().unwrap();
            assert_eq!(
                String::from_utf8(output.stdout).unwrap(),
                "it's|a\\nb|wow!|%s|2|",
                "{shell}"
            );
            assert_eq!(output.status.code(), Some(3));
        }
        assert!(!remote_line(text).contains(['\n', '!']));
    }

    #[test]
    fn a_key_is_let_in_and_shut_out_again() {
        let line = authorized_line(
            "ssh-ed25519 AAAA me",
            "zfs recv \"a b\"",
            Some("10.0.0.1"),
            "tank-run-1",
        );
        let line = line.unwrap();
        assert!(
            line.starts_with("restrict,command=\"/bin/sh -c ") && line.contains("a b\\\""),
            "{line}"
        );
        assert!(line.ends_with(",from=\"10.0.0.1\" ssh-ed25519 AAAA tank-run-1"), "{line}");
        assert!(authorized_line("ssh-ed25519", "x", None, "m").is_err());
        assert!(authorized_line("k k", "x", Some("a\nb"), "m").is_err());
        for shell in [&["dash"][..], &["busybox", "sh"], &["mksh"], &["bash"]] {
            let home = tempfile::tempdir().unwrap();
            let run = |text: &str, word: &str| {
                let mut command = Command::new(shell[0]);
                command.args(&shell[1..]).args(["-c", text, "sh", word]).env("HOME", home.path());
                assert!(command.status().unwrap().success(), "{shell:?}");
            };
            let file = home.path().join(".ssh/authorized_keys");
            run(LET_IN, &line);
            assert_eq!(fs::read_to_string(&file).unwrap(), format!("{line}\n"));
            run(SHUT_OUT, "tank-run-1");
            assert!(!file.exists());
            fs::write(&file, "ssh-rsa own").unwrap();
            run(LET_IN, &line);
            assert_eq!(fs::read_to_string(&file).unwrap(), format!("ssh-rsa own\n{line}\n"));
            run(SHUT_OUT, "tank-run-1");
            run(SHUT_OUT, "tank-run-1");
            assert_eq!(fs::read_to_string(&file).unwrap(), "ssh-rsa own\n");
            assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
        }
    }
}
