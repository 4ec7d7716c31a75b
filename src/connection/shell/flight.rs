//! Requests that were sent and are not answered yet.

use super::budget::Budget;
use super::frame::{Errors, Mark, Piece};
use super::limits::{Counts, Limits};
use super::request::{Kind, Outcome, Reply, Request};
use crate::spec::HostError;
use bytes::{Bytes, BytesMut};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

/// How long a stopped command may take to end.
const GRACE: Duration = Duration::from_secs(15);

/// What all shells of one host and identity share: counters, memory, wake-ups.
#[derive(Clone)]
pub struct Common {
    /// Counters.
    pub counts: Arc<Counts>,
    /// Limits.
    pub limits: Limits,
    /// Answers of this host that nobody took yet.
    pub mine: Arc<AtomicUsize>,
    /// Wakes the reader: a command was cancelled, a request was sent.
    pub wake: Arc<Notify>,
}

impl Common {
    /// With these limits.
    pub fn new(limits: &Limits) -> Self {
        Self {
            counts: Arc::default(),
            limits: limits.clone(),
            mine: Arc::default(),
            wake: Arc::default(),
        }
    }
}

/// A request that was sent.
struct Pending {
    id: u64,
    request: Request,
    out: BytesMut,
    err: BytesMut,
    mark: Option<Mark>,
    errors_done: bool,
    written: Option<Instant>,
    fault: Option<String>,
    stopped: Option<Instant>,
}

/// What became of a limit that ran out.
pub enum Expired {
    /// A user's command is to be stopped from outside.
    Stop,
    /// The shell is stuck; its request was answered with the time-out.
    Stuck,
}

/// All requests that a shell owes answers to.
pub struct Flight {
    common: Common,
    state: Mutex<State>,
    settled: Notify,
}

struct State {
    pending: VecDeque<Pending>,
    front_since: Instant,
    /// The id whose stderr follows on stdout.
    tail: Option<u64>,
    /// What came on stderr since its last mark.
    errors: BytesMut,
    /// Functions the shell did not take, and why.
    broken: HashMap<u32, String>,
}

