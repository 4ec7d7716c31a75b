//! The demo server as a host, and what only a server of our own can be made to do.

use super::*;
use crate::demo::{self, DemoServer, Login, Options};
use russh::MethodKind;
use russh::keys::PublicKey;

pub(super) async fn server(scratch: &Scratch, options: Options) -> DemoServer {
    let dir = scratch.path("demo");
    fs::create_dir_all(&dir).unwrap();
    let server = demo::serve_with(&dir, options).await.unwrap();
    fs::copy(&server.known_hosts, scratch.path(".ssh/known_hosts")).unwrap();
    server
}

pub(super) fn vars(server: &DemoServer) -> ConnectionVars {
    ConnectionVars {
        port: Some(server.port),
        private_key_file: Some(server.user_key.display().to_string()),
        ..ConnectionVars::new("127.0.0.1")
    }
}

/// Takes a password, by one method or the other.
struct Words(MethodKind);

impl Login for Words {
    fn methods(&self) -> Vec<MethodKind> {
        vec![MethodKind::PublicKey, self.0]
    }
    fn key(&self, _: &PublicKey) -> bool {
        false
    }
    fn password(&self, word: &str) -> bool {
        self.0 == MethodKind::Password && word == "hunter2"
    }
    fn questions(&self) -> Vec<String> {
        vec!["Password: ".to_owned()]
    }
    fn answers(&self, answers: &[String]) -> bool {
        self.0 == MethodKind::KeyboardInteractive && answers == ["hunter2"]
    }
}

#[tokio::test]
async fn f7_a_given_password_is_sent_by_either_method() {
    for method in [MethodKind::Password, MethodKind::KeyboardInteractive] {
        let scratch = Scratch::new();
        let login: Option<Arc<dyn Login>> = Some(Arc::new(Words(method)));
        let server = server(&scratch, Options { login, ..Options::default() }).await;
        let with = |word: Option<&str>| ConnectionVars {
            password: word.map(Password::new),
            private_key_file: None,
            user: Some("me".to_owned()),
            ..vars(&server)
        };
        works(&with(Some("hunter2")), &scratch.env()).await;
        let names = format!("publickey,{}", <&str>::from(&method));
        let denied = format!(
            "Failed to connect to the host via ssh: me@127.0.0.1: Permission denied ({names})."
        );
        assert_eq!(fails(&with(Some("hunter3")), &scratch.env()).await, denied);
        // Without one nobody is asked, as with Ansible.
        let (env, answers) = scratch.asking(&["hunter2"]);
        assert_eq!(fails(&with(None), &env).await, denied);
        assert!(answers.questions().is_empty());
    }
}

#[tokio::test]
async fn a_jump_host_may_ask_for_its_password() {
    let scratch = Scratch::new();
    let login: Option<Arc<dyn Login>> = Some(Arc::new(Words(MethodKind::Password)));
    let hop = server(&scratch, Options { login, forward: true, ..Options::default() }).await;
    let first = fs::read_to_string(scratch.path(".ssh/known_hosts")).unwrap();
    let end = server(&scratch, Options::default()).await;
    let second = fs::read_to_string(scratch.path(".ssh/known_hosts")).unwrap();
    fs::write(scratch.path(".ssh/known_hosts"), first + &second).unwrap();
    let args = format!("-J me@127.0.0.1:{}", hop.port);
    let vars = ConnectionVars { common_args: Some(args), ..vars(&end) };
    let (env, answers) = scratch.asking(&["wrong", "hunter2"]);
    works(&vars, &env).await;
    assert_eq!(answers.questions(), ["me@127.0.0.1's password: "; 2]);
}

#[tokio::test]
async fn the_real_ssh_works_with_the_demo_server() {
    let scratch = Scratch::new();
    let server = server(&scratch, Options::default()).await;
    let known = format!("UserKnownHostsFile={}", server.known_hosts.display());
    let words = [
        "-F",
        "none",
        "-p",
        &server.port.to_string(),
        "-i",
        server.user_key.to_str().unwrap(),
        "-o",
        &known,
        "-o",
        "IdentitiesOnly=yes",
        "127.0.0.1",
        "pwd; echo $HOME; cat; echo err >&2; exit 7",
    ];
    let mut child = tokio::process::Command::new("ssh")
        .args(words)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"input").await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    let home = server.home.display();
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{home}\n{home}\ninput"));
    assert!(String::from_utf8_lossy(&output.stderr).ends_with("err\n"));
    assert_eq!(output.status.code(), Some(7));
}

#[tokio::test]
async fn strangers_are_not_let_in() {
    let scratch = Scratch::new();
    let server = server(&scratch, Options::default()).await;
    keygen(&scratch.path("other"), &["-t", "ed25519"], "");
    let key = scratch.path("other").display().to_string();
    let text =
        fails(&ConnectionVars { private_key_file: Some(key), ..vars(&server) }, &scratch.env())
            .await;
    assert!(text.contains("Permission denied (publickey)."), "{text}");
    let transport = works(&vars(&server), &scratch.env()).await;
    let error = transport.tcp("127.0.0.1".to_owned(), server.port).await.err().unwrap();
    assert!(error.to_string().contains("administratively prohibited"), "{error}");
}
