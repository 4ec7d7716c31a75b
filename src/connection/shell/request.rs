//! One request to a shell, and how it looks on the wire.

use super::budget::Held;
use super::upload::Upload;
use crate::spec::{Answer, HostError, PathAsked};
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Longer texts are sent by length, since a shell's `read` takes one byte at a time.
pub const LONG_TEXT: usize = 3000;

/// How the shell treats a request's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Ours, in the shell itself.
    Plain,
    /// Ours, in a subshell with output files.
    Apart,
    /// A user's command, in such a subshell with what the login gave.
    User,
    /// Functions of ours.
    Define,
}

impl Kind {
    fn letter(self) -> char {
        match self {
            Self::Plain => 'P',
            Self::Apart => 'S',
            Self::User => 'X',
            Self::Define => 'D',
        }
    }
}

/// Functions that a request needs; sent once to each shell.
#[derive(Clone, Debug)]
pub struct Function {
    /// Number within this host.
    pub id: u32,
    /// Name for messages.
    pub name: Arc<str>,
    /// The definition.
    pub text: Arc<str>,
}

/// Data that follows a request's text. Never shown: it may be secret.
#[derive(Default)]
pub enum Data {
    /// None.
    #[default]
    None,
    /// In memory.
    Bytes(Bytes),
    /// A file's content.
    Upload(Upload),
    /// Made as it is sent; an error gives up.
    Stream(mpsc::Receiver<Result<Bytes, String>>),
}

/// What came back.
pub struct Reply {
    /// None: it was not tried, since its part had failed.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: Bytes,
    /// Standard error.
    pub stderr: Bytes,
    /// The function's further word.
    pub note: String,
    /// Its share of the budget.
    pub held: Option<Held>,
}

impl Reply {
    /// Codes of what the shell itself could not do.
    const REFUSED: i32 = 905;

    /// As an answer; what the shell could not even try is an error.
    pub fn answer(self) -> Result<Answer, HostError> {
        let rc = self.code.unwrap_or(Self::REFUSED);
        let answer = Answer { rc, stdout: self.stdout, stderr: self.stderr };
        if rc == Self::REFUSED {
            return Err(HostError::Local(answer.error_text().trim_end().to_string()));
        }
        Ok(answer)
    }
}

/// A reply or why there is none.
pub type Outcome = Result<Reply, HostError>;

/// Called with a reply before it is handed over.
pub type Hook = Box<dyn FnOnce(&Reply) + Send + Sync>;

/// One request.
pub struct Request {
    /// How its text is treated.
    pub kind: Kind,
    /// What the shell evaluates.
    pub text: String,
    /// What follows it.
    pub data: Data,
    /// Part of a plan, 0: none.
    pub part: u32,
    /// Functions that must be known before.
    pub needs: Vec<Function>,
    /// A path beside which it may leave a file when the shell is lost.
    pub target: Option<String>,
    /// Takes stdout instead of the reply.
    pub stream: Option<mpsc::Sender<Bytes>>,
    /// Whether it may be sent again after a lost shell.
    pub pure: bool,
    /// The paths that a light probe asks for; None: it is none.
    pub asks: Option<Vec<PathAsked>>,
    /// For messages: `connection lost during ...`.
    pub what: String,
    /// From the answer before it.
    pub limit: Option<Duration>,
    /// The caller no longer waits: a user's command is stopped.
    pub cancelled: Arc<AtomicBool>,
    /// Sent only if this reply has code 0; else it is the reply of this one too.
    pub gate: Option<oneshot::Receiver<Outcome>>,
    /// See [`Hook`].
    pub hook: Option<Hook>,
    /// Where the reply goes.
    pub done: oneshot::Sender<Outcome>,
    /// How often a shell was lost while it was the first one owed.
    pub losses: u32,
}

impl Request {
    /// A request and where its reply comes.
    pub fn new(kind: Kind, text: impl Into<String>, what: impl Into<String>) -> (Self, Waiting) {
        let (done, reply) = oneshot::channel();
        let what = what.into();
        let waiting = Waiting { reply, what: what.clone() };
        let request = Self {
            kind,
            text: text.into(),
            data: Data::None,
            part: 0,
            needs: Vec::new(),
            target: None,
            stream: None,
            pure: false,
            asks: None,
            what,
            limit: None,
            cancelled: Arc::new(AtomicBool::new(false)),
            gate: None,
            hook: None,
            done,
            losses: 0,
        };
        (request, waiting)
    }

    /// Its head line and text.
    pub fn head(&self, key: &str, id: u64) -> Vec<u8> {
        let has_data = u8::from(!matches!(self.data, Data::None));
        let (lines, body) = framed(&self.text);
        let letter = self.kind.letter();
        let mut head =
            format!("{key} {letter} {id} {lines} {has_data} {}\n", self.part).into_bytes();
        head.extend_from_slice(&body);
        head
    }

    /// Whether nobody waits for this user's command any more.
    pub fn is_cancelled(&self) -> bool {
        self.kind == Kind::User && self.cancelled.load(Ordering::Acquire)
    }
}

fn framed(text: &str) -> (String, Vec<u8>) {
    if text.len() > LONG_TEXT {
        return (format!("b{}", text.len()), format!("{text}\n").into_bytes());
    }
    let lines = text.matches('\n').count() + 1;
    (lines.to_string(), format!("{text}\n").into_bytes())
}

/// Where a reply comes.
pub struct Waiting {
    reply: oneshot::Receiver<Outcome>,
    what: String,
}

impl Waiting {
    /// The reply; its share of the budget is given back as it is taken.
    pub async fn reply(self) -> Outcome {
        let mut outcome = self.reply.await.unwrap_or(Err(HostError::Lost(self.what)));
        if let Ok(reply) = &mut outcome {
            reply.held = None;
        }
        outcome
    }

    /// The channel itself, for a gate.
    pub fn into_gate(self) -> oneshot::Receiver<Outcome> {
        self.reply
    }
}

/// Stops a user's command when it is dropped before the answer came.
pub struct StopOnDrop {
    cancelled: Option<Arc<AtomicBool>>,
    wake: Arc<tokio::sync::Notify>,
}

impl StopOnDrop {
    /// For this request; `wake` wakes the reader.
    pub fn new(request: &Request, wake: Arc<tokio::sync::Notify>) -> Self {
        Self { cancelled: Some(Arc::clone(&request.cancelled)), wake }
    }

    /// The answer came.
    pub fn disarm(&mut self) {
        self.cancelled = None;
    }
}

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        if let Some(cancelled) = self.cancelled.take() {
            cancelled.store(true, Ordering::Release);
            self.wake.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_framed_by_lines_or_bytes() {
        let (request, _waiting) = Request::new(Kind::Plain, "a 'b\nc'", "x");
        assert_eq!(request.head("k", 7), b"k P 7 2 0 0\na 'b\nc'\n");
        let (request, _waiting) = Request::new(Kind::User, "x".repeat(3001), "x");
        assert!(request.head("k", 8).starts_with(b"k X 8 b3001 0 0\nxxx"));
    }
}
