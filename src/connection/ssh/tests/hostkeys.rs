//! Host keys against a real sshd; the verdicts are compared with ssh's own on the same files.

use super::sshd::sign;
use super::*;

struct Bench {
    scratch: Scratch,
    sshd: Sshd,
    vars: ConnectionVars,
}

impl Bench {
    fn new(options: &str) -> Self {
        let scratch = Scratch::new();
        for kind in ["ed25519", "rsa", "ecdsa"] {
            keygen(&scratch.path(&format!("host_{kind}")), &["-t", kind], "");
            keygen(&scratch.path(&format!("other_{kind}")), &["-t", kind], "");
        }
        keygen(&scratch.path("ca"), &["-t", "ed25519"], "");
        let sshd = Sshd::start(
            &scratch,
            &options.replace("DIR", &scratch.dir.path().display().to_string()),
        );
        let vars = sshd.vars(&scratch);
        Self { scratch, sshd, vars }
    }

    fn key(&self, name: &str) -> String {
        let text = fs::read_to_string(self.scratch.path(&format!("{name}.pub"))).unwrap();
        text.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
    }

    /// Replaces `NAME`, `PORT` and `{key}` in a `known_hosts` text and writes it.
    fn know(&self, text: &str) {
        let mut text =
            text.replace("NAME", &self.sshd.name()).replace("PORT", &self.sshd.port.to_string());
        for key in [
            "host_ed25519",
            "host_rsa",
            "host_ecdsa",
            "other_ed25519",
            "other_rsa",
            "other_ecdsa",
            "ca",
        ] {
            text = text.replace(&format!("{{{key}}}"), &self.key(key));
        }
        fs::write(self.scratch.path(".ssh/known_hosts"), text).unwrap();
    }

    fn file(&self) -> String {
        fs::read_to_string(self.scratch.path(".ssh/known_hosts")).unwrap_or_default()
    }
}

/// ssh and we accept or refuse the same.
async fn agree(bench: &Bench, text: &str, hash: bool, accept: bool) {
    bench.know(text);
    if hash {
        let path = bench.scratch.path(".ssh/known_hosts");
        run("ssh-keygen", &["-q", "-H", "-f", path.to_str().unwrap()]);
    }
    let (code, real) = bench.sshd.ssh(&bench.scratch, &["-o", "StrictHostKeyChecking=yes"]);
    assert_eq!(code == 0, accept, "ssh on {text:?}: {real}");
    let env = bench.scratch.env();
    let target = Target::resolve(&bench.vars, &env).unwrap();
    let ours = connect(&target, &env).await;
    assert_eq!(ours.is_ok(), accept, "we on {text:?}: {:?}", ours.err());
}

const HOST_KEYS: &str = "HostKey DIR/host_ed25519\nHostKey DIR/host_rsa\nHostKey DIR/host_ecdsa";

#[tokio::test]
async fn plain_files_are_judged_as_by_ssh() {
    let bench = Bench::new(HOST_KEYS);
    let good = [
        "NAME {host_ed25519}\n",
        "NAME {host_rsa}\n",
        "NAME {host_ecdsa}",
        "\t NAME\t{host_ed25519}\ta comment\r\n",
        "# c\n\nNAME {other_ed25519}\nNAME {host_ed25519}\n",
        "NAME {other_rsa}\nNAME {host_rsa}\n",
        "[127.0.0.*]:PORT {host_ed25519}\n",
        "[127.0.0.?]:* {host_ed25519}\n",
        "elsewhere,NAME,other {host_ed25519}\n",
        "127.0.0.1 {host_ed25519}\n",
        "!elsewhere,* {host_ed25519}\n",
        "NAME 1024 35 1234567\nNAME {host_ed25519}\n",
        "@revoked elsewhere {host_ed25519}\nNAME {host_ed25519}\n",
        "@revoked * {other_ed25519}\nNAME {host_ed25519}\n",
        "@unknown NAME {host_rsa}\nNAME {host_ed25519}\n",
        "@cert-authority * {ca}\nNAME {host_ed25519}\n",
    ];
    for text in good {
        agree(&bench, text, false, true).await;
    }
    let bad = [
        "",
        "elsewhere {host_ed25519}\n",
        "NAME {other_ed25519}\n",
        "NAME {other_rsa}\n",
        "127.0.0.1 {other_ed25519}\n",
        "!NAME,!127.0.0.1,* {host_ed25519}\n",
        "NAME {host_ed25519}\n@revoked * {host_ed25519}\n",
        "@revoked NAME {host_ed25519}\nNAME {host_ed25519}\n",
        "@cert-authority NAME {host_ed25519}\n",
        "[127.0.0.1]:1 {host_ed25519}\n",
    ];
    for text in bad {
        agree(&bench, text, false, false).await;
    }
}

