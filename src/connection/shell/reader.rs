//! Reads answers, watches the clock.

use super::flight::{Expired, Flight};
use super::frame::Splitter;
use super::session::Ended;
use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Stops what a shell runs for a user, from outside.
pub type Stop<'a> = &'a (dyn Fn() + Send + Sync);

/// The receiving side of a shell.
pub struct Reader {
    output: Box<dyn AsyncRead + Send + Unpin>,
    errors: Box<dyn AsyncRead + Send + Unpin>,
    out: Splitter,
    err: Splitter,
    errors_open: bool,
}

/// What the reader woke up for.
enum Event {
    Out(usize),
    Err(usize),
    Late,
    Woken,
}

impl Reader {
    /// Over these streams; marks hold the nonce.
    pub fn new(
        output: Box<dyn AsyncRead + Send + Unpin>,
        errors: Box<dyn AsyncRead + Send + Unpin>,
        nonce: &str,
    ) -> Self {
        let (out, err) = (Splitter::new(nonce), Splitter::new(nonce));
        Self { output, errors, out, err, errors_open: true }
    }

    /// Bytes of stdout that came with the last words of the conversation.
    pub fn unread(&mut self, bytes: &[u8]) {
        self.out.push(bytes);
    }

    /// Reads whatever comes until stdout ends.
    pub async fn until_end(&mut self) {
        let mut bytes = vec![0; 16 << 10];
        while matches!(self.output.read(&mut bytes).await, Ok(n) if n > 0) {}
    }

    /// Reads until the shell ends or is stuck.
    pub async fn run(&mut self, flight: &Flight, stop: Stop<'_>) -> Ended {
        let mut out = vec![0; 64 << 10];
        let mut err = vec![0; 16 << 10];
        loop {
            flight.room().await;
            match self.event(&mut out, &mut err, flight.deadline(), flight).await {
                Event::Out(0) => return Ended::Lost,
                Event::Out(n) => {
                    self.out.push(&out[..n]);
                    if self.take_out(flight).await.is_err() {
                        return Ended::Lost;
                    }
                }
                Event::Err(0) => self.errors_open = false,
                Event::Err(n) => {
                    self.err.push(&err[..n]);
                    while let Some(piece) = self.err.next() {
                        flight.take_err(piece);
                    }
                }
                Event::Late => match flight.expire() {
                    Expired::Stop => stop(),
                    Expired::Stuck => return Ended::Lost,
                },
                Event::Woken => {}
            }
        }
    }

    async fn event(
        &mut self,
        out: &mut [u8],
        err: &mut [u8],
        deadline: Option<Instant>,
        flight: &Flight,
    ) -> Event {
        let late = async {
            match deadline {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            n = self.output.read(out) => Event::Out(n.unwrap_or(0)),
            n = self.errors.read(err), if self.errors_open => Event::Err(n.unwrap_or(0)),
            () = late => Event::Late,
            () = flight.woken() => Event::Woken,
        }
    }

    async fn take_out(&mut self, flight: &Flight) -> Result<(), String> {
        while let Some(piece) = self.out.next() {
            if let Some((stream, bytes)) = flight.take_out(piece)? {
                pass_on(stream, bytes).await;
            }
        }
        Ok(())
    }
}

/// Waits until the taker has room; a taker that is gone is not waited for.
async fn pass_on(stream: mpsc::Sender<Bytes>, bytes: Bytes) {
    let _ = stream.send(bytes).await;
}
