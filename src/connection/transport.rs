//! A way to a host: starts programs there and hands over their streams.

use crate::spec::{BoxFuture, HostError};
use tokio::io::{AsyncRead, AsyncWrite};

/// A stream of bytes both ways.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A started program's streams.
pub struct Process {
    /// Its stdin.
    pub input: Box<dyn AsyncWrite + Send + Unpin>,
    /// Its stdout. The implementation keeps reading whatever its consumer does: one unread channel
    /// must not stall the connection (bounded by back-pressure of its own buffer).
    pub output: Box<dyn AsyncRead + Send + Unpin>,
    /// Its stderr; empty on a pty.
    pub errors: Box<dyn AsyncRead + Send + Unpin>,
    /// Its exit code once it ended; None when it was killed or the connection was lost.
    pub exit: BoxFuture<'static, Option<i32>>,
}

/// One connection to a host: russh, the system's ssh, or this machine.
pub trait Transport: Send + Sync {
    /// Starts a command line on the host. It is given to the login shell, which may be csh: one line,
    /// no newline, only single quotes.
    fn open(&self, command: String, pty: bool) -> BoxFuture<'static, Result<Process, HostError>>;
    /// Starts a command line whose output is one long stream: where the transport has several channels on a
    /// connection it gets one of its own, and a slow reader makes the host wait instead of filling buffers.
    fn open_bulk(&self, command: String) -> BoxFuture<'static, Result<Process, HostError>> {
        self.open(command, false)
    }
    /// A stream to a TCP port as the host sees it (direct-tcpip). `Unreachable`: the port does not answer;
    /// any other error says nothing about the port.
    fn tcp(
        &self,
        host: String,
        port: u16,
    ) -> BoxFuture<'static, Result<Box<dyn Stream>, HostError>>;
    /// The host key that the connection was made with, as a `known_hosts` file has it.
    fn server_key(&self) -> Option<String> {
        None
    }
    /// Whether no program can be started without a terminal: the way to this host asks for a password there.
    fn wants_terminal(&self) -> bool {
        false
    }
    /// The machine that this host is a part of, when it does not say so itself: a jail's host.
    fn machine(&self) -> Option<String> {
        None
    }
    /// Whether the connection still stands.
    fn is_open(&self) -> bool;
    /// Ends the connection.
    fn close(&self) -> BoxFuture<'static, ()>;
}
