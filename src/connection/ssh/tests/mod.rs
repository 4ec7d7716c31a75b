//! Connections against the demo server and against a real sshd.

mod agent;
mod channels;
mod demo;
mod hostkeys;
mod login;
mod openssh;
mod shells;
mod sshd;
mod ways;

use super::*;
use sshd::Sshd;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use zeroize::Zeroizing;

/// A scratch directory with an operator's home in it.
pub(super) struct Scratch {
    pub dir: TempDir,
}

impl Scratch {
    pub(super) fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("tank-ssh-").tempdir_in("/tmp").unwrap();
        fs::create_dir(dir.path().join(".ssh")).unwrap();
        Self { dir }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(super) fn operator(&self) -> Operator {
        let home = self.dir.path().to_owned();
        Operator {
            user_config: home.join(".ssh/config"),
            system_config: home.join("no-system-config"),
            agent: None,
            shell: PathBuf::from("/bin/sh"),
            home,
            ..Operator::of_process()
        }
    }

    pub(super) fn env(&self) -> ConnectEnv {
        ConnectEnv::new(self.operator(), None)
    }

    pub(super) fn asking(&self, answers: &[&str]) -> (ConnectEnv, Arc<Answers>) {
        let answers = Arc::new(Answers::new(answers));
        (ConnectEnv::new(self.operator(), Some(answers.clone())), answers)
    }

    pub(super) fn config(&self, text: &str) {
        fs::write(self.path(".ssh/config"), text).unwrap();
    }
}

/// Answers questions from a list and keeps them.
pub(super) struct Answers {
    left: Mutex<Vec<String>>,
    pub asked: Mutex<Vec<String>>,
}

impl Answers {
    fn new(answers: &[&str]) -> Self {
        let left = answers.iter().rev().map(|answer| (*answer).to_owned()).collect();
        Self { left: Mutex::new(left), asked: Mutex::default() }
    }

    fn next(&self, prompt: &str) -> Option<String> {
        self.asked.lock().unwrap().push(prompt.to_owned());
        self.left.lock().unwrap().pop()
    }

    pub(super) fn questions(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Prompter for Answers {
    fn secret(&self, prompt: &str) -> Option<Zeroizing<String>> {
        self.next(prompt).map(Zeroizing::new)
    }

    fn confirm(&self, prompt: &str) -> Option<String> {
        self.next(prompt)
    }
}

/// Runs a program that must succeed.
pub(super) fn run(program: &str, words: &[&str]) -> String {
    let output = Command::new(program).args(words).output().unwrap();
    assert!(
        output.status.success(),
        "{program} {words:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// A key pair of a type, with a passphrase or without.
pub(super) fn keygen(path: &Path, words: &[&str], passphrase: &str) {
    let file = path.to_str().unwrap();
    run("ssh-keygen", &[&["-q", "-f", file, "-N", passphrase, "-C", "test"], words].concat());
}

/// What a program printed, and its exit code.
pub(super) async fn output(
    transport: &dyn Transport,
    command: &str,
) -> (Vec<u8>, Vec<u8>, Option<i32>) {
    let mut process = transport.open(command.to_owned(), false).await.unwrap();
    drop(std::mem::replace(&mut process.input, Box::new(tokio::io::sink())));
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let (one, two) =
        tokio::join!(process.output.read_to_end(&mut out), process.errors.read_to_end(&mut err));
    one.unwrap();
    two.unwrap();
    (out, err, process.exit.await)
}

/// Connects and asks the host for a word.
pub(super) async fn works(vars: &ConnectionVars, env: &ConnectEnv) -> Arc<SshTransport> {
    let target = Target::resolve(vars, env).unwrap();
    let transport = connect(&target, env).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(output(&*transport, "echo hello").await, (b"hello\n".to_vec(), Vec::new(), Some(0)));
    transport
}

/// Connects, which must fail; the text.
pub(super) async fn fails(vars: &ConnectionVars, env: &ConnectEnv) -> String {
    let target = match Target::resolve(vars, env) {
        Ok(target) => target,
        Err(error) => return error.to_string(),
    };
    match connect(&target, env).await {
        Ok(_) => panic!("connected"),
        Err(HostError::Unreachable(text)) => text,
        Err(other) => panic!("{other:?}"),
    }
}
