//! Every way to log in, against a real sshd.

use super::sshd::sign;
use super::*;

/// Lets in the holders of `key` only.
fn authorize(scratch: &Scratch, key: &str) {
    fs::copy(scratch.path(&format!("{key}.pub")), scratch.path("authorized_keys")).unwrap();
}

fn with_key(vars: &ConnectionVars, scratch: &Scratch, key: &str) -> ConnectionVars {
    ConnectionVars {
        private_key_file: Some(scratch.path(key).display().to_string()),
        ..vars.clone()
    }
}

#[tokio::test]
async fn keys_of_all_types_and_formats_log_in() {
    let scratch = Scratch::new();
    let sshd = Sshd::start(&scratch, "");
    let vars = sshd.vars(&scratch);
    let kinds: [(&str, &[&str]); 8] = [
        ("ed25519", &["-t", "ed25519"]),
        ("rsa", &["-t", "rsa", "-b", "2048"]),
        ("rsa-pem", &["-t", "rsa", "-b", "2048", "-m", "PEM"]),
        ("rsa-pkcs8", &["-t", "rsa", "-b", "2048", "-m", "PKCS8"]),
        ("ecdsa256", &["-t", "ecdsa", "-b", "256"]),
        ("ecdsa384", &["-t", "ecdsa", "-b", "384"]),
        ("ecdsa521", &["-t", "ecdsa", "-b", "521"]),
        ("ecdsa-pkcs8", &["-t", "ecdsa", "-b", "256", "-m", "PKCS8"]),
    ];
    for (name, words) in kinds {
        keygen(&scratch.path(name), words, "");
        authorize(&scratch, name);
        works(&with_key(&vars, &scratch, name), &scratch.env()).await;
        // Without its public half beside it, as keys copied from elsewhere are.
        fs::remove_file(scratch.path(&format!("{name}.pub"))).unwrap();
        works(&with_key(&vars, &scratch, name), &scratch.env()).await;
    }
}

#[tokio::test]
async fn an_encrypted_key_is_asked_about_once_per_run() {
    let scratch = Scratch::new();
    let sshd = Sshd::start(&scratch, "");
    keygen(&scratch.path("locked"), &["-t", "ed25519"], "sesame");
    authorize(&scratch, "locked");
    let vars = with_key(&sshd.vars(&scratch), &scratch, "locked");
    let (env, answers) = scratch.asking(&["wrong", "sesame"]);
    let target = Target::resolve(&vars, &env).unwrap();
    let (one, two) = tokio::join!(connect(&target, &env), connect(&target, &env));
    assert!(one.is_ok() && two.is_ok());
    let question = format!("Enter passphrase for key '{}': ", scratch.path("locked").display());
    assert_eq!(answers.questions(), [question.clone(), question]);
    works(&vars, &env).await;
    assert_eq!(answers.questions().len(), 2);

    let given =
        |word| ConnectionVars { private_key_passphrase: Some(Password::new(word)), ..vars.clone() };
    works(&given("sesame"), &scratch.env()).await;
    let text = fails(&given("wrong"), &scratch.env()).await;
    assert!(text.contains("incorrect passphrase supplied"), "{text}");
    assert!(!text.contains("wrong"), "{text}");
    let text = fails(&vars, &scratch.env()).await;
    assert!(
        text.contains("nobody can be asked") && text.contains("Permission denied (publickey)."),
        "{text}"
    );
}

#[tokio::test]
async fn a_key_the_host_does_not_want_is_never_opened() {
    let scratch = Scratch::new();
    let sshd = Sshd::start(&scratch, "");
    keygen(&scratch.path("locked"), &["-t", "ed25519"], "sesame");
    scratch.config(&format!("IdentityFile {}\n", scratch.path("key").display()));
    let vars = with_key(&sshd.vars(&scratch), &scratch, "locked");
    let (env, answers) = scratch.asking(&[]);
    works(&vars, &env).await;
    assert!(answers.questions().is_empty());
}

