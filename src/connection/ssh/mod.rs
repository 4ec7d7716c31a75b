//! SSH by russh: one or a few connections to a host, each with a few channels.

mod algorithms;
mod args;
mod channel;
pub mod config;
mod connection;
mod env;
mod handler;
mod hops;
mod jump;
mod keys;
pub mod known_hosts;
mod login;
mod onerun;
mod pace;
mod patience;
mod prompt;
mod secret;
mod spool;
mod stream;
mod target;
mod vars;

#[cfg(test)]
mod tests;

pub use env::{ConnectEnv, Operator};
pub use onerun::OneRunKey;
pub use prompt::{Prompter, Terminal};
pub use secret::Password;
pub use target::{PasswordSource, Target};
pub use vars::{ConnectionVars, DEFAULT_SSH_ARGS};

use super::transport::{Process, Stream, Transport};
use crate::spec::{BoxFuture, HostError};
use algorithms::Purpose;
use channel::Slot;
use connection::{Common, Connection, NoChannel};
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Connections to one host at most, since each of its jails has a shell; further programs wait.
const CONNECTIONS: usize = 32;

/// Pauses before a refused channel is asked for again: sshd frees a place a little after its program ended.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(20),
    Duration::from_millis(60),
    Duration::from_millis(120),
    Duration::from_millis(250),
];

/// A host reached by russh.
pub struct SshTransport {
    pool: Arc<Pool>,
}

struct Pool {
    common: Common,
    connections: Mutex<Vec<Arc<Connection>>>,
    /// Connections for one long stream each; those without one wait for the next.
    bulk: Mutex<Vec<Arc<Connection>>>,
    /// Channels that the host lets us have on one connection, as far as it has refused more.
    most: AtomicUsize,
    /// Held while a further connection is made, so that one is enough for all who wait.
    growing: tokio::sync::Mutex<()>,
    /// Told when a channel may have become free.
    freed: Arc<tokio::sync::Notify>,
}

/// Connects to a host and logs in. The error is Ansible's sentence for an unreachable host.
pub async fn connect(target: &Target, env: &ConnectEnv) -> Result<Arc<SshTransport>, HostError> {
    let common =
        Common { target: Arc::new(target.clone()), env: env.clone(), notes: Arc::default() };
    let first =
        Connection::open(&common, Purpose::Shell).await.map_err(|text| unreachable(&text))?;
    let pool = Pool {
        common,
        connections: Mutex::new(vec![first]),
        bulk: Mutex::default(),
        most: AtomicUsize::new(usize::MAX),
        growing: tokio::sync::Mutex::default(),
        freed: Arc::default(),
    };
    Ok(Arc::new(SshTransport { pool: Arc::new(pool) }))
}

impl SshTransport {
    /// What the operator should know although the connection stands: options without effect, a key that
    /// could not be stored.
    pub fn warnings(&self) -> Vec<String> {
        let notes = self.pool.common.notes.lock().unwrap_or_else(PoisonError::into_inner);
        self.pool.common.target.warnings.iter().chain(notes.iter()).cloned().collect()
    }
}

impl Transport for SshTransport {
    fn open(&self, command: String, pty: bool) -> BoxFuture<'static, Result<Process, HostError>> {
        let pool = Arc::clone(&self.pool);
        Box::pin(unbroken(async move { pool.open(&command, pty).await }))
    }

    fn open_bulk(&self, command: String) -> BoxFuture<'static, Result<Process, HostError>> {
        let pool = Arc::clone(&self.pool);
        Box::pin(unbroken(async move { pool.open_bulk(&command).await }))
    }

    fn tcp(
        &self,
        host: String,
        port: u16,
    ) -> BoxFuture<'static, Result<Box<dyn Stream>, HostError>> {
        let pool = Arc::clone(&self.pool);
        Box::pin(unbroken(async move { pool.tcp(&host, port).await }))
    }

    fn server_key(&self) -> Option<String> {
        self.pool.connections().iter().find_map(|connection| connection.server_key())
    }

    fn is_open(&self) -> bool {
        self.pool.connections().iter().any(|connection| connection.is_open())
    }

    fn close(&self) -> BoxFuture<'static, ()> {
        let pool = Arc::clone(&self.pool);
        Box::pin(async move {
            let connections = std::mem::take(&mut *pool.connections());
            let bulk = std::mem::take(&mut *pool.bulk());
            for connection in connections.into_iter().chain(bulk) {
                connection.close().await;
            }
        })
    }
}

/// Runs to its end although the caller may go away: a half-opened channel would keep its place on the host.
async fn unbroken<T: Send + 'static>(
    work: impl Future<Output = Result<T, HostError>> + Send + 'static,
) -> Result<T, HostError> {
    let lost = |_| HostError::Lost("opening a channel".to_owned());
    tokio::spawn(work).await.map_err(lost)?
}

