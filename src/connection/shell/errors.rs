//! The stderr of a long program: its lines, its last words, and what the shell above it says of its end.

use crate::spec::pipe::Lines;
use crate::spec::{BoxFuture, End, Ended};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Bytes that are kept.
const KEPT: usize = 64 << 10;
/// A longer line is told in parts.
const LINE: usize = 8 << 10;

/// What is known of a program by its stderr.
pub struct Errors {
    said: Arc<Mutex<Said>>,
    over: watch::Receiver<bool>,
    exit: Option<BoxFuture<'static, Option<i32>>>,
    task: JoinHandle<()>,
}

impl Drop for Errors {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What was said so far.
#[derive(Default)]
struct Said {
    kept: Vec<u8>,
    line: Vec<u8>,
    pid: Option<u32>,
    code: Option<i32>,
}

impl Errors {
    /// Reads until the program has ended. `sign` begins the lines of the shell above it.
    pub fn start(
        stream: Box<dyn AsyncRead + Send + Unpin>,
        exit: BoxFuture<'static, Option<i32>>,
        sign: String,
        lines: Option<Lines>,
    ) -> Self {
        let said = Arc::new(Mutex::new(Said::default()));
        let (tell, over) = watch::channel(false);
        let shared = Arc::clone(&said);
        let task = tokio::spawn(async move {
            hear(stream, &shared, &sign, lines.as_ref()).await;
            let _ = tell.send(true);
        });
        Self { said, over, exit: Some(exit), task }
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The process number of the shell above the program.
    pub fn pid(&self) -> Option<u32> {
        self.said().pid
    }

    /// The last words.
    pub fn text(&self) -> String {
        self.said().text()
    }

    /// Waits for the end. Once the channel knows of it, what is still said has `patience`.
    pub async fn ended(&mut self, patience: Duration) -> Ended {
        let mut over = self.over.clone();
        let heard = async move { drop(over.wait_for(|over| *over).await) };
        tokio::pin!(heard);
        if let Some(exit) = &mut self.exit {
            tokio::select! {
                () = &mut heard => {}
                _ = exit => {
                    self.exit = None;
                    let _ = tokio::time::timeout(patience, heard).await;
                }
            }
        } else {
            let _ = tokio::time::timeout(patience, heard).await;
        }
        let said = self.said();
        let end = said.code.map_or(End::Lost, End::of_status);
        Ended { end, stderr: said.text() }
    }
}

async fn hear(
    mut stream: Box<dyn AsyncRead + Send + Unpin>,
    said: &Mutex<Said>,
    sign: &str,
    lines: Option<&Lines>,
) {
    let mut buffer = vec![0; 16 << 10];
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        let mut told = Vec::new();
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        buffer[..count].iter().for_each(|byte| said.take(*byte, sign, &mut told));
        let over = said.code.is_some();
        drop(said);
        if let Some(lines) = lines {
            told.iter().for_each(|line| lines(line));
        }
        if over {
            return;
        }
    }
    let mut told = Vec::new();
    said.lock().unwrap_or_else(PoisonError::into_inner).end_line(sign, &mut told);
    if let Some(lines) = lines {
        told.iter().for_each(|line| lines(line));
    }
}

impl Said {
    fn take(&mut self, byte: u8, sign: &str, told: &mut Vec<String>) {
        match byte {
            // The host looks whether anybody is here.
            0 => {}
            b'\n' | b'\r' => self.end_line(sign, told),
            byte => {
                self.line.push(byte);
                if self.line.len() >= LINE + sign.len() {
                    self.part(LINE, told);
                }
            }
        }
    }

    fn end_line(&mut self, sign: &str, told: &mut Vec<String>) {
        let found = self.line.windows(sign.len()).position(|part| part == sign.as_bytes());
        let Some(at) = found else {
            if !self.line.is_empty() {
                self.part(self.line.len(), told);
            }
            return;
        };
        let text = String::from_utf8_lossy(&self.line[at + sign.len()..]).into_owned();
        let mut words = text.split_whitespace();
        match (words.next(), words.next().and_then(|number| number.parse().ok())) {
            (Some("pid"), Some(number)) => self.pid = u32::try_from(number).ok(),
            (Some("code"), number) => self.code = number,
            _ => {}
        }
        if at > 0 {
            self.part(at, told);
        }
        self.line.clear();
    }

    /// The first bytes of the line are the program's.
    fn part(&mut self, count: usize, told: &mut Vec<String>) {
        let part: Vec<u8> = self.line.drain(..count).collect();
        self.kept.extend_from_slice(&part);
        self.kept.push(b'\n');
        if self.kept.len() > 2 * KEPT {
            self.kept.drain(..self.kept.len() - KEPT);
        }
        told.push(String::from_utf8_lossy(&part).into_owned());
    }

    fn text(&self) -> String {
        let from = self.kept.len().saturating_sub(KEPT);
        String::from_utf8_lossy(&self.kept[from..]).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hear_all(bytes: &[u8]) -> (Said, Vec<String>) {
        let (mut said, mut told) = (Said::default(), Vec::new());
        bytes.iter().for_each(|byte| said.take(*byte, "SIGN", &mut told));
        (said, told)
    }

    #[test]
    fn lines_and_ends_are_told_apart() {
        let (said, told) =
            hear_all(b"\0SIGN pid 77\nfull send\0 of a\n10%\r20%\rnot\0 ended\0SIGN code 3\n");
        assert_eq!(told, ["full send of a", "10%", "20%", "not ended"]);
        assert_eq!((said.pid, said.code), (Some(77), Some(3)));
        assert_eq!(said.text(), "full send of a\n10%\n20%\nnot ended\n");
    }

    #[test]
    fn the_last_words_are_kept_and_no_more() {
        let mut bytes = vec![b'x'; 300_000];
        bytes.extend_from_slice(b"\nlast\n");
        let (said, told) = hear_all(&bytes);
        assert!(said.text().ends_with("x\nlast\n") && said.text().len() == KEPT);
        assert!(told.iter().all(|line| line.len() <= LINE) && told.len() == 38, "{}", told.len());
    }
}