#[tokio::test]
async fn a_key_given_as_text_logs_in() {
    let scratch = Scratch::new();
    let sshd = Sshd::start(&scratch, "");
    let text = fs::read_to_string(scratch.path("key")).unwrap();
    let vars = ConnectionVars {
        private_key: Some(Password::new(text.trim_end())),
        private_key_file: None,
        ..sshd.vars(&scratch)
    };
    works(&vars, &scratch.env()).await;
}

#[tokio::test]
async fn user_certificates_log_in() {
    let scratch = Scratch::new();
    keygen(&scratch.path("ca"), &["-t", "ed25519"], "");
    let trusted = format!("TrustedUserCAKeys {}", scratch.path("ca.pub").display());
    let sshd = Sshd::start(&scratch, &trusted);
    let vars = sshd.vars(&scratch);
    let user = Operator::of_process().user;
    for (name, words) in
        [("c-ed", ["-t", "ed25519"]), ("c-rsa", ["-t", "rsa"]), ("c-ec", ["-t", "ecdsa"])]
    {
        keygen(&scratch.path(name), &words, "");
        let bare = fails(&with_key(&vars, &scratch, name), &scratch.env()).await;
        assert!(bare.contains("Permission denied"), "{bare}");
        sign(&scratch.path("ca"), &scratch.path(name), &["-n", &user]);
        works(&with_key(&vars, &scratch, name), &scratch.env()).await;
    }
    // The same by CertificateFile, with the certificate elsewhere.
    fs::rename(scratch.path("c-ed-cert.pub"), scratch.path("elsewhere.pub")).unwrap();
    scratch.config(&format!("CertificateFile {}\n", scratch.path("elsewhere.pub").display()));
    works(&with_key(&vars, &scratch, "c-ed"), &scratch.env()).await;
}

#[tokio::test]
async fn a_refused_login_says_what_ssh_says() {
    let scratch = Scratch::new();
    let sshd = Sshd::start(&scratch, "");
    let vars = ConnectionVars { user: Some("nobody-such".to_owned()), ..sshd.vars(&scratch) };
    let text = fails(&vars, &scratch.env()).await;
    let (code, real) = sshd.ssh(&scratch, &["-l", "nobody-such"]);
    assert_eq!(code, 255);
    assert_eq!(text, format!("Failed to connect to the host via ssh: {}", real.trim_end()));
}

#[tokio::test]
async fn an_open_key_file_is_refused_as_ssh_refuses_it() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new();
    let sshd = Sshd::start(&scratch, "");
    fs::set_permissions(scratch.path("key"), fs::Permissions::from_mode(0o644)).unwrap();
    let text = fails(&sshd.vars(&scratch), &scratch.env()).await;
    assert!(text.contains("bad permissions"), "{text}");
    assert!(sshd.ssh(&scratch, &[]).1.contains("bad permissions"));
}

#[tokio::test]
async fn a_host_that_hangs_up_over_too_many_keys_is_named() {
    let scratch = Scratch::new();
    let sshd = Sshd::start(&scratch, "MaxAuthTries 2");
    let mut config = String::new();
    for n in 0..4 {
        keygen(&scratch.path(&format!("k{n}")), &["-t", "ed25519"], "");
        config.push_str("IdentityFile ");
        config.push_str(scratch.path(&format!("k{n}\n")).to_str().unwrap());
    }
    scratch.config(&config);
    let vars = with_key(&sshd.vars(&scratch), &scratch, "k0");
    let text = fails(&vars, &scratch.env()).await;
    assert!(text.contains("Too many authentication failures"), "{text}");
}

#[tokio::test]
async fn identities_only_and_none_are_heeded() {
    let scratch = Scratch::new();
    let sshd = Sshd::start(&scratch, "");
    fs::copy(scratch.path("key"), scratch.path(".ssh/id_ed25519")).unwrap();
    let vars = ConnectionVars { private_key_file: None, ..sshd.vars(&scratch) };
    works(&vars, &scratch.env()).await;
    scratch.config("IdentityFile none\n");
    assert!(fails(&vars, &scratch.env()).await.contains("Permission denied (publickey)."));
}
