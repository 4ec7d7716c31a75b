//! A producer and a consumer that run as one program of one host.

use super::relayed::{Cut, Relayed};
use crate::spec::{BoxFuture, End, Ended, Host, HostError, Program};
use crate::zfs::legs::{self, Said};
use std::sync::Arc;

/// Bytes of each stderr that are kept.
const KEPT: usize = 64 << 10;

/// Runs both, each a text for the host's /bin/sh: `producer | consumer`. Each line of either's stderr is told as it
/// comes. With `counted` the bytes are known at the end. When `stop` is there, both are ended.
pub async fn pair(
    host: &Arc<dyn Host>,
    [producer, consumer]: [&str; 2],
    counted: bool,
    heard: &(dyn Fn(&Said) + Send + Sync),
    mut stop: BoxFuture<'_, ()>,
) -> Result<Relayed, HostError> {
    let text = legs::text(producer, consumer, counted);
    let mut pipe = host.pipe(&Program::producer("a stream within the host", text)).await?;
    let mut both = Both::default();
    let stopped = tokio::select! {
        () = both.listen(&mut *pipe.output, heard) => false,
        () = &mut stop => true,
    };
    let ended = if stopped { pipe.kill().await } else { pipe.running.wait().await };
    Ok(both.relayed(stopped, &ended))
}

#[derive(Default)]
struct Both {
    line: Vec<u8>,
    bytes: u64,
    words: [String; 2],
    codes: [Option<i32>; 2],
}

impl Both {
    async fn listen(
        &mut self,
        output: &mut dyn crate::spec::pipe::Source,
        heard: &(dyn Fn(&Said) + Send + Sync),
    ) {
        while let Ok(bytes) = output.read().await {
            if bytes.is_empty() {
                return;
            }
            for byte in bytes {
                self.take(byte, heard);
            }
        }
    }

    fn take(&mut self, byte: u8, heard: &(dyn Fn(&Said) + Send + Sync)) {
        if byte != b'\n' {
            self.line.push(byte);
            return;
        }
        let line = std::mem::take(&mut self.line);
        let Some(said) = legs::parse(&String::from_utf8_lossy(&line)) else { return };
        heard(&said);
        match said {
            Said::Producer(text) => self.keep(0, &text),
            Said::Consumer(text) => self.keep(1, &text),
            Said::ProducerEnded(code) => self.codes[0] = Some(code),
            Said::ConsumerEnded(code) => self.codes[1] = Some(code),
            Said::Bytes(bytes) => self.bytes = bytes,
        }
    }

    fn keep(&mut self, which: usize, text: &str) {
        let words = &mut self.words[which];
        words.push_str(text);
        words.push('\n');
        if words.len() > 2 * KEPT {
            let from = words.ceil_char_boundary(words.len() - KEPT);
            words.drain(..from);
        }
    }

    /// A part whose code never came was lost with the program, or ended with it.
    fn relayed(self, stopped: bool, whole: &Ended) -> Relayed {
        let without = if whole.is_ok() { End::Lost } else { whole.end };
        let [from, to] = self.codes.map(|code| code.map_or(without, End::of_status));
        let [mut said, heard] = self.words;
        said.push_str(&whole.stderr);
        let (from, to) = (Ended { end: from, stderr: said }, Ended { end: to, stderr: heard });
        const SIGPIPE: i32 = 13;
        let early = from.end == End::Signal(SIGPIPE);
        let cut = match (stopped, early) {
            (true, _) => Cut::Interrupted,
            (false, true) => Cut::Consumer,
            (false, false) => Cut::None,
        };
        Relayed { bytes: self.bytes, from, to, cut }
    }
}
