//! Connections that end in the middle of what they carry: nothing that is not whole is run or kept.

use super::*;
use crate::spec::file::WriteFile;
use crate::spec::{Change, Content, Op};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::io::AsyncWrite;

/// A connection that takes only so many more bytes.
struct Cut {
    local: Arc<Local>,
    left: Arc<AtomicUsize>,
}

struct Taker {
    inner: Option<Box<dyn AsyncWrite + Send + Unpin>>,
    left: Arc<AtomicUsize>,
}

impl AsyncWrite for Taker {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let left = self.left.load(Ordering::SeqCst);
        if left == 0 {
            self.inner = None;
        }
        let Some(inner) = &mut self.inner else { return Poll::Ready(Ok(bytes.len())) };
        let written = Pin::new(inner).poll_write(cx, &bytes[..bytes.len().min(left)]);
        if let Poll::Ready(Ok(n)) = written {
            self.left.fetch_sub(n, Ordering::SeqCst);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Some(inner) => Pin::new(inner).poll_flush(cx),
            None => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner = None;
        Poll::Ready(Ok(()))
    }
}

impl Transport for Cut {
    fn open(&self, command: String, _: bool) -> BoxFuture<'static, Result<Process, HostError>> {
        let mut process = self.local.start(&command, false).unwrap();
        process.input =
            Box::new(Taker { inner: Some(process.input), left: Arc::clone(&self.left) });
        Box::pin(std::future::ready(Ok(process)))
    }
    fn tcp(
        &self,
        host: String,
        port: u16,
    ) -> BoxFuture<'static, Result<Box<dyn Stream>, HostError>> {
        self.local.tcp(host, port)
    }
    fn is_open(&self) -> bool {
        true
    }
    fn close(&self) -> BoxFuture<'static, ()> {
        self.local.close()
    }
}

/// A host whose connection ends after so many bytes.
async fn cut_after(shell: &str, bytes: usize) -> Arc<ShellHost> {
    let left = Arc::new(AtomicUsize::new(usize::MAX));
    let local = Local::new("/bin/sh", env_of(shell));
    let mut who = Identity::login(shell);
    who.shell = Some(shell_path(shell));
    let transport = Arc::new(Cut { local, left: Arc::clone(&left) });
    let host = open(transport as Arc<dyn Transport>, &who, &limits()).await.unwrap();
    left.store(bytes, Ordering::SeqCst);
    host
}

/// What is in a directory once its shell had time to end.
fn names(dir: &Path) -> Vec<String> {
    let name = |e: io::Result<std::fs::DirEntry>| e.unwrap().file_name().into_string().unwrap();
    let list = || std::fs::read_dir(dir).unwrap().map(name).collect::<Vec<_>>();
    let start = Instant::now();
    while list().iter().any(|n| n.starts_with(".tank")) && start.elapsed() < Duration::from_secs(20)
    {
        std::thread::sleep(Duration::from_millis(5));
    }
    list()
}

#[tokio::test]
async fn a_text_that_was_cut_is_not_run() {
    for shell in SHELLS {
        for cut in [40, 3000, 5900] {
            let dir = tempfile::tempdir().unwrap();
            let line = format!("touch {}/x\n", dir.path().display());
            let text = line.repeat(6000 / line.len() + 1);
            let host = cut_after(shell, cut).await;
            let outcome = host.run(Command::shell(text)).await;
            assert!(matches!(outcome, Err(HostError::Lost(_))), "{shell} {cut}: {outcome:?}");
            assert_eq!(names(dir.path()), [""; 0], "{shell} {cut}");
        }
    }
}

#[tokio::test]
async fn a_file_that_was_cut_is_not_kept() {
    let new = vec![b'n'; 3 << 19];
    for shell in SHELLS {
        for cut in [50_000, 1 << 20, 3 << 19] {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("file");
            std::fs::write(&path, "old").unwrap();
            let host = cut_after(shell, cut).await;
            let file = WriteFile {
                path: path.display().to_string(),
                sha1: String::new(),
                size: new.len() as u64,
                content: Content::Bytes(new.clone().into()),
                mode: None,
                owner: None,
                group: None,
                seen_sha1: Some("c00dbbc9dadfbe1e232e93a729dd4752fade0abf".to_owned()),
                validate: None,
                backup: false,
                follow: true,
                unsafe_writes: false,
            };
            let change = Change::new(Op::WriteFile(Box::new(file)), "write");
            let outcome = host.apply(vec![vec![change]], Vec::new(), None).await;
            assert!(outcome.is_err(), "{shell} {cut}");
            assert_eq!(names(dir.path()), ["file"], "{shell} {cut}");
            let left = std::fs::read(&path).unwrap();
            assert!(left == b"old", "{shell} {cut}: {} bytes", left.len());
        }
    }
}
