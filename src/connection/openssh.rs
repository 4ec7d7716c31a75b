//! SSH by the system's own `ssh`: for GSSAPI, PKCS#11 and whatever else only it can do.
//!
//! One master process holds the connection, every program is a further `ssh` through its control socket.
//! The socket is in a directory of our own, so nobody else's master is used or disturbed.

use super::local::start;
use super::ssh::config::shell_words;
use super::ssh::{ConnectEnv, ConnectionVars, Password, os_text, unreachable};
use super::transport::{Process, Stream, Transport};
use crate::spec::{BoxFuture, HostError};
use rustix::fs::{CWD, Mode, mkfifoat};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::time::Instant;

/// A host reached by the system's ssh.
pub struct OpenSshTransport {
    master: Arc<Master>,
}

struct Master {
    program: String,
    /// Options and, last, the host.
    words: Vec<String>,
    /// Holds the control socket; removed with the transport.
    dir: TempDir,
    child: Mutex<Child>,
    closed: AtomicBool,
}

/// Shown by our askpass program when ssh asks for a password, once per method.
const ASKPASS: &str =
    "#!/bin/sh\ncase $1 in\n*[Pp]assword*) exec cat \"${0%/*}/word\" ;;\nesac\nexit 1\n";

/// Printed by the host once its terminal passes every byte.
const READY: &[u8] = b"\x1etank-ready\n";

/// Starts a master and waits for its login. The error is Ansible's sentence for an unreachable host.
pub async fn connect(
    vars: &ConnectionVars,
    env: &ConnectEnv,
) -> Result<Arc<OpenSshTransport>, HostError> {
    let failed = |error: io::Error| HostError::Local(format!("ssh: {}", os_text(&error)));
    let words = words(vars).map_err(|fault| unreachable(&fault))?;
    let dir = private_dir().map_err(failed)?;
    let program = vars.ssh_executable.clone().unwrap_or_else(|| "ssh".to_owned());
    let mut command = undisturbed(&program);
    command.args(["-o", "ControlMaster=yes", "-o", "ControlPersist=no"]);
    command.arg("-o").arg(control_path(dir.path())).args(["-N", "-T"]).args(&words);
    if vars.password.is_some() {
        askpass(&mut command, dir.path()).map_err(failed)?;
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().map_err(failed)?;
    let patient = env.can_ask().then_some(()).map_or(Some(vars.limit() * 3), |()| None);
    ready(&mut child, dir.path(), vars.password.as_ref(), patient).await?;
    let master =
        Master { program, words, dir, child: Mutex::new(child), closed: AtomicBool::new(false) };
    Ok(Arc::new(OpenSshTransport { master: Arc::new(master) }))
}

/// A program that Ctrl-C on the operator's terminal does not end: what runs is finished first.
fn undisturbed(program: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "trap '' INT; exec \"$@\"", "sh", program]);
    command
}

/// The options as Ansible's ssh plugin orders them, then the host.
fn words(vars: &ConnectionVars) -> Result<Vec<String>, String> {
    let split = |name: &str, text: Option<&str>| {
        shell_words(text.unwrap_or_default())
            .ok_or_else(|| format!("{name}: a quote is not closed"))
    };
    let mut words = split("ansible_ssh_args", vars.own_ssh_args())?;
    let mut option = |text: String| words.extend(["-o".to_owned(), text]);
    if vars.host_key_checking == Some(false) {
        option("StrictHostKeyChecking=no".to_owned());
    }
    if let Some(port) = vars.port {
        option(format!("Port={port}"));
    }
    if let Some(file) = &vars.private_key_file {
        option(format!("IdentityFile=\"{file}\""));
    }
    if vars.password.is_none() {
        option("KbdInteractiveAuthentication=no".to_owned());
        option(
            "PreferredAuthentications=gssapi-with-mic,gssapi-keyex,hostbased,publickey".to_owned(),
        );
        option("PasswordAuthentication=no".to_owned());
    } else {
        option("NumberOfPasswordPrompts=1".to_owned());
    }
    if let Some(user) = &vars.user {
        option(format!("User=\"{user}\""));
    }
    option(format!("ConnectTimeout={}", vars.limit().as_secs().max(1)));
    words.extend(split("ansible_ssh_common_args", vars.common_args.as_deref())?);
    words.extend(split("ansible_ssh_extra_args", vars.extra_args.as_deref())?);
    for keep in ["ServerAliveInterval=15", "ServerAliveCountMax=3"] {
        words.extend(["-o".to_owned(), keep.to_owned()]);
    }
    words.extend(["--".to_owned(), vars.host.clone()]);
    Ok(words)
}

/// A directory of 0700 whose name leaves room for a socket's, which may have a hundred letters.
fn private_dir() -> io::Result<TempDir> {
    let usual = std::env::temp_dir();
    let base = if usual.as_os_str().len() > 50 { Path::new("/tmp") } else { &usual };
    tempfile::Builder::new().prefix("tank-").tempdir_in(base)
}

fn socket(dir: &Path) -> PathBuf {
    dir.join("c")
}

fn control_path(dir: &Path) -> String {
    format!("ControlPath={}", socket(dir).display())
}

