//! One channel's life: a task of its own empties it, feeds it and sees it end.

use super::spool::{Full, Inlet, Outlet, spool};
use crate::connection::transport::Process;
use bytes::Bytes;
use russh::client::Msg;
use russh::{Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, DuplexStream, ReadBuf};
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

/// Silence after the exit code that ends a program's output: a background child may hold it open.
const GRACE: Duration = Duration::from_secs(1);
/// The longest wait for output after the exit code, without the time the reader takes.
const TAIL: Duration = Duration::from_mins(1);
/// Bytes awaited after the exit code: more than sshd's buffer and what is under way can hold, which are
/// two of the largest windows.
const TAIL_BYTES: usize = 40 << 20;
/// Wait for the host's own close.
const CLOSING: Duration = Duration::from_secs(5);
/// Bytes of stdin between the caller and the channel.
const INPUT: usize = 256 << 10;

/// Kept as long as the channel takes up room on its connection.
pub(super) type Slot = Box<dyn Send>;

/// Turns an opened channel with a started program into its streams.
pub(super) fn process(channel: Channel<Msg>, full: Full, slot: Slot) -> Process {
    let (out, output) = spool(full);
    let (err, errors) = spool(full);
    let (tell, told) = oneshot::channel();
    let (input, feed) = tokio::io::duplex(INPUT);
    let held = Arc::new(Held(Arc::new(Notify::new())));
    let gone = Arc::clone(&held.0);
    let (read, write) = channel.split();
    let pump = Pump { out, err: Some(err), tell: Some(tell), code: None, eof: false, tail: 0 };
    tokio::spawn(run(read, write, feed, pump, gone, slot));
    let holder = Arc::clone(&held);
    Process {
        input: Box::new(Kept { inner: input, _held: Arc::clone(&held) }),
        output: Box::new(Kept { inner: output, _held: Arc::clone(&held) }),
        errors: Box::new(Kept { inner: errors, _held: held }),
        exit: Box::pin(async move {
            let code = told.await.ok().flatten();
            drop(holder);
            code
        }),
    }
}

/// Turns a forwarding channel into a stream.
pub(super) fn forwarded(channel: Channel<Msg>, full: Full, slot: Slot) -> Forwarded {
    let (out, output) = spool(full);
    let (input, feed) = tokio::io::duplex(INPUT);
    let held = Arc::new(Held(Arc::new(Notify::new())));
    let gone = Arc::clone(&held.0);
    let (read, write) = channel.split();
    let pump = Pump { out, err: None, tell: None, code: None, eof: false, tail: 0 };
    tokio::spawn(run(read, write, feed, pump, gone, slot));
    Forwarded { output, input, _held: held }
}

