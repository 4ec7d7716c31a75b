//! The same transport over the system's ssh.

use super::demo::{server, vars};
use super::*;
use crate::connection::openssh;
use crate::demo::{Login, Options};
use russh::MethodKind;
use russh::keys::PublicKey;
use std::time::Duration;

/// The system's ssh reads no file of the operator's but what we name.
fn sealed(scratch: &Scratch, vars: ConnectionVars) -> ConnectionVars {
    let known = scratch.path(".ssh/known_hosts").display().to_string();
    let args = format!(
        "-F none -o UserKnownHostsFile={known} -o IdentitiesOnly=yes -o IdentityAgent=none"
    );
    ConnectionVars { common_args: Some(args), ..vars }
}

#[tokio::test]
async fn programs_run_over_the_systems_ssh() {
    let scratch = Scratch::new();
    let sshd = Sshd::start(&scratch, "");
    let vars = sealed(&scratch, sshd.vars(&scratch));
    let transport = openssh::connect(&vars, &scratch.env()).await.unwrap();
    let (out, err, code) = output(&*transport, "printf 'a\\0b'; echo err >&2; exit 42").await;
    assert_eq!((out.as_slice(), err.as_slice(), code), (&b"a\0b"[..], &b"err\n"[..], Some(42)));
    let mut process = transport.open("cat".to_owned(), false).await.unwrap();
    process.input.write_all(b"one").await.unwrap();
    process.output.read_exact(&mut [0; 3]).await.unwrap();
    let mut terminal = transport.open("[ -t 0 ] && exec cat".to_owned(), true).await.unwrap();
    terminal.input.write_all(b"a\x03\r\nb").await.unwrap();
    let mut echo = [0; 5];
    terminal.output.read_exact(&mut echo).await.unwrap();
    assert_eq!(&echo, b"a\x03\r\nb");
    assert!(transport.tcp("127.0.0.1".to_owned(), 22).await.is_err());
    transport.close().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!transport.is_open());
    assert!(transport.open("true".to_owned(), false).await.is_err());
}

#[tokio::test]
async fn its_failures_are_sshs_own() {
    let scratch = Scratch::new();
    let sshd = Sshd::start(&scratch, "");
    let vars = sealed(&scratch, sshd.vars(&scratch));
    let user = ConnectionVars { user: Some("nobody-such".to_owned()), ..vars.clone() };
    let error = openssh::connect(&user, &scratch.env()).await.err().unwrap();
    let wanted = "Failed to connect to the host via ssh: nobody-such@127.0.0.1: Permission denied (publickey).";
    assert_eq!(error, HostError::Unreachable(wanted.to_owned()));
    let missing = ConnectionVars { ssh_executable: Some("/no/such/ssh".to_owned()), ..vars };
    let error = openssh::connect(&missing, &scratch.env()).await.err().unwrap();
    let text = error.to_string();
    assert!(text.starts_with("Unable to execute ssh command line on a controller: "), "{text}");
    assert!(text.contains("/no/such/ssh"), "{text}");
}

struct Words(MethodKind);

impl Login for Words {
    fn methods(&self) -> Vec<MethodKind> {
        vec![self.0]
    }
    fn key(&self, _: &PublicKey) -> bool {
        false
    }
    fn password(&self, word: &str) -> bool {
        word == "hunter 2"
    }
    fn questions(&self) -> Vec<String> {
        vec!["Password: ".to_owned()]
    }
    fn answers(&self, answers: &[String]) -> bool {
        answers == ["hunter 2"]
    }
}

#[tokio::test]
async fn a_password_reaches_it_by_a_pipe() {
    for method in [MethodKind::Password, MethodKind::KeyboardInteractive] {
        let scratch = Scratch::new();
        let login: Option<Arc<dyn Login>> = Some(Arc::new(Words(method)));
        let server = server(&scratch, Options { login, ..Options::default() }).await;
        let with = |word: &str| {
            let vars = ConnectionVars { private_key_file: None, ..vars(&server) };
            sealed(&scratch, ConnectionVars { password: Some(Password::new(word)), ..vars })
        };
        let transport = openssh::connect(&with("hunter 2"), &scratch.env()).await.unwrap();
        assert_eq!(output(&*transport, "echo hello").await.0, b"hello\n");
        let error = openssh::connect(&with("wrong"), &scratch.env()).await.err().unwrap();
        assert!(error.to_string().contains("Permission denied"), "{error}");
        assert!(!error.to_string().contains("wrong"), "{error}");
    }
}
