//! A jail of a FreeBSD host as a host of its own, through its host's connection: no server runs in the jail.
//!
//! Every program is entered by `jexec -l` from a shell of root on the host and runs in the jail from its first
//! instruction on: files are read and written there, never by a path of the host that leads into the jail.

use super::r#become::talk::{self, Refused, Streams};
use super::r#become::{Identity, command};
use super::shell::Link;
use super::shell::boot::{Words, encode};
use super::shell::scripts;
use super::transport::{Process, Stream, Transport};
use crate::base::quote;
use crate::spec::{BoxFuture, HostError};
use std::io::Cursor;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};

/// A jail, and who is meant in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jail {
    /// Its whole name (`name` of jail(8)), or its number.
    pub name: String,
    /// A user of the jail; None: root.
    pub user: Option<String>,
}

/// A jail reached through its host.
pub struct JailTransport {
    inner: Arc<Inner>,
}

struct Inner {
    /// The host's connection.
    link: Arc<Link>,
    /// Whether the link is for this jail alone and is closed with it.
    own: bool,
    jail: Jail,
    /// Root on the host.
    root: Identity,
    /// Longest wait for root on the host.
    limit: Duration,
    /// The host lets nobody become root without a terminal.
    terminal: AtomicBool,
    /// What the host says it is.
    machine: Mutex<Option<String>>,
    closed: AtomicBool,
}

impl JailTransport {
    /// Over the host's connection. `root` is how root is become there.
    pub fn new(link: Arc<Link>, own: bool, jail: Jail, root: Identity, limit: Duration) -> Self {
        Self {
            inner: Arc::new(Inner {
                link,
                own,
                jail,
                root: Identity { unless_root: true, ..root },
                limit,
                terminal: AtomicBool::new(false),
                machine: Mutex::default(),
                closed: AtomicBool::new(false),
            }),
        }
    }
}

impl Inner {
    /// The line for the host's login shell.
    fn line(&self, hello: &str, prompt: &str, command: &str, pty: bool) -> String {
        let user = self.jail.user.as_deref().filter(|user| *user != "root").unwrap_or_default();
        let (script, command) = (encoded(scripts::jail()), encoded(command));
        let words = [&script, hello, &self.jail.name, user, &command];
        let program = format!("/bin/sh -c 'eval \"$(printf %b \"$0\")\"' {}", quote::words(words));
        command::line(&self.root, &program, prompt, pty)
    }

    async fn open(&self, command: &str, pty: bool, bulk: bool) -> Result<Process, HostError> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(HostError::Unreachable("the connection is closed".into()));
        }
        if self.terminal.load(Ordering::SeqCst) && !pty {
            return Err(no_terminal(&self.root.host));
        }
        let words = Words::new()?;
        let prompt = format!("[{}, key={}] password:", self.root.method.name(), words.name);
        let line = self.line(&words.hello, &prompt, command, pty);
        let host = self.link.get().await?;
        let opened = if bulk { host.open_bulk(line).await } else { host.open(line, pty).await };
        let entering = self.enter(opened?, &prompt, &words.hello, pty);
        entering.await.map_err(|refused| match refused {
            Refused::Error(HostError::Become(text)) => HostError::Become(format!(
                "becoming root on the jail's host {}: {text}",
                self.root.host
            )),
            Refused::Error(error) => error,
            Refused::NeedsTty => {
                self.terminal.store(true, Ordering::SeqCst);
                no_terminal(&self.root.host)
            }
        })
    }

    /// Waits until root is there and the jail was found.
    async fn enter(
        &self,
        mut process: Process,
        prompt: &str,
        hello: &str,
        pty: bool,
    ) -> Result<Process, Refused> {
        let Process { input, output, errors, .. } = &mut process;
        let streams = Streams { input: &mut **input, output: &mut **output, errors: &mut **errors };
        let (root, limit) = (&self.root, self.limit);
        let (mut rest, said) = if pty {
            (talk::until_hello(streams, root, prompt, hello, limit).await?, Vec::new())
        } else {
            talk::until_both(streams, root, prompt, hello, limit).await?
        };
        let answer = async {
            let machine = line_of(&mut process.output, &mut rest).await?;
            Some((machine, line_of(&mut process.output, &mut rest).await?))
        };
        let answer = tokio::time::timeout(limit, answer).await.ok().flatten();
        let lost =
            || HostError::Unreachable(format!("{} does not say which jails it has", root.host));
        let (machine, found) = answer.ok_or_else(lost)?;
        self.found(&found)?;
        let machine = if machine.is_empty() { root.host.clone() } else { machine };
        *self.machine.lock().unwrap_or_else(PoisonError::into_inner) = Some(machine);
        process.output = Box::new(Cursor::new(rest).chain(process.output));
        process.errors = Box::new(Cursor::new(said).chain(process.errors));
        Ok(process)
    }

    /// What stands against entering it.
    fn found(&self, said: &str) -> Result<(), HostError> {
        let (jail, host) = (&self.jail.name, &self.root.host);
        let why = match said {
            "ok" => return Ok(()),
            "dying" => format!("jail not running: {jail} on {host} is dying"),
            "none" => format!(
                "{host} has no jails: there is no jls. The host of a jail is named by ansible_jail_via"
            ),
            _ => format!("jail not running: {jail} on {host}"),
        };
        Err(HostError::Unreachable(why))
    }
}