/// Tells the pump when the last of a channel's streams is dropped.
struct Held(Arc<Notify>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

/// A stream that keeps its channel open.
struct Kept<T> {
    inner: T,
    _held: Arc<Held>,
}

/// Both directions of a forwarding channel.
pub(super) struct Forwarded {
    output: Outlet,
    input: DuplexStream,
    _held: Arc<Held>,
}

struct Pump {
    out: Inlet,
    err: Option<Inlet>,
    tell: Option<oneshot::Sender<Option<i32>>>,
    code: Option<Instant>,
    eof: bool,
    /// Bytes that came after the exit code.
    tail: usize,
}

/// What a message means for the channel.
enum Then {
    On,
    Done,
}

async fn run(
    mut read: ChannelReadHalf,
    write: ChannelWriteHalf<Msg>,
    feed: DuplexStream,
    mut pump: Pump,
    gone: Arc<Notify>,
    slot: Slot,
) {
    let write = Arc::new(write);
    let feeder = tokio::spawn(give(feed, Arc::clone(&write)));
    let closed = loop {
        let message = tokio::select! {
            message = read.wait() => message,
            () = pump.silence() => break false,
            () = gone.notified() => break false,
        };
        let Some(message) = message else { break true };
        let closing = matches!(message, ChannelMsg::Close);
        match pump.take(message).await {
            Then::On => {}
            Then::Done => break closing,
        }
    };
    feeder.abort();
    pump.finish();
    if !closed {
        let _ = write.close().await;
        let _ = tokio::time::timeout(CLOSING, until_closed(&mut read)).await;
    }
    drop(slot);
}

/// Writes stdin to the host until its end, then says so.
async fn give(mut feed: DuplexStream, write: Arc<ChannelWriteHalf<Msg>>) {
    let mut buffer = vec![0; 32 * 1024];
    while let Ok(count @ 1..) = feed.read(&mut buffer).await {
        if write.data_bytes(Bytes::copy_from_slice(&buffer[..count])).await.is_err() {
            return;
        }
    }
    let _ = write.eof().await;
}

async fn until_closed(read: &mut ChannelReadHalf) {
    while let Some(message) = read.wait().await {
        if matches!(message, ChannelMsg::Close) {
            return;
        }
    }
}

impl Pump {
    async fn take(&mut self, message: ChannelMsg) -> Then {
        let start = Instant::now();
        let then = self.heed(message).await;
        if let Some(since) = &mut self.code {
            *since += start.elapsed();
        }
        then
    }

    async fn heed(&mut self, message: ChannelMsg) -> Then {
        match message {
            ChannelMsg::Data { data } => {
                self.tail(data.len());
                if self.out.push(data).await.is_err() {
                    self.out.end(Err(io::ErrorKind::StorageFull));
                    return Then::Done;
                }
            }
            ChannelMsg::ExtendedData { data, ext: 1 } => {
                self.tail(data.len());
                if let Some(err) = &self.err
                    && err.push(data).await.is_err()
                {
                    err.end(Err(io::ErrorKind::StorageFull));
                    return Then::Done;
                }
            }
            ChannelMsg::ExitStatus { exit_status } => self.exit(i32::try_from(exit_status).ok()),
            ChannelMsg::ExitSignal { .. } => self.exit(None),
            ChannelMsg::Failure => return self.refused().await,
            ChannelMsg::Eof => {
                self.eof = true;
                self.end_streams();
            }
            ChannelMsg::Close => return Then::Done,
            _ => {}
        }
        let over = self.code.is_some() && (self.eof || self.tail > TAIL_BYTES);
        if over { Then::Done } else { Then::On }
    }

    fn tail(&mut self, count: usize) {
        if self.code.is_some() {
            self.tail += count;
        }
    }

    fn exit(&mut self, code: Option<i32>) {
        self.code = Some(Instant::now());
        if let Some(tell) = self.tell.take() {
            let _ = tell.send(code);
        }
    }

    /// The host would not start the program.
    async fn refused(&mut self) -> Then {
        if let Some(err) = &self.err {
            let _ = err.push(Bytes::from_static(b"exec request failed on channel\n")).await;
        }
        Then::Done
    }

    fn end_streams(&self) {
        self.out.end(Ok(()));
        if let Some(err) = &self.err {
            err.end(Ok(()));
        }
    }

    /// Clean if the program ended or the host said so; else the reader learns that the channel was lost.
    fn finish(&mut self) {
        if self.code.is_some() || self.eof {
            self.end_streams();
        }
        self.tell.take();
    }

    /// Passes once the exit code is known and the output has been silent, or has gone on for too long.
    async fn silence(&self) {
        let Some(since) = self.code else { return std::future::pending().await };
        let longest = TAIL.saturating_sub(since.elapsed());
        tokio::time::sleep(GRACE.min(longest)).await;
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Kept<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Kept<T> {
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

impl AsyncRead for Forwarded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.output).poll_read(cx, buf)
    }
}

impl AsyncWrite for Forwarded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.input).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.input).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.input).poll_shutdown(cx)
    }
}
