//! Sends requests: all that wait go out in one write.

use super::burst::Burst;
use super::flight::Flight;
use super::request::{Data, Function, Kind, Request};
use super::session::Ended;
use crate::spec::HostError;
use bytes::{BufMut, Bytes, BytesMut};
use std::collections::{HashSet, VecDeque};
use std::time::Duration;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, oneshot};

/// Bytes that are gathered before they are written.
const GATHER: usize = 64 << 10;

/// What a host is asked to do.
pub enum Item {
    /// A request.
    Request(Box<Request>),
    /// Close the connection and open a new one; the outcome is sent back.
    Reconnect(oneshot::Sender<Result<(), HostError>>),
}

/// What is to be sent: what was left over, then what comes.
pub struct Work {
    /// Next.
    pub backlog: VecDeque<Item>,
    /// More; None: nothing but the backlog.
    pub queue: Option<mpsc::UnboundedReceiver<Vec<Item>>>,
}

impl Work {
    /// What is there now.
    fn try_next(&mut self) -> Option<Item> {
        if let Some(queue) = &mut self.queue {
            while let Ok(items) = queue.try_recv() {
                self.backlog.extend(items);
            }
        }
        self.backlog.pop_front()
    }

    /// Waits for more; false: there will be none.
    pub async fn wait(&mut self) -> bool {
        let Some(queue) = &mut self.queue else { return false };
        match queue.recv().await {
            Some(items) => self.backlog.extend(items),
            None => return false,
        }
        true
    }
}

/// The sending side of a shell.
pub struct Writer {
    input: Box<dyn AsyncWrite + Send + Unpin>,
    key: String,
    next_id: u64,
    known: HashSet<u32>,
    buffer: BytesMut,
    /// Requests of the burst that are still to be sent.
    burst: usize,
}

impl Writer {
    /// Over this stream.
    pub fn new(input: Box<dyn AsyncWrite + Send + Unpin>, key: String) -> Self {
        Self { input, key, next_id: 1, known: HashSet::new(), buffer: BytesMut::new(), burst: 0 }
    }

    /// Writes bytes that are no request: the first line, a password.
    pub async fn raw(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.input.write_all(bytes).await?;
        self.input.flush().await
    }

    /// Ends the shell.
    pub async fn quit(&mut self) {
        let line = format!("{} Q 0 1 0 0\n\n", self.key);
        // It may be gone already: that is what was wanted.
        let _ = self.raw(line.as_bytes()).await;
        let _ = self.input.shutdown().await;
    }

    /// Sends what there is to do until there is no more, and all of it is answered.
    pub async fn run(&mut self, work: &mut Work, flight: &Flight, counts: &super::Counts) -> Ended {
        loop {
            let Some(item) = work.try_next() else {
                self.flush(flight, counts).await;
                if work.wait().await {
                    continue;
                }
                flight.drained().await;
                return Ended::Done;
            };
            match item {
                Item::Request(request) => {
                    self.warm(&request, &work.backlog, flight);
                    self.send(*request, flight, counts).await;
                    self.unwarm(flight);
                }
                Item::Reconnect(done) => {
                    self.flush(flight, counts).await;
                    flight.drained().await;
                    return Ended::Reconnect(done);
                }
            }
        }
    }

    /// Writes what was gathered. A channel that takes nothing any more is left to the reader, who sees
    /// its end.
    async fn flush(&mut self, flight: &Flight, counts: &super::Counts) {
        if self.buffer.is_empty() {
            return;
        }
        flight.written();
        counts.write();
        let bytes = self.buffer.split();
        if self.raw(&bytes).await.is_err() {
            tokio::time::sleep(Duration::from_secs(5)).await;
        }
    }