/// A text that neither csh nor our own quoting makes longer or reads anything in.
fn encoded(text: &str) -> String {
    let mut line = String::with_capacity(text.len() * 2);
    encode(&mut line, text);
    line.replace('\'', "\\0047").replace('!', "\\0041")
}

/// The next line; what was read behind it stays in `rest`.
async fn line_of(
    output: &mut (dyn AsyncRead + Send + Unpin),
    rest: &mut Vec<u8>,
) -> Option<String> {
    loop {
        if let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = rest.drain(..=end).collect();
            return Some(String::from_utf8_lossy(&line).trim_end().to_string());
        }
        let mut more = [0; 1024];
        match output.read(&mut more).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => rest.extend_from_slice(&more[..read]),
        }
    }
}

fn no_terminal(host: &str) -> HostError {
    HostError::Become(format!(
        "becoming root on the jail's host {host}: a terminal is required to read the password"
    ))
}

impl Transport for JailTransport {
    fn open(&self, command: String, pty: bool) -> BoxFuture<'static, Result<Process, HostError>> {
        let inner = Arc::clone(&self.inner);
        Box::pin(async move { inner.open(&command, pty, false).await })
    }

    fn open_bulk(&self, command: String) -> BoxFuture<'static, Result<Process, HostError>> {
        let inner = Arc::clone(&self.inner);
        Box::pin(async move { inner.open(&command, false, true).await })
    }

    fn tcp(
        &self,
        host: String,
        port: u16,
    ) -> BoxFuture<'static, Result<Box<dyn Stream>, HostError>> {
        // The server is the host's, and its network need not be the jail's.
        let jail = &self.inner.jail.name;
        let text = format!(
            "reaching {host} port {port} from the jail {jail} needs nc, curl or fetch there: its host's network is another"
        );
        Box::pin(std::future::ready(Err(HostError::Local(text))))
    }

    fn wants_terminal(&self) -> bool {
        self.inner.terminal.load(Ordering::SeqCst)
    }

    fn machine(&self) -> Option<String> {
        self.inner.machine.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn is_open(&self) -> bool {
        !self.inner.closed.load(Ordering::SeqCst)
    }

    fn close(&self) -> BoxFuture<'static, ()> {
        let inner = Arc::clone(&self.inner);
        Box::pin(async move {
            inner.closed.store(true, Ordering::SeqCst);
            if inner.own {
                inner.link.close().await;
            }
        })
    }
}

#[cfg(test)]
mod tests;
