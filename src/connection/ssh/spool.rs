//! What a host sent and nobody has taken yet: first in memory, then in a nameless file.
//!
//! russh stops reading the whole connection when one channel's queue is full, so every channel is emptied
//! at once into its spool. Only a connection with a single stream may push back on the host instead.

use bytes::{Buf, Bytes};
use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::Notify;

/// Bytes one channel keeps in memory.
const MEMORY: usize = 4 << 20;
/// Bytes one channel keeps in memory whatever the others do.
const SURE: usize = 256 << 10;
/// Bytes all channels of the process keep in memory.
const TOTAL: usize = 128 << 20;
/// Bytes one channel keeps on disk.
const DISK: u64 = 4 << 30;
/// Bytes read from disk at a time.
const CHUNK: usize = 128 << 10;

static HELD: AtomicUsize = AtomicUsize::new(0);

/// How a full spool behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// It goes on to disk.
    Spill,
    /// It makes the sender wait.
    Wait,
}

/// A spool with its two ends.
pub(super) fn spool(full: Full) -> (Inlet, Outlet) {
    let shared = Arc::new(Shared { state: Mutex::default(), room: Notify::new() });
    (Inlet { shared: Arc::clone(&shared), full }, Outlet { shared })
}

/// Where bytes go in; its drop without [`Inlet::end`] is an error for the reader.
pub(super) struct Inlet {
    shared: Arc<Shared>,
    full: Full,
}

/// Where they come out.
pub(super) struct Outlet {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    /// Told when the reader took something or went away.
    room: Notify,
}

#[derive(Default)]
struct State {
    memory: VecDeque<Bytes>,
    bytes: usize,
    disk: Option<Disk>,
    end: Option<Result<(), io::ErrorKind>>,
    waker: Option<Waker>,
    unread: bool,
}