/// Makes ssh ask our program, which reads the password from a pipe: never from argv or the environment.
fn askpass(command: &mut Command, dir: &Path) -> io::Result<()> {
    let program = dir.join("askpass");
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o700).open(&program)?;
    file.write_all(ASKPASS.as_bytes())?;
    mkfifoat(CWD, dir.join("word"), Mode::RUSR | Mode::WUSR)?;
    command.env("SSH_ASKPASS", program).env("SSH_ASKPASS_REQUIRE", "force");
    Ok(())
}

/// Waits until the control socket is there, which is after the login.
async fn ready(
    child: &mut Child,
    dir: &Path,
    password: Option<&Password>,
    limit: Option<Duration>,
) -> Result<(), HostError> {
    let deadline = limit.map(|limit| Instant::now() + limit);
    let mut told = 0;
    loop {
        if socket(dir).exists() {
            drain(child);
            return Ok(());
        }
        if let Ok(Some(status)) = child.try_wait() {
            return Err(ended(status.code(), &last_words(child).await));
        }
        if deadline.is_some_and(|deadline| Instant::now() > deadline) {
            return Err(unreachable("ssh: login timed out"));
        }
        let mut pause = Duration::from_millis(20);
        // keyboard-interactive and password ask once each.
        if let Some(word) = password.filter(|_| told < 2)
            && tell(&dir.join("word"), word).await
        {
            told += 1;
            // The reader must see the end of the pipe before it is opened again.
            pause = Duration::from_millis(300);
        }
        tokio::time::sleep(pause).await;
    }
}

/// A master that ended says why; our shell has a code of its own for a program that is not there.
fn ended(code: Option<i32>, words: &str) -> HostError {
    match code {
        Some(126 | 127) => {
            HostError::Local(format!("Unable to execute ssh command line on a controller: {words}"))
        }
        _ => unreachable(words),
    }
}

/// Writes the password if someone reads the pipe.
async fn tell(pipe: &Path, word: &Password) -> bool {
    let Ok(mut sender) = tokio::net::unix::pipe::OpenOptions::new().open_sender(pipe) else {
        return false;
    };
    sender.write_all(word.expose().as_bytes()).await.is_ok()
        && sender.write_all(b"\n").await.is_ok()
}

async fn last_words(child: &mut Child) -> String {
    let mut text = Vec::new();
    if let Some(errors) = &mut child.stderr {
        let _ = tokio::time::timeout(Duration::from_secs(2), errors.read_to_end(&mut text)).await;
    }
    String::from_utf8_lossy(&text).trim_end().to_owned()
}

/// Nobody reads what a master says later, but it must not block on it.
fn drain(child: &mut Child) {
    if let Some(mut errors) = child.stderr.take() {
        tokio::spawn(async move { tokio::io::copy(&mut errors, &mut tokio::io::sink()).await });
    }
}

impl Master {
    fn is_open(&self) -> bool {
        if self.closed.load(Ordering::SeqCst) {
            return false;
        }
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(child.try_wait(), Ok(None))
    }

    fn open(&self, command: &str, pty: bool) -> Result<Process, HostError> {
        if !self.is_open() {
            return Err(unreachable("the master connection of ssh has ended"));
        }
        let mut child = undisturbed(&self.program);
        child.args(["-o", "ControlMaster=no", "-o"]).arg(control_path(self.dir.path()));
        child.arg(if pty { "-tt" } else { "-T" }).args(&self.words).arg(command);
        start(child)
            .map_err(|error| HostError::Local(format!("{}: {}", self.program, os_text(&error))))
    }

    /// ssh gives the host a terminal with its usual settings when we have none ourselves: they are changed
    /// there, and what comes before the change is done is dropped.
    async fn open_raw(&self, command: &str) -> Result<Process, HostError> {
        let command = format!("stty raw -echo; printf '\\036tank-ready\\n'; {command}");
        let mut process = self.open(&command, true)?;
        let mut seen: Vec<u8> = Vec::new();
        let mut byte = [0u8];
        while !seen.ends_with(READY) {
            match process.output.read(&mut byte).await {
                Ok(1) => seen.push(byte[0]),
                _ => return Err(unreachable(&no_terminal(&mut process, &seen).await)),
            }
        }
        Ok(process)
    }
}

async fn no_terminal(process: &mut Process, seen: &[u8]) -> String {
    let mut text = seen.to_vec();
    let _ = process.errors.read_to_end(&mut text).await;
    format!("no terminal on the host: {}", String::from_utf8_lossy(&text).trim())
}

impl Transport for OpenSshTransport {
    fn open(&self, command: String, pty: bool) -> BoxFuture<'static, Result<Process, HostError>> {
        let master = Arc::clone(&self.master);
        Box::pin(async move {
            if pty { master.open_raw(&command).await } else { master.open(&command, false) }
        })
    }

    fn tcp(
        &self,
        host: String,
        port: u16,
    ) -> BoxFuture<'static, Result<Box<dyn Stream>, HostError>> {
        // `ssh -W` does not tell when the far port has answered, and a guess would be a lie.
        let text = format!(
            "reaching {host} port {port} from the host is not possible with ansible_connection openssh: use ssh"
        );
        Box::pin(std::future::ready(Err(HostError::Local(text))))
    }

    fn is_open(&self) -> bool {
        self.master.is_open()
    }

    fn close(&self) -> BoxFuture<'static, ()> {
        let master = Arc::clone(&self.master);
        Box::pin(async move {
            master.closed.store(true, Ordering::SeqCst);
            let mut child = master.child.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = child.start_kill();
        })
    }
}