impl Flight {
    /// None in flight.
    pub fn new(common: Common) -> Self {
        let state = State {
            pending: VecDeque::new(),
            front_since: Instant::now(),
            tail: None,
            errors: BytesMut::new(),
            broken: HashMap::new(),
        };
        Self { common, state: Mutex::new(state), settled: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The counters.
    pub fn counts(&self) -> Arc<Counts> {
        Arc::clone(&self.common.counts)
    }

    /// Bytes of a transfer that went so far.
    pub fn passed(&self, done: u64, total: Option<u64>) {
        self.common.limits.meter.passed(done, total);
    }

    /// Files that are being written.
    pub fn targets(&self) -> Vec<String> {
        self.state().pending.iter().filter_map(|p| p.request.target.clone()).collect()
    }

    /// A request goes out.
    pub fn push(&self, id: u64, request: Request) {
        let pending = Pending {
            id,
            request,
            out: BytesMut::new(),
            err: BytesMut::new(),
            mark: None,
            errors_done: false,
            written: None,
            fault: None,
            stopped: None,
        };
        self.state().pending.push_back(pending);
    }

    /// All that was pushed is written now. Counts the round trip.
    pub fn written(&self) {
        let mut state = self.state();
        let busy = state.pending.iter().any(|p| p.written.is_some());
        let mut fresh = false;
        for pending in state.pending.iter_mut().filter(|p| p.written.is_none()) {
            pending.written = Some(Instant::now());
            fresh = true;
        }
        if fresh && !busy {
            self.common.counts.trip();
        }
        drop(state);
        self.common.wake.notify_one();
    }

    /// The data of a request could not be read here: that is its outcome, whatever the host says.
    pub fn fault(&self, id: u64, text: String) {
        if let Some(pending) = self.state().pending.iter_mut().find(|p| p.id == id) {
            pending.fault = Some(text);
        }
    }

    /// Whether nothing is owed.
    pub fn is_empty(&self) -> bool {
        self.state().pending.is_empty()
    }

    /// Returns when nothing is owed.
    pub async fn drained(&self) {
        loop {
            let settled = self.settled.notified();
            let mut settled = std::pin::pin!(settled);
            settled.as_mut().enable();
            if self.is_empty() {
                return;
            }
            settled.await;
        }
    }

    /// Returns when more may be read.
    pub async fn room(&self) {
        self.common.limits.budget.room(&self.common.mine).await;
    }

    /// Returns when the reader should look again.
    pub async fn woken(&self) {
        self.common.wake.notified().await;
    }

    /// Takes a piece of stdout. Bytes that somebody else takes come back with where they go; an error
    /// means that the stream is not what we asked for.
    pub fn take_out(&self, piece: Piece) -> Result<Option<(mpsc::Sender<Bytes>, Bytes)>, String> {
        let mut state = self.state();
        match piece {
            Piece::Bytes(bytes) => Ok(state.out_bytes(bytes, self.common.limits.answer)),
            Piece::Mark(mark) => {
                state.out_mark(mark)?;
                self.settle(state);
                Ok(None)
            }
        }
    }

    /// Takes a piece of stderr.
    pub fn take_err(&self, piece: Piece) {
        let mut state = self.state();
        match piece {
            Piece::Bytes(bytes) => {
                let room = self.common.limits.answer.saturating_sub(state.errors.len());
                state.errors.extend_from_slice(&bytes[..bytes.len().min(room)]);
            }
            Piece::Mark(mark) => {
                let text = state.errors.split();
                if let Some(pending) = state.pending.iter_mut().find(|p| p.id == mark.id) {
                    pending.err = text;
                    pending.errors_done = true;
                }
                self.settle(state);
            }
        }
    }

    /// Hands over what is complete, in order.
    fn settle(&self, mut state: MutexGuard<'_, State>) {
        let mut done = Vec::new();
        while state.pending.front().is_some_and(|p| p.mark.is_some() && p.errors_done) {
            let Some(pending) = state.pending.pop_front() else { break };
            state.front_since = Instant::now();
            done.extend(state.finish(pending, &self.common));
        }
        drop(state);
        for (request, outcome) in done {
            deliver(request, outcome);
        }
        self.settled.notify_waiters();
    }

    /// When the first request's time is over.
    pub fn deadline(&self) -> Option<Instant> {
        let state = self.state();
        let front = state.pending.front()?;
        if let Some(stopped) = front.stopped {
            return Some(stopped + GRACE);
        }
        if front.request.is_cancelled() {
            return Some(Instant::now());
        }
        let limit = front.request.limit?;
        Some(front.written?.max(state.front_since) + limit)
    }

    /// The first request's time is over.
    pub fn expire(&self) -> Expired {
        let mut state = self.state();
        if let Some(front) = state.pending.front_mut()
            && front.request.kind == Kind::User
            && front.stopped.is_none()
        {
            front.stopped = Some(Instant::now());
            return Expired::Stop;
        }
        let front = state.pending.pop_front();
        drop(state);
        if let Some(pending) = front {
            let error = timeout_of(&pending.request);
            deliver(pending.request, Err(error));
        }
        Expired::Stuck
    }

    /// The shell is gone: pure requests come back to be sent again, the others are answered. Only the
    /// first one may have ended the shell: it is sent once more, not for ever.
    pub fn lost(&self) -> VecDeque<Request> {
        let pending = std::mem::take(&mut self.state().pending);
        let mut again = VecDeque::new();
        let mut first = true;
        for mut p in pending {
            if p.request.kind == Kind::Define {
                continue;
            }
            p.request.losses += u32::from(std::mem::take(&mut first));
            if p.request.pure && p.request.losses < 2 {
                // A common look may be what ended the shell: each looks for itself now.
                p.request.asks = None;
                again.push_back(p.request);
                continue;
            }
            let error = match p.fault.take() {
                Some(fault) => HostError::Local(fault),
                None if p.stopped.is_some() => timeout_of(&p.request),
                None => HostError::Lost(p.request.what.clone()),
            };
            deliver(p.request, Err(error));
        }
        self.settled.notify_waiters();
        again
    }
}

fn timeout_of(request: &Request) -> HostError {
    match request.limit {
        Some(limit) => HostError::Timeout(limit, request.what.clone()),
        None => HostError::Interrupted,
    }
}

fn deliver(request: Request, outcome: Outcome) {
    if let (Some(hook), Ok(reply)) = (request.hook, &outcome) {
        hook(reply);
    }
    // Nobody may wait any more.
    let _ = request.done.send(outcome);
}

impl State {
    fn out_bytes(&mut self, bytes: Bytes, cap: usize) -> Option<(mpsc::Sender<Bytes>, Bytes)> {
        if let Some(id) = self.tail {
            let pending = self.pending.iter_mut().find(|p| p.id == id)?;
            keep(&mut pending.err, &bytes, cap);
            return None;
        }
        let pending = self.pending.iter_mut().find(|p| p.mark.is_none())?;
        if let Some(stream) = &pending.request.stream {
            return Some((stream.clone(), bytes));
        }
        keep(&mut pending.out, &bytes, cap);
        None
    }

    fn out_mark(&mut self, mark: Mark) -> Result<(), String> {
        if let Some(id) = self.tail.take() {
            let pending = self.pending.iter_mut().find(|p| p.id == id);
            let pending = pending.filter(|_| id == mark.id).ok_or("marks out of order")?;
            pending.errors_done = true;
            return Ok(());
        }
        let pending = self.pending.iter_mut().find(|p| p.mark.is_none());
        let pending = pending.filter(|p| p.id == mark.id).ok_or("marks out of order")?;
        match mark.errors {
            Errors::None => pending.errors_done = true,
            Errors::Behind => self.tail = Some(mark.id),
            Errors::Apart => {}
        }
        pending.mark = Some(mark);
        Ok(())
    }

    fn finish(&mut self, mut pending: Pending, common: &Common) -> Option<(Request, Outcome)> {
        let code = pending.mark.as_ref().and_then(|m| m.code);
        if pending.request.kind == Kind::Define {
            self.remember_fault(&pending, code);
            return None;
        }
        let outcome = self.outcome(&mut pending, code, common);
        Some((pending.request, outcome))
    }

    fn remember_fault(&mut self, pending: &Pending, code: Option<i32>) {
        if code == Some(0) {
            return;
        }
        for function in &pending.request.needs {
            let text = String::from_utf8_lossy(&pending.err).trim().to_string();
            self.broken.insert(function.id, format!("script {} is broken: {text}", function.name));
        }
    }

    fn outcome(&self, pending: &mut Pending, code: Option<i32>, common: &Common) -> Outcome {
        let broken = pending.request.needs.iter().find_map(|f| self.broken.get(&f.id));
        if let Some(fault) = pending.fault.as_ref().or(broken) {
            return Err(HostError::Local(fault.clone()));
        }
        if pending.stopped.is_some() {
            return Err(timeout_of(&pending.request));
        }
        let cap = common.limits.answer;
        let (out, err) = (pending.out.len(), pending.err.len());
        if out > cap || err > cap {
            let what = &pending.request.what;
            return Err(HostError::Local(format!("the answer of {what} is over {cap} bytes")));
        }
        Ok(Reply {
            code,
            stdout: pending.out.split().freeze(),
            stderr: pending.err.split().freeze(),
            note: pending.mark.as_ref().map(|m| m.note.clone()).unwrap_or_default(),
            held: Some(Budget::hold(&common.limits.budget, out + err, &common.mine)),
        })
    }
}

/// One byte more than the cap is kept, to tell that there was more.
fn keep(held: &mut BytesMut, bytes: &[u8], cap: usize) {
    let room = (cap + 1).saturating_sub(held.len());
    held.extend_from_slice(&bytes[..bytes.len().min(room)]);
}
