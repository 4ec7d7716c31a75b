//! Errors and warnings with the source line, a caret and their causes (S-187 to S-189).

use crate::base::{Diagnostic, Origin};
use std::fmt::Write as _;

/// Longest line of a source excerpt.
const WIDTH: usize = 120;

/// One part of a chain: messages that share a place.
struct Part<'a> {
    messages: Vec<&'a str>,
    origin: Option<&'a Origin>,
    hint: Option<&'a str>,
}

/// The text of an error or warning behind its prefix, such as `[ERROR]: `.
pub fn render(prefix: &str, error: &Diagnostic) -> String {
    let parts = parts(error);
    let mut text = format!("{prefix}{}", error.chain());
    if let [only] = parts.as_slice() {
        text.push_str(&place(only));
        return text;
    }
    text.push_str("\n\n");
    let last = parts.len() - 1;
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            text.push_str("<<< caused by >>>\n\n");
        }
        text.push_str(&sentence(part, index < last));
        text.push_str(&place(part));
        text.push_str(if part.origin.is_some() || part.hint.is_some() { "" } else { "\n" });
        if index < last {
            text.push('\n');
        }
    }
    text
}

fn parts(error: &Diagnostic) -> Vec<Part<'_>> {
    let mut parts: Vec<Part<'_>> = Vec::new();
    let mut next = Some(error);
    while let Some(one) = next {
        let origin = one.origin.as_ref();
        match parts.last_mut() {
            Some(last)
                if !one.apart
                    && one.hint.is_none()
                    && last.hint.is_none()
                    && (origin.is_none() || last.origin == origin) =>
            {
                last.messages.push(&one.message);
            }
            _ => {
                parts.push(Part { messages: vec![&one.message], origin, hint: one.hint.as_deref() })
            }
        }
        next = one.cause.as_deref();
    }
    parts
}

/// The messages of a part as one sentence; a full stop where a cause follows.
fn sentence(part: &Part<'_>, goes_on: bool) -> String {
    let last = part.messages.len() - 1;
    let trim = |(index, message): (usize, &&str)| {
        if index < last {
            message.trim_end_matches('.').to_string()
        } else {
            (*message).to_string()
        }
    };
    let mut text = part.messages.iter().enumerate().map(trim).collect::<Vec<_>>().join(": ");
    let own_cause = part.messages.len() > 1 && !is_heading(part.messages[last]);
    if goes_on && !own_cause && !text.ends_with('.') {
        text.push('.');
    }
    text
}

/// Messages that announce their cause.
fn is_heading(message: &str) -> bool {
    message.ends_with("failed") || message.starts_with("Error while")
}

/// Place, excerpt and hint behind a message.
fn place(part: &Part<'_>) -> String {
    let mut text = String::new();
    if let Some(origin) = part.origin {
        let _ = write!(text, "\nOrigin: {origin}\n");
        if let Some(excerpt) = excerpt(origin) {
            let _ = write!(text, "\n{excerpt}");
        }
    }
    if let Some(hint) = part.hint {
        text.push_str(if text.is_empty() { "\n\n" } else { "\n" });
        text.push_str(hint);
        text.push('\n');
    }
    text
}

/// The line, the two before it, and a caret.
fn excerpt(origin: &Origin) -> Option<String> {
    if let Some(text) = &origin.source.text {
        return Some(format!("{}\n", shortened(text)));
    }
    if !origin.source.is_file || origin.line == 0 {
        return None;
    }
    let bytes = std::fs::read(&origin.source.name).ok()?;
    let source = String::from_utf8_lossy(&bytes);
    let line = origin.line as usize;
    let lines: Vec<&str> = source.lines().collect();
    if line > lines.len() || source.starts_with("$ANSIBLE_VAULT") {
        return None;
    }
    let digits = line.to_string().len();
    let mut text = String::new();
    for number in line.saturating_sub(2).max(1)..=line {
        let shown = cut(&format!("{number:>digits$} {}", lines[number - 1]));
        let _ = writeln!(text, "{}", shown.trim_end());
    }
    if origin.column > 0 {
        let indent = digits + origin.column as usize;
        let _ = writeln!(text, "{}^ column {}", " ".repeat(indent), origin.column);
    }
    Some(text)
}

/// A text on one line, cut between words (Python's `textwrap.shorten`).
fn shortened(text: &str) -> String {
    const MORE: &str = " [...]";
    let words: Vec<&str> = text.split_whitespace().collect();
    let whole = words.join(" ");
    if whole.chars().count() <= WIDTH {
        return whole;
    }
    let mut shown = String::new();
    for word in words {
        let blank = usize::from(!shown.is_empty());
        let length = shown.chars().count() + blank + word.chars().count();
        if length + MORE.len() > WIDTH {
            break;
        }
        shown.push_str(&" ".repeat(blank));
        shown.push_str(word);
    }
    format!("{shown}{MORE}").trim_start().to_string()
}

fn cut(line: &str) -> String {
    if line.chars().count() <= WIDTH {
        return line.to_string();
    }
    let head: String = line.chars().take(WIDTH - 3).collect();
    head + "..."
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Source;

    #[test]
    fn parts_of_one_place_are_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p.yml");
        std::fs::write(&path, "a: 1\nb:\n  - c\n").unwrap();
        let source = Source::file(path.to_string_lossy());
        let at = Origin::new(&source, 3, 5);
        let error = Diagnostic::new("Task failed").at(Some(&at)).caused_by(
            Diagnostic::new("Action failed").at(Some(&at)).caused_by(Diagnostic::new("no")),
        );
        let name = path.display();
        assert_eq!(
            render("[ERROR]: ", &error),
            format!(
                "[ERROR]: Task failed: Action failed: no\nOrigin: {name}:3:5\n\n1 a: 1\n2 b:\n3   - c\n      ^ column 5\n"
            )
        );
    }
}