#[tokio::test]
async fn hashed_files_are_judged_as_by_ssh() {
    let bench = Bench::new(HOST_KEYS);
    agree(&bench, "NAME {host_ed25519}\n", true, true).await;
    agree(&bench, "NAME {host_rsa}\n", true, true).await;
    agree(&bench, "127.0.0.1 {host_ed25519}\n", true, true).await;
    agree(&bench, "NAME {other_rsa}\n", true, false).await;
    agree(&bench, "elsewhere {host_rsa}\n", true, false).await;
}

#[tokio::test]
async fn host_certificates_are_judged_as_by_ssh() {
    let scratch_options = "HostKey DIR/host_ed25519\nHostCertificate DIR/host_ed25519-cert.pub";
    let scratch = Scratch::new();
    keygen(&scratch.path("ca"), &["-t", "ed25519"], "");
    keygen(&scratch.path("other_ca"), &["-t", "rsa"], "");
    keygen(&scratch.path("host_ed25519"), &["-t", "ed25519"], "");
    let options = scratch_options.replace("DIR", &scratch.dir.path().display().to_string());
    let key = |name: &str| fs::read_to_string(scratch.path(&format!("{name}.pub"))).unwrap();
    let cases: [(&[&str], &str, bool); 8] = [
        (&["-h", "-n", "127.0.0.1"], "ca", true),
        (&["-h", "-n", "a,127.0.0.*"], "ca", false),
        (&["-h"], "ca", true),
        (&["-h", "-n", "elsewhere"], "ca", false),
        (&["-n", "127.0.0.1"], "ca", false),
        (&["-h", "-n", "127.0.0.1", "-V", "20200101:20210101"], "ca", false),
        (&["-h", "-n", "127.0.0.1", "-V", "20990101:20990201"], "ca", false),
        (&["-h", "-n", "127.0.0.1"], "other_ca", false),
    ];
    for (words, known, accept) in cases {
        let _ = fs::remove_file(scratch.path("host_ed25519-cert.pub"));
        sign(&scratch.path("ca"), &scratch.path("host_ed25519"), words);
        let sshd = Sshd::start(&scratch, &options);
        let vars = sshd.vars(&scratch);
        let text = format!("@cert-authority {} {}", sshd.name(), key(known));
        fs::write(scratch.path(".ssh/known_hosts"), text).unwrap();
        let (code, real) = sshd.ssh(&scratch, &["-o", "StrictHostKeyChecking=yes"]);
        assert_eq!(code == 0, accept, "ssh with {words:?}: {real}");
        let env = scratch.env();
        let ours = connect(&Target::resolve(&vars, &env).unwrap(), &env).await;
        assert_eq!(ours.is_ok(), accept, "we with {words:?}: {:?}", ours.err());
    }
}

#[tokio::test]
async fn a_revoked_authority_and_a_known_inner_key_count() {
    let scratch = Scratch::new();
    keygen(&scratch.path("ca"), &["-t", "ed25519"], "");
    keygen(&scratch.path("host_ed25519"), &["-t", "ed25519"], "");
    sign(&scratch.path("ca"), &scratch.path("host_ed25519"), &["-h", "-n", "elsewhere"]);
    let dir = scratch.dir.path().display();
    let options =
        format!("HostKey {dir}/host_ed25519\nHostCertificate {dir}/host_ed25519-cert.pub");
    let sshd = Sshd::start(&scratch, &options);
    let vars = sshd.vars(&scratch);
    let key = |name: &str| fs::read_to_string(scratch.path(&format!("{name}.pub"))).unwrap();
    let (ca, own, name) = (key("ca"), key("host_ed25519"), sshd.name());
    let cases = [
        // Named for another host, but the key itself is known.
        (format!("@cert-authority * {ca}{name} {own}"), true),
        (format!("@cert-authority * {ca}@revoked * {ca}{name} {own}"), false),
        (format!("@cert-authority * {ca}@revoked * {own}{name} {own}"), false),
    ];
    for (text, accept) in cases {
        fs::write(scratch.path(".ssh/known_hosts"), &text).unwrap();
        let (code, real) = sshd.ssh(&scratch, &["-o", "StrictHostKeyChecking=yes"]);
        assert_eq!(code == 0, accept, "ssh on {text:?}: {real}");
        let env = scratch.env();
        let ours = connect(&Target::resolve(&vars, &env).unwrap(), &env).await;
        assert_eq!(ours.is_ok(), accept, "we on {text:?}: {:?}", ours.err());
    }
}

#[tokio::test]
async fn a_changed_key_is_refused_with_both_fingerprints_even_unchecked() {
    let bench = Bench::new("");
    bench.know("# first\nNAME {other_ed25519}\n");
    let print = |name: &str| {
        let path = bench.scratch.path(&format!("{name}.pub"));
        let text = run("ssh-keygen", &["-lf", path.to_str().unwrap()]);
        text.split_whitespace().nth(1).unwrap().to_owned()
    };
    for checking in [None, Some(false)] {
        let vars = ConnectionVars { host_key_checking: checking, ..bench.vars.clone() };
        let text = fails(&vars, &bench.scratch.env()).await;
        assert!(text.contains("REMOTE HOST IDENTIFICATION HAS CHANGED!"), "{text}");
        assert!(
            text.contains(&print("host_ed25519")) && text.contains(&print("other_ed25519")),
            "{text}"
        );
        assert!(text.contains("/.ssh/known_hosts:2"), "{text}");
        assert!(text.ends_with("Host key verification failed."), "{text}");
    }
}

