//! The marks that end answers, found in a stream of any bytes.

use bytes::{Buf, Bytes, BytesMut};

/// What begins a mark: no text begins with it by chance, and the nonce tells ours from all others.
pub const SIGN: u8 = 0x1e;
/// A mark line is never longer; a note holds at most a path.
const LONGEST: usize = 64 << 10;

/// The end of an answer: `SIGN nonce id code where note`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The request it answers.
    pub id: u64,
    /// Its code; None: it was not tried, since its part had failed.
    pub code: Option<i32>,
    /// Where stderr is.
    pub errors: Errors,
    /// A further word of the function, such as the name of a backup.
    pub note: String,
}

/// Where an answer's stderr is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errors {
    /// It is lost.
    None,
    /// On stdout, up to the same mark again.
    Behind,
    /// On stderr, up to the same mark.
    Apart,
}

/// A piece of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Bytes of an answer.
    Bytes(Bytes),
    /// The end of an answer.
    Mark(Mark),
}

/// Splits one stream at marks.
pub struct Splitter {
    start: Vec<u8>,
    held: BytesMut,
}

impl Splitter {
    /// For the marks of this nonce.
    pub fn new(nonce: &str) -> Self {
        let mut start = vec![SIGN];
        start.extend_from_slice(nonce.as_bytes());
        start.push(b' ');
        Self { start, held: BytesMut::new() }
    }

    /// Takes what came.
    pub fn push(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
    }

    /// The next piece; None: more is needed.
    pub fn next(&mut self) -> Option<Piece> {
        if self.held.is_empty() {
            return None;
        }
        match self.held.iter().position(|b| *b == SIGN) {
            None => Some(Piece::Bytes(self.held.split().freeze())),
            Some(0) => self.at_sign(),
            Some(at) => Some(Piece::Bytes(self.held.split_to(at).freeze())),
        }
    }

    /// The first byte may begin a mark.
    fn at_sign(&mut self) -> Option<Piece> {
        let known = self.start.len().min(self.held.len());
        if self.held[..known] != self.start[..known] {
            return Some(self.not_a_mark());
        }
        let Some(end) = self.held.iter().position(|b| *b == b'\n') else {
            return (self.held.len() > LONGEST).then(|| self.not_a_mark());
        };
        let line = self.held.get(self.start.len()..end).unwrap_or_default();
        let Some(mark) = Mark::parse(&String::from_utf8_lossy(line)) else {
            return Some(self.not_a_mark());
        };
        self.held.advance(end + 1);
        Some(Piece::Mark(mark))
    }

    fn not_a_mark(&mut self) -> Piece {
        Piece::Bytes(self.held.split_to(1).freeze())
    }
}

impl Mark {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.splitn(4, ' ');
        let id = words.next()?.parse().ok()?;
        let code = match words.next()? {
            "-" => None,
            code => Some(code.parse().ok()?),
        };
        let errors = match words.next()? {
            "0" => Errors::None,
            "1" => Errors::Behind,
            "2" => Errors::Apart,
            _ => return None,
        };
        Some(Self { id, code, errors, note: words.next().unwrap_or_default().to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(input: &[u8], step: usize) -> (Vec<u8>, Vec<Mark>) {
        let mut splitter = Splitter::new("abc");
        let (mut bytes, mut marks) = (Vec::new(), Vec::new());
        for chunk in input.chunks(step) {
            splitter.push(chunk);
            while let Some(piece) = splitter.next() {
                match piece {
                    Piece::Bytes(b) => bytes.extend_from_slice(&b),
                    Piece::Mark(m) => marks.push(m),
                }
            }
        }
        (bytes, marks)
    }

    #[test]
    fn finds_marks_wherever_the_stream_is_cut() {
        let input = b"a\x1eb\x1eabd 1 0 1 \nc\x1eabc 7 0 2 x y\n\x1eabc 8 - 1 \nd";
        for step in 1..input.len() {
            let (bytes, marks) = pieces(input, step);
            assert_eq!(bytes, b"a\x1eb\x1eabd 1 0 1 \ncd", "step {step}");
            let first = Mark { id: 7, code: Some(0), errors: Errors::Apart, note: "x y".into() };
            let second = Mark { id: 8, code: None, errors: Errors::Behind, note: String::new() };
            assert_eq!(marks, [first, second]);
        }
    }

    #[test]
    fn what_only_looks_like_a_mark_is_text() {
        let input = b"\x1eabc x 0 1 \n\x1eabc 1 0 9 \n";
        assert_eq!(pieces(input, 5), (input.to_vec(), Vec::new()));
    }
}
