//! A marked block in a text: what `blockinfile` does, without any file.

use super::lines::Edited;
use crate::base::regex::{Regex, Template, python};

/// What block a text should have.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// Its lines; None or empty: no block.
    pub block: Option<&'a str>,
    /// Line around it, with `{mark}`.
    pub marker: &'a str,
    /// What `{mark}` is at its beginning.
    pub begin: &'a str,
    /// What `{mark}` is at its end.
    pub end: &'a str,
    /// Where a new one goes: `EOF` or an expression.
    pub after: Option<&'a str>,
    /// The same: `BOF` or an expression.
    pub before: Option<&'a str>,
    /// Whether an empty line should be in front of it.
    pub prepend_newline: bool,
    /// Whether an empty line should be behind it.
    pub append_newline: bool,
    /// Whether it should be there: empty lines are only added then.
    pub present: bool,
}

/// The text with, or without, the block. `text` is None when there is no file.
///
/// # Errors
/// An expression that is none, in Python's words.
pub fn edit(text: Option<&str>, wish: &Wish<'_>) -> Result<Edited, String> {
    let place = wish.place()?;
    let block = wish.lines()?;
    let original = text.unwrap_or_default();
    let mut lines: Vec<String> = split_lines(original).into_iter().map(str::to_string).collect();
    let marks = (wish.mark(wish.begin)?, wish.mark(wish.end)?);
    let mut at = match old_block(&lines, &marks) {
        Some((first, last)) => {
            lines.drain(first..=last);
            first
        }
        None => wish.new_place(&lines, original, place.as_ref())?,
    };
    if at > 0 && !lines[at - 1].ends_with('\n') {
        lines[at - 1].push('\n');
    }
    if wish.prepend_newline && wish.present && at != 0 && lines[at - 1] != "\n" {
        lines.insert(at, "\n".to_string());
        at += 1;
    }
    let behind = at + block.len();
    let empty = block.is_empty();
    lines.splice(at..at, block);
    if wish.append_newline && wish.present && lines.get(behind).is_some_and(|line| line != "\n") {
        lines.insert(behind, "\n".to_string());
    }
    let result = lines.concat();
    let msg = match text {
        Some(before) if before == result => "",
        None => "File created",
        Some(_) if empty => "Block removed",
        Some(_) => "Block inserted",
    };
    let changed = !msg.is_empty();
    Ok(Edited { text: result, changed, msg: msg.to_string(), found: None })
}

impl Wish<'_> {
    /// The expression that a new block's place is found by.
    fn place(&self) -> Result<Option<Regex>, String> {
        match (self.after, self.before) {
            (Some(after), _) if after != "EOF" => python(after, "").map(Some),
            (_, Some(before)) if before != "BOF" => python(before, "").map(Some),
            _ => Ok(None),
        }
    }

    /// A marker line. The mark is a replacement text to Python: its escapes count.
    fn mark(&self, mark: &str) -> Result<String, String> {
        let regex = python("{mark}", "")?;
        let template = Template::of(mark, &regex)?;
        let (mut line, mut from) = (String::new(), 0);
        for found in regex.all(self.marker)? {
            line.push_str(&self.marker[from..found.start()]);
            template.fill(&found, &mut line);
            from = found.end();
        }
        line.push_str(&self.marker[from..]);
        line.push('\n');
        Ok(line)
    }

    /// The lines of the whole block, with its marks; none when there should be none.
    fn lines(&self) -> Result<Vec<String>, String> {
        let Some(block) = self.block.filter(|block| self.present && !block.is_empty()) else {
            return Ok(Vec::new());
        };
        let newline = if block.ends_with('\n') { "" } else { "\n" };
        let block = format!("{block}{newline}");
        let mut lines = vec![self.mark(self.begin)?];
        lines.extend(split_lines(&block).into_iter().map(str::to_string));
        lines.push(self.mark(self.end)?);
        Ok(lines)
    }

    /// In front of which line a new block goes.
    fn new_place(
        &self,
        lines: &[String],
        text: &str,
        place: Option<&Regex>,
    ) -> Result<usize, String> {
        let Some(place) = place else {
            return Ok(if self.before.is_some() { 0 } else { lines.len() });
        };
        let found = if place.is_multiline() {
            self.within(text, place)?
        } else {
            last_match(lines, place)?
        };
        let behind = usize::from(self.after.is_some());
        Ok(found.map_or(lines.len(), |at| (at + behind).min(lines.len())))
    }

    /// The line in which a match in the whole text ends (or begins, for `before`).
    fn within(&self, text: &str, place: &Regex) -> Result<Option<usize>, String> {
        let Some(found) = place.search(text)? else { return Ok(None) };
        let newlines = |to: usize| Some(text[..to].matches('\n').count());
        let given = |word: Option<&str>| word.is_some_and(|word| !word.is_empty());
        Ok(match (given(self.after), given(self.before)) {
            (true, _) => newlines(found.end()),
            (_, true) => newlines(found.start()),
            _ => None,
        })
    }
}

fn last_match(lines: &[String], place: &Regex) -> Result<Option<usize>, String> {
    let mut last = None;
    for (at, line) in lines.iter().enumerate() {
        if place.is_match(line)? {
            last = Some(at);
        }
    }
    Ok(last)
}

/// First and last line of the block that is there, its marks in either order.
fn old_block(lines: &[String], marks: &(String, String)) -> Option<(usize, usize)> {
    let begin = lines.iter().rposition(|line| *line == marks.0)?;
    let end = lines.iter().rposition(|line| *line == marks.1)?;
    Some((begin.min(end), begin.max(end)))
}

/// Python's `str.splitlines(True)`: it also ends lines where no editor would.
fn split_lines(text: &str) -> Vec<&str> {
    const ENDS: [char; 10] = [
        '\n', '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}',
        '\u{2029}',
    ];
    let mut lines = Vec::new();
    let mut from = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if !ENDS.contains(&c) {
            continue;
        }
        let mut end = at + c.len_utf8();
        if c == '\r' && chars.peek().is_some_and(|(_, next)| *next == '\n') {
            chars.next();
            end += 1;
        }
        lines.push(&text[from..end]);
        from = end;
    }
    if from < text.len() {
        lines.push(&text[from..]);
    }
    lines
}
