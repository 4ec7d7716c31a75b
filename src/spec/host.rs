//! A host as modules and the engine see it: one identity's shell on one machine.

use super::change::{Change, Ran};
use super::input::Content;
use super::pipe::{Pipe, Program};
use super::platform::Platform;
use super::probe::{Answer, Probe};
use bytes::Bytes;
use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// A boxed future, so that `spec` needs no runtime.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A program or shell text to run for the user, in a subshell with fresh output files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Command {
    /// Program and words; ignored when `shell` is set.
    pub argv: Vec<String>,
    /// A shell text.
    pub shell: Option<String>,
    /// The shell that reads `shell`; None: /bin/sh.
    pub executable: Option<String>,
    /// Directory it runs in.
    pub chdir: Option<String>,
    /// Variables added to what the login gave. No secrets that are not the operator's own.
    pub env: Vec<(String, String)>,
    /// Data on its stdin; None: /dev/null.
    pub stdin: Option<Bytes>,
    /// Limit in time.
    pub timeout: Option<Duration>,
    /// Whether its words or output hold secrets.
    pub secret: bool,
}

impl Command {
    /// A program with its words.
    pub fn new<S: Into<String>>(argv: impl IntoIterator<Item = S>) -> Self {
        Self { argv: argv.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// A text for /bin/sh.
    pub fn shell(text: impl Into<String>) -> Self {
        Self { shell: Some(text.into()), ..Self::default() }
    }
}

/// Why a host did not answer as it should.
#[derive(Clone, Debug, PartialEq)]
pub enum HostError {
    /// No connection, no login, no shell: the host is unreachable. The text is Ansible's where it has one.
    Unreachable(String),
    /// Another user could not be become: wrong or missing password, no such rule.
    Become(String),
    /// The connection was lost while this was going on; what is true now is not known.
    Lost(String),
    /// A time limit ran out.
    Timeout(Duration, String),
    /// The operator interrupted.
    Interrupted,
    /// A controller file could not be read, or the host lacks what every POSIX system has.
    Local(String),
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(text) | Self::Become(text) | Self::Local(text) => f.write_str(text),
            Self::Lost(what) => write!(f, "connection lost during {what}"),
            Self::Timeout(limit, what) => {
                write!(f, "{what} took longer than {} second(s)", limit.as_secs())
            }
            Self::Interrupted => f.write_str("interrupted"),
        }
    }
}

impl std::error::Error for HostError {}

/// What came of applying changes.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// Those that were tried, in order; the last one may have failed (code not 0), later ones of its
    /// part were not tried.
    pub ran: Vec<Ran>,
    /// The second look, taken in the same write; None when none was asked for.
    pub look: Option<Answer>,
}

/// One identity (login user or become user) on one host.
///
/// Requests are queued **when a method is called**, in call order, not when its future is first
/// polled: that is how callers pipeline.
pub trait Host: Send + Sync {
    /// The inventory name it belongs to, for messages.
    fn name(&self) -> &str;
    /// What it is; as of the last applied change.
    fn platform(&self) -> Arc<Platform>;
    /// Asks without changing anything. Sent again by itself after a lost shell.
    fn probe(&self, probe: Probe) -> BoxFuture<'static, Result<Answer, HostError>>;
    /// Asks several things in their order, all in one write where that is possible.
    fn probes(&self, probes: Vec<Probe>) -> Vec<BoxFuture<'static, Result<Answer, HostError>>> {
        probes.into_iter().map(|probe| self.probe(probe)).collect()
    }
    /// Applies the parts' changes (outer: independent parts) and takes a second look in the same write.
    fn apply(
        &self,
        parts: Vec<Vec<Change>>,
        env: Vec<(String, String)>,
        then: Option<Probe>,
    ) -> BoxFuture<'static, Result<Applied, HostError>>;
    /// Runs a user's command.
    fn run(&self, command: Command) -> BoxFuture<'static, Result<Answer, HostError>>;
    /// Sends bytes to a new file (0600) in the session's temp directory and returns its path.
    fn put_temp(
        &self,
        name: &str,
        content: Content,
    ) -> BoxFuture<'static, Result<String, HostError>>;
    /// Streams a file of the host into a file of the operator's machine; returns its SHA-1 in hex.
    fn fetch(&self, path: &str, to: PathBuf) -> BoxFuture<'static, Result<String, HostError>>;
    /// Starts a long program on a channel of its own, as this identity; other requests are not held up.
    fn pipe(&self, program: &Program) -> BoxFuture<'static, Result<Pipe, HostError>> {
        let text = format!("{}: {} carries no streams", program.what, self.name());
        Box::pin(std::future::ready(Err(HostError::Local(text))))
    }
    /// The key by which its SSH server is known to us, as a `known_hosts` file has it: type and base64. None:
    /// it is not reached by our own SSH.
    fn server_key(&self) -> BoxFuture<'static, Result<Option<String>, HostError>> {
        Box::pin(std::future::ready(Ok(None)))
    }
    /// Tries to reach a port from the host's side; Ok(false): refused or no answer.
    fn reaches(
        &self,
        host: &str,
        port: u16,
        limit: Duration,
    ) -> BoxFuture<'static, Result<bool, HostError>>;
    /// Closes the connection and opens a new one, as after `reboot` or `reset_connection`.
    fn reconnect(&self) -> BoxFuture<'static, Result<(), HostError>>;
}