struct Disk {
    file: File,
    read: u64,
    written: u64,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inlet {
    /// Takes bytes in. An error ends the channel: the disk is full or the limit is reached.
    pub(super) async fn push(&self, bytes: Bytes) -> io::Result<()> {
        while self.full == Full::Wait && self.shared.state().is_full() {
            self.shared.room.notified().await;
        }
        let mut state = self.shared.state();
        state.push(bytes)?;
        state.wake();
        Ok(())
    }

    /// No more bytes; an error reaches the reader behind what is there.
    pub(super) fn end(&self, how: Result<(), io::ErrorKind>) {
        let mut state = self.shared.state();
        state.end.get_or_insert(how);
        state.wake();
    }
}

impl Drop for Inlet {
    fn drop(&mut self) {
        self.end(Err(io::ErrorKind::ConnectionReset));
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.unread = true;
        state.clear();
        drop(state);
        self.shared.room.notify_one();
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.clear();
    }
}

impl State {
    fn is_full(&self) -> bool {
        !self.unread && self.bytes >= MEMORY
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn clear(&mut self) {
        HELD.fetch_sub(self.bytes, Ordering::Relaxed);
        self.bytes = 0;
        self.memory.clear();
        self.disk = None;
    }

    fn push(&mut self, bytes: Bytes) -> io::Result<()> {
        if self.unread || bytes.is_empty() {
            return Ok(());
        }
        let crowded = self.bytes > SURE && HELD.load(Ordering::Relaxed) > TOTAL;
        if self.disk.is_some() || self.bytes > MEMORY || crowded {
            return self.spill(&bytes);
        }
        self.bytes += bytes.len();
        HELD.fetch_add(bytes.len(), Ordering::Relaxed);
        self.memory.push_back(bytes);
        Ok(())
    }

    /// Writes to the page cache, as a rule; blocks only for a slow disk.
    fn spill(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.disk.is_none() {
            self.disk = Some(Disk { file: tempfile::tempfile()?, read: 0, written: 0 });
        }
        let Some(disk) = &mut self.disk else { return Ok(()) };
        if disk.written - disk.read > DISK {
            return Err(io::ErrorKind::StorageFull.into());
        }
        disk.file.write_all_at(bytes, disk.written)?;
        disk.written += bytes.len() as u64;
        Ok(())
    }

    /// Moves the next part from disk to memory.
    fn refill(&mut self) -> io::Result<()> {
        let Some(disk) = &mut self.disk else { return Ok(()) };
        let left = usize::try_from(disk.written - disk.read).unwrap_or(CHUNK).min(CHUNK);
        let mut chunk = vec![0; left];
        disk.file.read_exact_at(&mut chunk, disk.read)?;
        disk.read += left as u64;
        if disk.read == disk.written {
            self.disk = None;
        }
        self.bytes += left;
        HELD.fetch_add(left, Ordering::Relaxed);
        self.memory.push_back(chunk.into());
        Ok(())
    }

    fn take(&mut self, buf: &mut ReadBuf<'_>) {
        while let Some(first) = self.memory.front_mut().filter(|_| buf.remaining() > 0) {
            let count = first.len().min(buf.remaining());
            buf.put_slice(&first[..count]);
            first.advance(count);
            self.bytes -= count;
            HELD.fetch_sub(count, Ordering::Relaxed);
            if first.is_empty() {
                self.memory.pop_front();
            }
        }
    }
}

impl AsyncRead for Outlet {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut state = self.shared.state();
        if state.memory.is_empty() && state.disk.is_some() {
            state.refill()?;
        }
        if !state.memory.is_empty() {
            state.take(buf);
            // Not at every byte: a sender that waits is to have room for a while.
            if state.bytes <= MEMORY / 2 {
                self.shared.room.notify_one();
            }
            return Poll::Ready(Ok(()));
        }
        match state.end {
            Some(Ok(())) => Poll::Ready(Ok(())),
            Some(Err(kind)) => Poll::Ready(Err(kind.into())),
            None => {
                state.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    fn pattern(from: usize, count: usize) -> Vec<u8> {
        (from..from + count).map(|n| (n % 251) as u8).collect()
    }

    #[tokio::test]
    async fn what_is_not_taken_goes_to_disk_and_comes_back_in_order() {
        let (inlet, mut outlet) = spool(Full::Spill);
        let part = 100_000;
        for n in 0..120 {
            inlet.push(pattern(n * part, part).into()).await.unwrap();
        }
        assert!(inlet.shared.state().disk.is_some());
        assert!(inlet.shared.state().bytes <= MEMORY + part);
        let mut first = vec![0; 50 * part];
        outlet.read_exact(&mut first).await.unwrap();
        inlet.push(pattern(120 * part, part).into()).await.unwrap();
        inlet.end(Ok(()));
        let mut rest = Vec::new();
        outlet.read_to_end(&mut rest).await.unwrap();
        first.extend(rest);
        assert!(first == pattern(0, 121 * part));
        assert_eq!(outlet.shared.state().bytes, 0);
    }

    #[tokio::test]
    async fn a_waiting_spool_makes_the_sender_wait() {
        let (inlet, mut outlet) = spool(Full::Wait);
        for _ in 0..4 {
            inlet.push(vec![1; 1 << 20].into()).await.unwrap();
        }
        let push = inlet.push(vec![2; 10].into());
        let mut push = std::pin::pin!(push);
        let soon = std::time::Duration::from_millis(50);
        assert!(tokio::time::timeout(soon, push.as_mut()).await.is_err());
        outlet.read_exact(&mut vec![0; 3 << 20]).await.unwrap();
        push.await.unwrap();
    }

    #[tokio::test]
    async fn the_end_is_told_behind_the_bytes() {
        let (inlet, mut outlet) = spool(Full::Spill);
        inlet.push(Bytes::from_static(b"abc")).await.unwrap();
        drop(inlet);
        let mut text = Vec::new();
        let error = outlet.read_to_end(&mut text).await.unwrap_err();
        assert_eq!((text.as_slice(), error.kind()), (&b"abc"[..], io::ErrorKind::ConnectionReset));
    }

    #[tokio::test]
    async fn bytes_for_nobody_are_dropped() {
        let (inlet, outlet) = spool(Full::Wait);
        drop(outlet);
        for _ in 0..20 {
            inlet.push(vec![1; 1 << 20].into()).await.unwrap();
        }
        assert_eq!(inlet.shared.state().bytes, 0);
    }
}
