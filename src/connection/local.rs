//! This machine as a host: each program is a child of /bin/sh.

use super::ssh::os_text;
use super::transport::{Process, Stream, Transport};
use crate::spec::{BoxFuture, HostError};
use std::io;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// The operator's own machine.
#[derive(Debug, Default)]
pub struct LocalTransport {
    closed: AtomicBool,
}

impl LocalTransport {
    /// Always at hand.
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }
}

impl Transport for LocalTransport {
    fn open(&self, command: String, pty: bool) -> BoxFuture<'static, Result<Process, HostError>> {
        let closed = self.closed.load(Ordering::SeqCst);
        Box::pin(async move {
            if pty {
                let text = "a terminal is not available on a local connection: use a become method that needs none";
                return Err(HostError::Local(text.to_owned()));
            }
            if closed {
                return Err(HostError::Local("the local connection was closed".to_owned()));
            }
            let mut child = Command::new("/bin/sh");
            // Ctrl-C on the operator's terminal reaches all its programs: what runs here is finished.
            child.arg("-c").arg(format!("trap '' INT\n{command}"));
            start(child).map_err(|error| HostError::Local(format!("/bin/sh: {}", os_text(&error))))
        })
    }

    fn tcp(
        &self,
        host: String,
        port: u16,
    ) -> BoxFuture<'static, Result<Box<dyn Stream>, HostError>> {
        Box::pin(async move {
            match TcpStream::connect((host.as_str(), port)).await {
                Ok(stream) => Ok(Box::new(stream) as Box<dyn Stream>),
                Err(error) => {
                    let why = os_text(&error);
                    Err(HostError::Local(format!("connect to {host} port {port}: {why}")))
                }
            }
        })
    }

    fn is_open(&self) -> bool {
        !self.closed.load(Ordering::SeqCst)
    }

    fn close(&self) -> BoxFuture<'static, ()> {
        self.closed.store(true, Ordering::SeqCst);
        Box::pin(std::future::ready(()))
    }
}

/// Starts a child with pipes. It goes on when its streams are dropped, as a host's programs do: the closed
/// pipes tell it.
pub(super) fn start(mut command: Command) -> io::Result<Process> {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let streams = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(input), Some(output), Some(errors)) = streams else {
        return Err(io::Error::other("no pipes"));
    };
    // Waited for by a task of its own, so that no zombie stays when nobody asks for the exit code.
    let exit = tokio::spawn(code(child));
    Ok(Process {
        input: Box::new(input),
        output: Box::new(output),
        errors: Box::new(errors),
        exit: Box::pin(async move { exit.await.ok().flatten() }),
    })
}

async fn code(mut child: Child) -> Option<i32> {
    child.wait().await.ok()?.code()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn a_program_has_its_streams_and_exit_code() {
        let local = LocalTransport::new();
        let mut process = local.open("cat; echo err >&2; exit 3".to_owned(), false).await.unwrap();
        process.input.write_all(b"in\0\xff").await.unwrap();
        drop(process.input);
        let (mut out, mut err) = (Vec::new(), Vec::new());
        process.output.read_to_end(&mut out).await.unwrap();
        process.errors.read_to_end(&mut err).await.unwrap();
        assert_eq!((out.as_slice(), err.as_slice()), (&b"in\0\xff"[..], &b"err\n"[..]));
        assert_eq!(process.exit.await, Some(3));
    }

    #[tokio::test]
    async fn a_killed_program_has_no_exit_code() {
        let local = LocalTransport::new();
        let process = local.open("kill -9 $$".to_owned(), false).await.unwrap();
        assert_eq!(process.exit.await, None);
    }

    #[tokio::test]
    async fn a_terminal_and_a_closed_connection_are_refused() {
        let local = LocalTransport::new();
        let error = local.open("true".to_owned(), true).await.err().unwrap();
        assert!(error.to_string().contains("terminal"));
        local.close().await;
        assert!(!local.is_open());
        assert!(local.open("true".to_owned(), false).await.is_err());
    }
}
