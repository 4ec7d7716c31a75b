//! What came of a stream.

use crate::spec::{End, Ended};

/// Which end was the first to be over before the stream was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// None: all that the producer wrote was taken.
    None,
    /// The producer's connection was lost.
    Producer,
    /// The consumer ended, or took no more.
    Consumer,
    /// The operator interrupted.
    Interrupted,
}

/// A stream that is over: both programs have ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relayed {
    /// Bytes handed over to the consumer.
    pub bytes: u64,
    /// The producer's end.
    pub from: Ended,
    /// The consumer's end.
    pub to: Ended,
    /// Why it stopped early.
    pub cut: Cut,
}

impl Relayed {
    /// Whether both programs ended well and the whole stream went over.
    pub fn is_ok(&self) -> bool {
        self.cut == Cut::None && self.from.is_ok() && self.to.is_ok()
    }

    /// Why it failed: the words of the end that is to blame. A producer that only saw the pipe break is not.
    pub fn cause(&self) -> Option<String> {
        match self.cut {
            _ if self.is_ok() => None,
            Cut::Interrupted => Some("interrupted".to_string()),
            Cut::Consumer if self.to.is_ok() => {
                Some("the receiver ended before the stream did".to_string())
            }
            Cut::Consumer => Some(words(&self.to)),
            _ if self.from.is_ok() || (broken(&self.from) && !self.to.is_ok()) => {
                Some(words(&self.to))
            }
            _ => Some(words(&self.from)),
        }
    }
}

/// Whether it ended because nobody took what it wrote.
fn broken(ended: &Ended) -> bool {
    const SIGPIPE: i32 = 13;
    ended.end == End::Signal(SIGPIPE) || ended.stderr.to_ascii_lowercase().contains("broken pipe")
}

fn words(ended: &Ended) -> String {
    let said = ended.stderr.trim();
    match ended.end {
        End::Lost if said.is_empty() => End::Lost.to_string(),
        End::Lost => format!("{}: {said}", End::Lost),
        end if said.is_empty() => end.to_string(),
        _ => said.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(end: End, stderr: &str) -> Ended {
        Ended { end, stderr: stderr.to_string() }
    }

    #[test]
    fn the_end_to_blame_is_named() {
        let (ok, full) = (ended(End::Code(0), ""), ended(End::Code(1), "out of space\n"));
        let cause = |cut, from: &Ended, to: &Ended| {
            Relayed { bytes: 1, from: from.clone(), to: to.clone(), cut }.cause()
        };
        let text = |text: &str| Some(text.to_string());
        assert_eq!(cause(Cut::None, &ok, &ok), None);
        let pipe = ended(End::Code(1), "warning: cannot send 'a': Broken pipe");
        assert_eq!(cause(Cut::None, &pipe, &full), text("out of space"));
        assert_eq!(cause(Cut::Consumer, &ended(End::Signal(13), ""), &full), text("out of space"));
        assert_eq!(cause(Cut::None, &ended(End::Code(2), "no such"), &full), text("no such"));
        assert_eq!(cause(Cut::None, &ended(End::Signal(9), ""), &ok), text("ended by signal 9"));
        assert_eq!(cause(Cut::None, &ok, &ended(End::Code(4), "")), text("exit code 4"));
        assert_eq!(cause(Cut::Producer, &ended(End::Lost, ""), &full), text("connection lost"));
        let early = text("the receiver ended before the stream did");
        assert_eq!(cause(Cut::Consumer, &ended(End::Signal(15), ""), &ok), early);
        assert_eq!(cause(Cut::Interrupted, &ok, &ok), text("interrupted"));
    }
}
