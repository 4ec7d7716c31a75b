//! A file of shell assignments: which there are, and how one is changed without touching the rest.

use super::word::{self, Word};
use std::collections::HashMap;

/// A file as it was read.
#[derive(Clone, Debug, Default)]
pub struct Conf {
    text: Vec<u8>,
    found: Vec<Assignment>,
}

/// One assignment.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Assignment {
    name: String,
    /// Where the word `NAME=value` begins and ends.
    start: usize,
    end: usize,
    /// Its value; None: the shell computes it.
    value: Option<String>,
    /// Whether it counts only under a condition.
    conditional: bool,
}

/// Where a reading is.
#[derive(Default)]
struct Reading {
    /// Whether a command begins here.
    begins: bool,
    /// How many conditions and loops are open.
    depth: usize,
    /// How many of them are `case`: their patterns end in `)`.
    cases: usize,
    /// Whether what follows `&&`, `||` or `|` is read.
    joined: bool,
    /// Assignments of the command that is read; they count if no program follows them.
    pending: Vec<Assignment>,
    known: HashMap<String, Option<String>>,
    found: Vec<Assignment>,
}

impl Conf {
    /// Reads a file.
    ///
    /// # Errors
    /// What the shell would not read either, and here-documents.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let mut reading = Reading { begins: true, ..Reading::default() };
        let mut at = 0;
        while at < text.len() {
            at = reading.step(text, at)?;
        }
        reading.end();
        Ok(Self { text: text.to_vec(), found: reading.found })
    }

    /// A variable's value; None: it is not set, `Some(None)`: only the shell can tell.
    pub fn value(&self, name: &str) -> Option<Option<String>> {
        let mut named = self.found.iter().filter(|one| one.name == name);
        let last = named.next_back()?;
        Some(last.value.clone().filter(|_| !last.conditional))
    }

    /// The text with this value: the last assignment is rewritten, or one is added.
    pub fn set(&self, name: &str, value: &str) -> Vec<u8> {
        let line = format!("{name}={}", word::quoted(value));
        let last = self.found.iter().rfind(|one| one.name == name);
        let mut text = self.text.clone();
        // One under a condition would not always count.
        if let Some(old) = last.filter(|one| !one.conditional) {
            text.splice(old.start..old.end, line.into_bytes());
            return text;
        }
        if text.last().is_some_and(|last| *last != b'\n') {
            text.push(b'\n');
        }
        text.extend(line.into_bytes());
        text.push(b'\n');
        text
    }

    /// The text without any assignment of this name.
    ///
    /// # Errors
    /// One stands under a condition: what would be left may be no shell.
    pub fn remove(&self, name: &str) -> Result<Vec<u8>, String> {
        let mut text = self.text.clone();
        for old in self.found.iter().rev().filter(|one| one.name == name) {
            if old.conditional {
                return Err(format!("{name} is set under a condition; it must be removed by hand"));
            }
            let (start, end) = self.around(old);
            text.drain(start..end);
        }
        Ok(text)
    }

    /// What goes with an assignment: its line, if nothing else is on it.
    fn around(&self, old: &Assignment) -> (usize, usize) {
        let before = &self.text[..old.start];
        let line = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let head = self.text[line..old.start].trim_ascii();
        let rest = &self.text[old.end..];
        let stop = rest.iter().position(|byte| *byte == b'\n');
        let tail = rest[..stop.unwrap_or(rest.len())].trim_ascii_start();
        let alone = (head.is_empty() || head == b"export") && (tail.is_empty() || tail[0] == b'#');
        if alone {
            return (line, stop.map_or(self.text.len(), |stop| old.end + stop + 1));
        }
        let skip = |byte: &u8| matches!(byte, b' ' | b'\t');
        let mut end = old.end + rest.iter().take_while(|byte| skip(byte)).count();
        if self.text.get(end) == Some(&b';') {
            end += 1;
            end += self.text[end..].iter().take_while(|byte| skip(byte)).count();
        }
        (old.start, end)
    }
}

impl Reading {
    /// Reads what begins here; tells where the next begins.
    fn step(&mut self, text: &[u8], at: usize) -> Result<usize, String> {
        match text[at] {
            b' ' | b'\t' | b'\r' => Ok(at + 1),
            b'\\' if text.get(at + 1) == Some(&b'\n') => Ok(at + 2),
            b'#' => {
                let rest = text[at..].iter().position(|byte| *byte == b'\n');
                Ok(rest.map_or(text.len(), |rest| at + rest))
            }
            b'\n' | b';' => {
                self.end();
                self.joined = false;
                Ok(at + 1)
            }
            b'&' | b'|' => {
                self.end();
                self.joined = true;
                Ok(at + 1)
            }
            b'<' if text.get(at + 1) == Some(&b'<') => {
                Err("here-documents cannot be read".to_string())
            }
            b'<' | b'>' => Ok(at + 1),
            b'(' | b')' => {
                self.end();
                self.paren(text[at] == b'(');
                Ok(at + 1)
            }
            _ => self.word(text, at),
        }
    }

    fn paren(&mut self, opens: bool) {
        match (self.cases, opens) {
            (0, true) => self.depth += 1,
            (0, false) => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }

    /// A command ends here.
    fn end(&mut self) {
        for one in self.pending.drain(..) {
            self.known.insert(one.name.clone(), one.value.clone().filter(|_| !one.conditional));
            self.found.push(one);
        }
        self.begins = true;
    }

    fn word(&mut self, text: &[u8], at: usize) -> Result<usize, String> {
        let word = Word::read(text, at, &self.known)?;
        let end = word.end;
        if !self.begins {
            return Ok(end);
        }
        if let Some((name, value)) = word.assignment() {
            let conditional = self.depth > 0 || self.joined;
            self.pending.push(Assignment { name, start: at, end, value, conditional });
            return Ok(end);
        }
        self.command(&text[at..end]);
        Ok(end)
    }

    /// A word that is no assignment where a command begins.
    fn command(&mut self, word: &[u8]) {
        match word {
            b"if" | b"while" | b"until" | b"{" => self.depth += 1,
            b"fi" | b"done" | b"}" => self.depth = self.depth.saturating_sub(1),
            b"then" | b"do" | b"else" | b"elif" | b"!" | b"export" | b"readonly" => {}
            b"for" => {
                self.depth += 1;
                self.begins = false;
            }
            b"case" => {
                self.depth += 1;
                self.cases += 1;
                self.begins = false;
            }
            b"esac" => {
                self.depth = self.depth.saturating_sub(1);
                self.cases = self.cases.saturating_sub(1);
            }
            _ => {
                // What stood before a program is in its environment only.
                self.pending.clear();
                self.begins = false;
            }
        }
    }
}
