//! The shell against real shells of this machine.

mod applying;
mod becoming;
mod boundaries;
mod bursts;
mod cutting;
mod guarding;
mod probes;
mod protocol;
mod quoting;

use super::{Limits, ShellHost, open};
use crate::connection::r#become::Identity;
use crate::connection::transport::{Process, Stream, Transport};
use crate::spec::{Answer, BoxFuture, Command, Host, HostError, Probe};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Shells that a host may have as /bin/sh. A missing one fails the tests.
pub const SHELLS: [&str; 5] = ["dash", "bash", "mksh", "busybox", "alpine"];

/// A login on this machine: a child of a login shell.
pub struct Local {
    login: &'static str,
    env: Vec<(String, String)>,
    open: AtomicBool,
    /// Programs started so far.
    pub started: AtomicUsize,
}

impl Local {
    pub fn new(login: &'static str, env: Vec<(String, String)>) -> Arc<Self> {
        Arc::new(Self { login, env, open: AtomicBool::new(true), started: AtomicUsize::new(0) })
    }

    /// The connection goes away.
    pub fn cut(&self) {
        self.open.store(false, Ordering::SeqCst);
    }

    fn start(&self, line: &str, pty: bool) -> std::io::Result<Process> {
        let mut command = if pty {
            // A raw terminal tells nobody that its input has ended: one that is left alone ends with time.
            let mut command = tokio::process::Command::new("timeout");
            command.args(["120", "script", "-qefc", line, "/dev/null"]);
            command
        } else {
            let mut command = tokio::process::Command::new(self.login);
            command.args(["-c", line]);
            command
        };
        command.env_clear().envs(self.env.iter().map(|(k, v)| (k, v)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.current_dir("/").kill_on_drop(false);
        let mut child = command.spawn()?;
        self.started.fetch_add(1, Ordering::SeqCst);
        let input = child.stdin.take().unwrap();
        let output = child.stdout.take().unwrap();
        let errors = child.stderr.take().unwrap();
        let exit = Box::pin(async move {
            let status = child.wait().await.ok()?;
            status.code().or_else(|| status.signal().map(|s| 128 + s))
        });
        Ok(Process {
            input: Box::new(input),
            output: Box::new(output),
            errors: Box::new(errors),
            exit,
        })
    }
}

impl Transport for Local {
    fn open(&self, command: String, pty: bool) -> BoxFuture<'static, Result<Process, HostError>> {
        assert!(!command.contains('\n') && !command.contains('!'), "{command}");
        let started = if self.open.load(Ordering::SeqCst) {
            self.start(&command, pty).map_err(|e| HostError::Unreachable(e.to_string()))
        } else {
            Err(HostError::Unreachable("cut".into()))
        };
        Box::pin(std::future::ready(started))
    }

    fn tcp(
        &self,
        host: String,
        port: u16,
    ) -> BoxFuture<'static, Result<Box<dyn Stream>, HostError>> {
        Box::pin(async move {
            match tokio::net::TcpStream::connect((host, port)).await {
                Ok(stream) => Ok(Box::new(stream) as Box<dyn Stream>),
                Err(e) => Err(HostError::Unreachable(e.to_string())),
            }
        })
    }

    fn is_open(&self) -> bool {
        self.open.load(Ordering::SeqCst)
    }

    fn close(&self) -> BoxFuture<'static, ()> {
        self.cut();
        Box::pin(std::future::ready(()))
    }
}

/// A directory of wrapper scripts and busybox links, made once for all runs.
fn stand_ins() -> &'static Path {
    static DIR: OnceLock<PathBuf> = OnceLock::new();
    DIR.get_or_init(|| {
        let dir = std::env::temp_dir().join("tank-test-shells");
        if !dir.exists() {
            let made = tempfile::tempdir().unwrap();
            make_stand_ins(made.path());
            // Another run may have been quicker: then this one is dropped.
            if std::fs::rename(made.path(), &dir).is_ok() {
                let _ = made.keep();
            }
        }
        dir
    })
}

fn make_stand_ins(dir: &Path) {
    std::fs::set_permissions(dir, PermissionsExt::from_mode(0o755)).unwrap();
    std::fs::create_dir(dir.join("applets")).unwrap();
    for (name, line) in
        [("bash", "bash --posix"), ("busybox", "busybox sh"), ("alpine", "busybox sh")]
    {
        let path = dir.join(name);
        std::fs::write(&path, format!("#!/bin/sh\nexec /usr/bin/{line} \"$@\"\n")).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    }
    let list = std::process::Command::new("busybox").arg("--list").output().unwrap();
    for applet in String::from_utf8(list.stdout).unwrap().lines() {
        let link = dir.join("applets").join(applet);
        std::os::unix::fs::symlink("/usr/bin/busybox", link).unwrap();
    }
}

/// The path of a shell.
pub fn shell_path(name: &str) -> String {
    let made = stand_ins().join(name);
    let path = if made.exists() { made } else { PathBuf::from("/usr/bin").join(name) };
    assert!(path.exists(), "{name} is not installed");
    path.display().to_string()
}

/// What the login gives.
pub fn env_of(name: &str) -> Vec<(String, String)> {
    let path = match name {
        "alpine" => format!("{}/applets:/usr/bin:/bin", stand_ins().display()),
        _ => "/usr/local/bin:/usr/bin:/bin".to_string(),
    };
    [("PATH", path.as_str()), ("HOME", "/root"), ("LANG", "C.UTF-8"), ("LOGIN_GAVE", "it's")]
        .map(|(k, v)| (k.to_string(), v.to_string()))
        .into()
}

pub fn limits() -> Limits {
    Limits::default()
}

/// This machine through one of the shells, with tools of the test's own before all others.
pub async fn host_with_tools(shell: &str, tools: &Path) -> Arc<ShellHost> {
    let mut env = env_of(shell);
    for (name, value) in &mut env {
        if name == "PATH" {
            *value = format!("{}:{value}", tools.display());
        }
    }
    line_with(shell, env).await.0
}

/// This machine through one of the shells, and its connection.
pub async fn host_and_line(shell: &str) -> (Arc<ShellHost>, Arc<Local>) {
    line_with(shell, env_of(shell)).await
}

async fn line_with(shell: &str, env: Vec<(String, String)>) -> (Arc<ShellHost>, Arc<Local>) {
    let local = Local::new("/bin/sh", env);
    let mut who = Identity::login(shell);
    who.shell = Some(shell_path(shell));
    let host = open(Arc::clone(&local) as Arc<dyn Transport>, &who, &limits()).await.unwrap();
    (host, local)
}

pub async fn host(shell: &str) -> Arc<ShellHost> {
    host_and_line(shell).await.0
}

/// A user's command's code, stdout and stderr.
pub async fn sh(host: &ShellHost, text: &str) -> (i32, String, String) {
    told(host.run(Command::shell(text)).await.unwrap())
}

pub fn told(answer: Answer) -> (i32, String, String) {
    (answer.rc, answer.text(), answer.error_text())
}

/// A probe's stdout.
pub async fn ask(host: &ShellHost, script: &'static str, words: &[&str]) -> String {
    let answer = host.probe(Probe::new("test", script).words(words.iter().copied())).await.unwrap();
    assert_eq!((answer.rc, answer.error_text().as_str()), (0, ""), "{script}");
    answer.text()
}

pub fn triple(rc: i32, out: &str, err: &str) -> (i32, String, String) {
    (rc, out.to_string(), err.to_string())
}