    async fn send(&mut self, mut request: Request, flight: &Flight, counts: &super::Counts) {
        if request.is_cancelled() {
            return;
        }
        if let Some(gate) = request.gate.take() {
            self.flush(flight, counts).await;
            match gate.await {
                Ok(Ok(reply)) if reply.code == Some(0) => {}
                Ok(outcome) => return drop(request.done.send(outcome)),
                Err(_) => return,
            }
        }
        for function in request.needs.clone() {
            self.define(function, flight);
        }
        counts.request();
        let id = self.take_id();
        self.buffer.put_slice(&request.head(&self.key, id));
        let data = match &mut request.data {
            Data::Bytes(bytes) => Data::Bytes(bytes.clone()),
            other => std::mem::take(other),
        };
        flight.push(id, request);
        self.send_data(id, data, flight, counts).await;
        if self.buffer.len() > GATHER {
            self.flush(flight, counts).await;
        }
    }

    /// Looks at all paths at once that this probe and those right behind it ask for.
    fn warm(&mut self, first: &Request, backlog: &VecDeque<Item>, flight: &Flight) {
        if self.burst > 0 {
            return;
        }
        let Some(burst) = Burst::of(first, backlog) else { return };
        self.burst = burst.requests;
        let limit = first.limit.map(|limit| limit * burst.paths);
        self.ours(burst.text, limit, flight);
    }

    /// Behind a burst nothing of it is kept: what is answered then is looked at then.
    fn unwarm(&mut self, flight: &Flight) {
        if self.burst == 0 {
            return;
        }
        self.burst -= 1;
        if self.burst == 0 {
            self.ours("tk_kept=".into(), None, flight);
        }
    }

    /// A request whose reply nobody waits for.
    fn ours(&mut self, text: String, limit: Option<Duration>, flight: &Flight) {
        let (mut request, _waiting) = Request::new(Kind::Plain, text, "a look at many paths");
        request.limit = limit;
        let id = self.take_id();
        self.buffer.put_slice(&request.head(&self.key, id));
        flight.push(id, request);
    }

    fn take_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    fn define(&mut self, function: Function, flight: &Flight) {
        if !self.known.insert(function.id) {
            return;
        }
        let (mut request, _waiting) = Request::new(Kind::Define, &*function.text, &*function.name);
        request.needs.push(function);
        let id = self.take_id();
        self.buffer.put_slice(&request.head(&self.key, id));
        flight.push(id, request);
    }

    async fn send_data(&mut self, id: u64, data: Data, flight: &Flight, counts: &super::Counts) {
        let outcome = match data {
            Data::None => return,
            Data::Bytes(bytes) => {
                let content = crate::spec::Content::Bytes(bytes);
                let upload = super::upload::Upload { content, sha1: None };
                self.upload(upload, flight, counts).await
            }
            Data::Upload(upload) => self.upload(upload, flight, counts).await,
            Data::Stream(stream) => self.stream(stream, flight, counts).await,
        };
        if let Err(text) = &outcome {
            flight.fault(id, text.clone());
        }
        self.buffer.put_slice(if outcome.is_ok() { b"0\n" } else { b"-\n" });
    }

    async fn upload(
        &mut self,
        upload: super::upload::Upload,
        flight: &Flight,
        counts: &super::Counts,
    ) -> Result<(), String> {
        let mut blocks = upload.start().await?;
        let (total, mut done) = (blocks.size, 0);
        while let Some((block, last)) = blocks.next().await? {
            self.block(&block, last);
            if self.buffer.len() > GATHER {
                self.flush(flight, counts).await;
            }
            done += block.len() as u64;
            flight.passed(done, Some(total));
        }
        Ok(())
    }

    async fn stream(
        &mut self,
        mut stream: mpsc::Receiver<Result<Bytes, String>>,
        flight: &Flight,
        counts: &super::Counts,
    ) -> Result<(), String> {
        let mut done = 0;
        while let Some(block) = stream.recv().await {
            let block = block?;
            self.block(&block, false);
            if self.buffer.len() > GATHER {
                self.flush(flight, counts).await;
            }
            done += block.len() as u64;
            flight.passed(done, None);
        }
        Ok(())
    }

    fn block(&mut self, block: &[u8], last: bool) {
        let sync = if last { "s" } else { "" };
        self.buffer.put_slice(format!("{}{sync}\n", block.len()).as_bytes());
        self.buffer.put_slice(block);
    }
}
