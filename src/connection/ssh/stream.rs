//! The bytes below a connection: a TCP socket, or a proxy command's stdin and stdout.

use super::os_text;
use super::target::Target;
use crate::connection::transport::Stream;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, join};
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;

/// How long a proxy command may go on once its pipes are closed.
const LAST_MOMENT: Duration = Duration::from_millis(500);

/// A stream and, for a proxy command, its last words.
pub(super) struct Way {
    pub stream: Box<dyn Stream>,
    pub words: LastWords,
}

/// The end of what a proxy command wrote to its stderr.
#[derive(Clone, Default)]
pub(super) struct LastWords {
    bytes: Arc<Mutex<Vec<u8>>>,
    /// Whether more may come.
    open: Arc<AtomicBool>,
}

impl LastWords {
    /// Waits a moment for the rest: the connection may end before its reason is told.
    pub(super) async fn wait(&self) {
        for _ in 0..60 {
            if !self.open.load(Ordering::SeqCst) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// The text so far, without final newline.
    pub(super) fn text(&self) -> String {
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).trim_end().to_owned()
    }

    fn add(&self, more: &[u8]) {
        const KEPT: usize = 4096;
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        bytes.extend_from_slice(more);
        let surplus = bytes.len().saturating_sub(KEPT);
        bytes.drain(..surplus);
    }
}

/// Connects by TCP: every address in turn, as often as `ConnectionAttempts` says. An error is ssh's sentence.
pub(super) async fn tcp(target: &Target) -> Result<Way, String> {
    let mut last = String::new();
    for attempt in 0..target.attempts {
        if attempt > 0 {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        let work = any_address(target);
        match tokio::time::timeout(target.timeout, work).await {
            Ok(Ok(socket)) => {
                return Ok(Way { stream: Box::new(socket), words: LastWords::default() });
            }
            Ok(Err(error)) => last = error,
            Err(_) => last = refused(target, "Connection timed out"),
        }
    }
    Err(last)
}

async fn any_address(target: &Target) -> Result<TcpStream, String> {
    let mut last = refused(target, "no address of the wanted family");
    for address in addresses(target).await? {
        match connect(address, target.settings.word("bindaddress")).await {
            Ok(socket) => return Ok(socket),
            Err(error) => last = refused(target, &os_text(&error)),
        }
    }
    Err(last)
}

fn refused(target: &Target, why: &str) -> String {
    format!("ssh: connect to host {} port {}: {why}", target.hostname, target.port)
}

async fn addresses(target: &Target) -> Result<Vec<SocketAddr>, String> {
    let family = target.settings.word("addressfamily").unwrap_or("any").to_ascii_lowercase();
    let wanted = |address: &SocketAddr| match family.as_str() {
        "inet" => address.is_ipv4(),
        "inet6" => address.is_ipv6(),
        _ => true,
    };
    let found = lookup_host((target.hostname.as_str(), target.port)).await.map_err(|error| {
        let text = os_text(&error);
        let why = text.strip_prefix("failed to lookup address information: ").unwrap_or(&text);
        format!("ssh: Could not resolve hostname {}: {why}", target.hostname)
    })?;
    Ok(found.filter(wanted).collect())
}

async fn connect(address: SocketAddr, from: Option<&str>) -> io::Result<TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if let Some(from) = from {
        let from: IpAddr =
            from.parse().map_err(|_| io::Error::other("BindAddress is no address"))?;
        socket.bind(SocketAddr::new(from, 0))?;
    }
    let stream = socket.connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Starts a proxy command by the operator's shell, as ssh does. It ends with the connection, and not by a
/// Ctrl-C on the terminal: what runs behind it is finished first.
pub(super) fn proxy(command: &str, shell: &Path) -> Result<Way, String> {
    let mut child = Command::new("/bin/sh")
        .args(["-c", "trap '' INT; exec \"$@\"", "sh"])
        .arg(shell)
        .arg("-c")
        .arg(format!("exec {command}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("ProxyCommand: {}: {}", shell.display(), os_text(&error)))?;
    let words = LastWords::default();
    let (Some(output), Some(input)) = (child.stdout.take(), child.stdin.take()) else {
        return Err("ProxyCommand: no pipes".to_owned());
    };
    let (alive, gone) = oneshot::channel();
    listen(child, words.clone(), gone);
    let stream = Guarded { inner: join(output, input), _alive: alive };
    Ok(Way { stream: Box::new(stream), words })
}

/// Keeps what the command says, and the command itself: once its pipes are dropped it has a moment to say why it
/// ends (a shell's last command may close its output before it writes its reason), then it is killed.
fn listen(mut child: Child, words: LastWords, gone: oneshot::Receiver<()>) {
    let Some(mut errors) = child.stderr.take() else { return };
    words.open.store(true, Ordering::SeqCst);
    tokio::spawn(async move {
        let read = async {
            let mut buffer = [0u8; 1024];
            while let Ok(read @ 1..) = errors.read(&mut buffer).await {
                words.add(&buffer[..read]);
            }
            words.open.store(false, Ordering::SeqCst);
        };
        let dropped = async {
            let _ = gone.await;
            tokio::time::sleep(LAST_MOMENT).await;
        };
        let ended = async {
            read.await;
            let _ = child.wait().await;
        };
        tokio::select! {
            () = ended => {}
            () = dropped => {}
        }
        words.open.store(false, Ordering::SeqCst);
    });
}

type Pipes = tokio::io::Join<tokio::process::ChildStdout, tokio::process::ChildStdin>;

/// The pipes of a proxy command; the command ends with them.
struct Guarded {
    inner: Pipes,
    _alive: oneshot::Sender<()>,
}

mod pipes {
    use super::Guarded;
    use std::io;
    use std::pin::Pin;
    use std::task::{Context, Poll};
    use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

    impl AsyncRead for Guarded {
        fn poll_read(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            buf: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            Pin::new(&mut self.inner).poll_read(cx, buf)
        }
    }

    impl AsyncWrite for Guarded {
        fn poll_write(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            buf: &[u8],
        ) -> Poll<io::Result<usize>> {
            Pin::new(&mut self.inner).poll_write(cx, buf)
        }

        fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.inner).poll_flush(cx)
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.inner).poll_shutdown(cx)
        }
    }
}