#[tokio::test]
async fn a_revoked_key_is_refused_even_unchecked() {
    let bench = Bench::new("");
    bench.know("@revoked * {host_ed25519}\n");
    let vars = ConnectionVars { host_key_checking: Some(false), ..bench.vars.clone() };
    let text = fails(&vars, &bench.scratch.env()).await;
    assert!(text.contains("REVOKED HOST KEY DETECTED") && text.contains("known_hosts:1"), "{text}");
    bench.know("NAME {host_ed25519}\n");
    let list = bench.scratch.path("host_ed25519.pub");
    let revoked = format!("-o RevokedHostKeys={}", list.display());
    let vars = ConnectionVars { common_args: Some(revoked), ..bench.vars.clone() };
    let text = fails(&vars, &bench.scratch.env()).await;
    assert!(text.contains("revoked by file"), "{text}");
}

#[tokio::test]
async fn an_unknown_host_is_refused_in_sshs_words() {
    let bench = Bench::new("");
    bench.know("");
    let text = fails(&bench.vars, &bench.scratch.env()).await;
    let (_, real) = bench.sshd.ssh(&bench.scratch, &["-o", "StrictHostKeyChecking=yes"]);
    assert_eq!(text, format!("Failed to connect to the host via ssh: {}", real.trim_end()));
    assert_eq!(bench.file(), "");
}

#[tokio::test]
async fn an_unknown_host_is_asked_about_once_and_stored() {
    let bench = Bench::new("");
    bench.know("elsewhere {host_ed25519}");
    let (env, answers) = bench.scratch.asking(&["what", "yes"]);
    let target = Target::resolve(&bench.vars, &env).unwrap();
    let (one, two) = tokio::join!(connect(&target, &env), connect(&target, &env));
    assert!(one.is_ok() && two.is_ok());
    let asked = answers.questions();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(
        asked[0].starts_with(&format!("The authenticity of host '{}'", bench.sshd.name())),
        "{asked:?}"
    );
    assert!(asked[0].contains("known_hosts:1: elsewhere"), "{asked:?}");
    assert!(asked[0].ends_with("continue connecting (yes/no/[fingerprint])? "), "{asked:?}");
    assert_eq!(asked[1], "Please type 'yes', 'no' or the fingerprint: ");
    let key = bench.key("host_ed25519");
    assert_eq!(bench.file(), format!("elsewhere {key}\n{} {key}\n", bench.sshd.name()));
    assert_eq!(bench.sshd.ssh(&bench.scratch, &["-o", "StrictHostKeyChecking=yes"]).0, 0);

    bench.know("");
    let (env, _) = bench.scratch.asking(&["no"]);
    assert!(fails(&bench.vars, &env).await.ends_with("Host key verification failed."));
    assert_eq!(bench.file(), "");
}

#[tokio::test]
async fn new_keys_are_stored_hashed_or_not_at_all() {
    let bench = Bench::new("");
    fs::remove_file(bench.scratch.path(".ssh/known_hosts")).unwrap();
    let with =
        |args: &str| ConnectionVars { common_args: Some(args.to_owned()), ..bench.vars.clone() };
    works(&with("-o StrictHostKeyChecking=no"), &bench.scratch.env()).await;
    assert!(!bench.scratch.path(".ssh/known_hosts").exists());
    works(&with("-o StrictHostKeyChecking=accept-new -o HashKnownHosts=yes"), &bench.scratch.env())
        .await;
    let text = bench.file();
    assert!(text.starts_with("|1|") && text.lines().count() == 1, "{text}");
    assert_eq!(bench.sshd.ssh(&bench.scratch, &["-o", "StrictHostKeyChecking=yes"]).0, 0);
    works(&bench.vars, &bench.scratch.env()).await;
    assert_eq!(bench.file(), text);
    fs::remove_file(bench.scratch.path(".ssh/known_hosts")).unwrap();
    let nowhere = with("-o StrictHostKeyChecking=accept-new -o UserKnownHostsFile=/proc/none");
    let transport = works(&nowhere, &bench.scratch.env()).await;
    assert!(
        transport.warnings()[0].contains("Failed to add the host"),
        "{:?}",
        transport.warnings()
    );
}

#[tokio::test]
async fn an_alias_stands_for_the_host() {
    let bench = Bench::new("");
    bench.know("the-host {host_ed25519}\n");
    let with =
        |args: &str| ConnectionVars { common_args: Some(args.to_owned()), ..bench.vars.clone() };
    works(&with("-o HostKeyAlias=The-Host"), &bench.scratch.env()).await;
    assert!(
        fails(&with("-o HostKeyAlias=other"), &bench.scratch.env())
            .await
            .contains("known for other")
    );
}
