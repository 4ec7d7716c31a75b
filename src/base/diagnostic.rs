//! One error as it is shown: message, place, hint and what caused it.
//!
//! Rooms have closed enums of their own where a caller decides by the case; at the edge they turn
//! into this. It is printed once, at the top, by `report`.

use super::Origin;
use std::fmt;

/// A message with its place, a hint and the chain of causes. No secret may be in any of its texts.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// What went wrong, in one sentence without final newline.
    pub message: String,
    /// Where in the operator's files.
    pub origin: Option<Origin>,
    /// What to do about it.
    pub hint: Option<String>,
    /// What led to it.
    pub cause: Option<Box<Diagnostic>>,
    /// Whether it is shown apart from what it led to, also without a place of its own.
    pub apart: bool,
    /// The exit code of the program if this ends it (Ansible's: 1 error, 4 parse error, 5 options).
    pub code: u8,
}

impl Diagnostic {
    /// An error that ends the program with code 1.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            origin: None,
            hint: None,
            cause: None,
            apart: false,
            code: 1,
        }
    }

    /// The same at a place.
    #[must_use]
    pub fn at(mut self, origin: Option<&Origin>) -> Self {
        self.origin = origin.cloned().or(self.origin);
        self
    }

    /// The same with advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same with what led to it.
    #[must_use]
    pub fn caused_by(mut self, cause: Diagnostic) -> Self {
        self.cause = Some(Box::new(cause));
        self
    }

    /// The same, shown apart from what it led to.
    #[must_use]
    pub fn apart(mut self) -> Self {
        self.apart = true;
        self
    }

    /// The same with another exit code.
    #[must_use]
    pub fn code(mut self, code: u8) -> Self {
        self.code = code;
        self
    }

    /// The message and those of its causes, joined by `: ` as Ansible's first line does.
    pub fn chain(&self) -> String {
        let mut text = self.message.clone();
        let mut next = self.cause.as_deref();
        while let Some(cause) = next {
            let bare = text.trim_end_matches('.').len();
            text.truncate(bare);
            text.push_str(": ");
            text.push_str(&cause.message);
            next = cause.cause.as_deref();
        }
        text
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.chain())
    }
}

impl std::error::Error for Diagnostic {}

/// The names nearest to `word`, best first, at most three: for "did you mean".
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let limit = word.chars().count() / 3 + 1;
    let mut found: Vec<(usize, &str)> = names
        .into_iter()
        .map(|name| (distance(word, name), name))
        .filter(|(d, _)| *d <= limit)
        .collect();
    found.sort();
    found.dedup();
    found.into_iter().take(3).map(|(_, name)| name).collect()
}

/// Edits (insert, delete, replace, swap of neighbours) that turn `a` into `b`.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replace = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chain_joins_messages_as_ansible_does() {
        let error = Diagnostic::new("Task failed.").caused_by(Diagnostic::new("'x' is undefined"));
        assert_eq!(error.chain(), "Task failed: 'x' is undefined");
    }

    #[test]
    fn nearest_finds_typos_and_swaps() {
        assert_eq!(nearest("tempalte", ["template", "copy"]), ["template"]);
        assert!(nearest("zzz", ["template", "copy"]).is_empty());
    }
}
