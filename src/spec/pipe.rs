//! A long program on a host whose stdin and stdout are streams of any size.

use super::host::{BoxFuture, HostError};
use bytes::Bytes;
use std::fmt;
use std::sync::Arc;

/// Takes each line of a program's stderr as it comes, without its end.
pub type Lines = Arc<dyn Fn(&str) + Send + Sync>;

/// A program to run on a channel of its own.
#[derive(Clone, Default)]
pub struct Program {
    /// What it is, for messages: `zfs send`.
    pub what: String,
    /// A text for the host's /bin/sh. It runs with `LC_ALL=C` and the administrator's directories in PATH.
    pub script: String,
    /// Its `$1`, `$2`, ...
    pub words: Vec<String>,
    /// Whether it reads its stdin. One that does not gets /dev/null, and closing its input ends it.
    pub input: bool,
    /// Told what it says on stderr.
    pub lines: Option<Lines>,
}

impl Program {
    /// A program that only writes.
    pub fn producer(what: impl Into<String>, script: impl Into<String>) -> Self {
        Self { what: what.into(), script: script.into(), ..Self::default() }
    }

    /// A program that reads its stdin until the end.
    pub fn consumer(what: impl Into<String>, script: impl Into<String>) -> Self {
        Self { input: true, ..Self::producer(what, script) }
    }

    /// The same with these words.
    #[must_use]
    pub fn words<S: Into<String>>(mut self, words: impl IntoIterator<Item = S>) -> Self {
        self.words = words.into_iter().map(Into::into).collect();
        self
    }

    /// The same, its stderr told line by line.
    #[must_use]
    pub fn lines(mut self, lines: Lines) -> Self {
        self.lines = Some(lines);
        self
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program")
            .field("what", &self.what)
            .field("script", &self.script)
            .field("words", &self.words)
            .field("input", &self.input)
            .finish_non_exhaustive()
    }
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With this code.
    Code(i32),
    /// By this signal, or with the code by which shells report it.
    Signal(i32),
    /// Nobody saw its end: the connection or the shell above it is gone.
    Lost,
}

impl End {
    /// What a shell's `$?` means.
    pub fn of_status(status: i32) -> Self {
        match status {
            129..=192 => Self::Signal(status - 128),
            code => Self::Code(code),
        }
    }

    /// Whether it ended well.
    pub fn is_ok(self) -> bool {
        self == Self::Code(0)
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit code {code}"),
            Self::Signal(number) => write!(f, "ended by signal {number}"),
            Self::Lost => f.write_str("connection lost"),
        }
    }
}

/// An ended program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// How.
    pub end: End,
    /// What it said on stderr, the last 64 KiB.
    pub stderr: String,
}

impl Ended {
    /// Whether it ended well.
    pub fn is_ok(&self) -> bool {
        self.end.is_ok()
    }
}

/// A program's stdout.
pub trait Source: Send {
    /// The next bytes; none at its end. The host waits while nobody asks. Dropping the future loses nothing.
    fn read(&mut self) -> BoxFuture<'_, Result<Bytes, HostError>>;
}

/// A program's stdin.
pub trait Sink: Send {
    /// Hands bytes over, and waits while the host takes no more. An error: nobody reads it any more.
    fn write(&mut self, bytes: Bytes) -> BoxFuture<'_, Result<(), HostError>>;
    /// Its end.
    fn close(&mut self) -> BoxFuture<'_, ()>;
}

/// A program that runs.
pub trait Running: Send {
    /// Waits for its end; may be called again.
    fn wait(&mut self) -> BoxFuture<'_, Ended>;
    /// Ends it with all that it started; its stdin is closed already. What it still writes is dropped.
    fn stop(self: Box<Self>, output: Box<dyn Source>) -> BoxFuture<'static, Ended>;
}

/// A running program with its streams. Dropping it ends the program within seconds.
pub struct Pipe {
    /// Its stdout.
    pub output: Box<dyn Source>,
    /// Its stdin.
    pub input: Box<dyn Sink>,
    /// Itself.
    pub running: Box<dyn Running>,
}

impl Pipe {
    /// Ends it now.
    pub fn kill(self) -> BoxFuture<'static, Ended> {
        let Self { output, mut input, running } = self;
        Box::pin(async move {
            input.close().await;
            drop(input);
            running.stop(output).await
        })
    }
}

impl fmt::Debug for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pipe")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_shells_name_signals() {
        assert_eq!(End::of_status(0), End::Code(0));
        assert_eq!(End::of_status(128), End::Code(128));
        assert_eq!(End::of_status(141).to_string(), "ended by signal 13");
        assert_eq!(End::of_status(255), End::Code(255));
    }
}