impl Pool {
    fn connections(&self) -> MutexGuard<'_, Vec<Arc<Connection>>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn open(&self, command: &str, pty: bool) -> Result<Process, HostError> {
        let mut pauses = PAUSES.iter();
        loop {
            let (connection, slot) = self.place().await?;
            let others = connection.used() - 1;
            match connection.start(command, pty, slot).await {
                Ok(process) => return Ok(process),
                Err(NoChannel::Refused(why)) => {
                    return Err(unreachable(&format!("session open refused: {why}")));
                }
                Err(NoChannel::Unanswered) => return Err(unreachable("session open refused")),
                Err(NoChannel::NoTerminal) => {
                    let text = "the host gives no terminal: PTY allocation request failed";
                    return Err(HostError::Local(text.to_owned()));
                }
                Err(NoChannel::Lost) => return Err(self.lost(&connection)),
                Err(NoChannel::Crowded) => match pauses.next() {
                    Some(pause) => tokio::time::sleep(*pause).await,
                    None if others == 0 => {
                        return Err(unreachable(
                            "the host refuses to open a session on a connection of its own",
                        ));
                    }
                    None => {
                        connection.limit(others);
                        self.most.fetch_min(others, Ordering::SeqCst);
                        pauses = PAUSES.iter();
                    }
                },
            }
        }
    }

    /// A connection with room for a channel: the first that has some, else a further one, else waiting.
    async fn place(&self) -> Result<(Arc<Connection>, Slot), HostError> {
        loop {
            let freed = self.freed.notified();
            if let Some(found) = self.free()? {
                return Ok(found);
            }
            let growing = self.growing.lock().await;
            if let Some(found) = self.free()? {
                return Ok(found);
            }
            if self.connections().len() < CONNECTIONS {
                self.grow().await?;
                continue;
            }
            drop(growing);
            freed.await;
        }
    }

    fn free(&self) -> Result<Option<(Arc<Connection>, Slot)>, HostError> {
        let mut connections = self.connections();
        let ending = connections.iter().find(|c| !c.is_open()).and_then(|c| c.ending());
        connections.retain(|connection| connection.is_open());
        if connections.is_empty() {
            let why = ending.unwrap_or_else(|| "Connection closed by remote host".to_owned());
            return Err(unreachable(&why));
        }
        let found = connections.iter().find_map(|c| Some((Arc::clone(c), c.take_slot()?)));
        Ok(found.map(|(connection, slot)| {
            let slot: Slot = Box::new((slot, Freed(Arc::clone(&self.freed))));
            (connection, slot)
        }))
    }

    async fn grow(&self) -> Result<(), HostError> {
        let further = Connection::open(&self.common, Purpose::Shell)
            .await
            .map_err(|text| unreachable(&text))?;
        further.limit(self.most.load(Ordering::SeqCst));
        self.connections().push(further);
        Ok(())
    }

    fn bulk(&self) -> MutexGuard<'_, Vec<Arc<Connection>>> {
        self.bulk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One that waits may have been lost meanwhile: then it is a new one's turn.
    async fn open_bulk(&self, command: &str) -> Result<Process, HostError> {
        while let Some((connection, slot)) = self.idle_bulk() {
            match connection.start(command, false, slot).await {
                Ok(process) => return Ok(process),
                Err(_) => self.bulk().retain(|other| !Arc::ptr_eq(other, &connection)),
            }
        }
        let connection = Connection::open(&self.common, Purpose::Bulk)
            .await
            .map_err(|text| unreachable(&text))?;
        connection.limit(1);
        let slot: Slot = Box::new(connection.take_slot());
        match connection.start(command, false, slot).await {
            Ok(process) => {
                self.bulk().push(connection);
                Ok(process)
            }
            Err(NoChannel::Lost) => Err(self.lost(&connection)),
            Err(_) => {
                Err(unreachable("the host refuses to open a session on a connection of its own"))
            }
        }
    }

    fn idle_bulk(&self) -> Option<(Arc<Connection>, Slot)> {
        let mut bulk = self.bulk();
        bulk.retain(|connection| connection.is_open());
        bulk.iter().find_map(|c| Some((Arc::clone(c), c.take_slot()?)))
    }

    async fn tcp(&self, host: &str, port: u16) -> Result<Box<dyn Stream>, HostError> {
        let connection = self.connections().iter().find(|c| c.is_open()).cloned();
        let connection =
            connection.ok_or_else(|| unreachable("Connection closed by remote host"))?;
        match connection.tunnel(host, port).await {
            Ok(stream) => Ok(Box::new(stream)),
            Err(NoChannel::Unanswered) => Err(HostError::Unreachable(format!(
                "forwarding to {host} port {port} failed: connect failed"
            ))),
            Err(NoChannel::Refused(why)) => Err(HostError::Local(format!(
                "the host's SSH server does not forward to {host} port {port}: {why}"
            ))),
            Err(_) => Err(HostError::Lost(format!("forwarding to {host} port {port}"))),
        }
    }

    fn lost(&self, connection: &Connection) -> HostError {
        let why =
            connection.ending().unwrap_or_else(|| "Connection closed by remote host".to_owned());
        let target = &self.common.target;
        unreachable(&format!("{why}\nConnection to {} port {} lost", target.hostname, target.port))
    }
}

/// Tells those who wait for a channel.
struct Freed(Arc<tokio::sync::Notify>);

impl Drop for Freed {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

/// Ansible's sentence for a host that ssh cannot reach (S-161).
pub(in crate::connection) fn unreachable(text: &str) -> HostError {
    HostError::Unreachable(format!("Failed to connect to the host via ssh: {text}"))
}

/// The system's own words for an error, without the number that Rust adds.
pub(in crate::connection) fn os_text(error: &io::Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error ") {
        Some(at) => text[..at].to_owned(),
        None => text,
    }
}
