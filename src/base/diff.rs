//! Unified diffs as Ansible's default output shows them.
//!
//! Lines are matched as Python's difflib matches them, so that the text is the one Ansible prints.

use super::value::{Layout, to_json};
use super::{Kind, Value};
use similar::{DiffOp, group_diff_ops};
use std::collections::HashMap;

/// Lines around a change.
pub const CONTEXT: usize = 3;

/// From so many lines on, those that make up more than a hundredth of the text do not begin a match.
const LONG: usize = 200;

/// The pieces of a module's `diff` (a dict or a list of them) in order, each with its final newline;
/// a piece may hold two lines (the last one and the note on its newline). Those that begin with `+`,
/// `-` or `@@` are coloured as a whole. Empty when nothing differs.
pub fn render(diff: &Value, context: usize) -> Vec<String> {
    match &diff.kind {
        Kind::List(items) | Kind::Tuple(items) => {
            items.iter().flat_map(|item| render_one(item, context)).collect()
        }
        _ => render_one(diff, context),
    }
}

fn render_one(diff: &Value, context: usize) -> Vec<String> {
    let mut pieces = skipped(diff);
    if let (Some(before), Some(after)) = (diff.get("before"), diff.get("after")) {
        let header = |side: &str| match diff.get(&format!("{side}_header")) {
            Some(header) => format!("{side}: {}", header.text()),
            None => side.to_string(),
        };
        let (from, to) = (header("before"), header("after"));
        let mut lines = unified(&content(before), &content(after), &from, &to, context);
        if !lines.is_empty() {
            lines.push("\n".to_string());
        }
        pieces.append(&mut lines);
    }
    if let Some(prepared) = diff.get("prepared") {
        pieces.push(prepared.text());
    }
    pieces
}

/// Why there is no diff of a file.
fn skipped(diff: &Value) -> Vec<String> {
    let reasons = [
        ("dst_binary", "destination file appears to be binary"),
        ("src_binary", "source file appears to be binary"),
        ("dst_larger", "destination file size is greater than "),
        ("src_larger", "source file size is greater than "),
    ];
    let given = reasons.iter().filter_map(|(key, reason)| Some((diff.get(key)?, key, reason)));
    given
        .map(|(value, key, reason)| {
            let limit = if key.ends_with("larger") { value.text() } else { String::new() };
            format!("diff skipped: {reason}{limit}\n")
        })
        .collect()
}

/// What is compared: text, or a dict as sorted indented JSON.
fn content(value: &Value) -> String {
    match &value.kind {
        Kind::Null => String::new(),
        Kind::Map(_) => {
            let layout = Layout { indent: Some(4), sort_keys: true, ensure_ascii: true };
            to_json(value, layout) + "\n"
        }
        _ => value.text(),
    }
}

/// The unified diff of two texts under these names; empty when they are equal.
pub fn unified(before: &str, after: &str, from: &str, to: &str, context: usize) -> Vec<String> {
    let (old, new) = (lines(before), lines(after));
    let hunks = group_diff_ops(operations(&old, &new), context);
    if hunks.is_empty() {
        return Vec::new();
    }
    let mut pieces = vec![format!("--- {from}\n"), format!("+++ {to}\n")];
    for hunk in hunks {
        let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else { continue };
        let span = |start: usize, end: usize| range(start, end - start);
        let removed = span(first.old_range().start, last.old_range().end);
        let added = span(first.new_range().start, last.new_range().end);
        pieces.push(format!("@@ -{removed} +{added} @@\n"));
        for operation in hunk {
            let mut push = |sign: char, lines: &[String]| {
                pieces.extend(lines.iter().map(|line| format!("{sign}{line}")));
            };
            if let DiffOp::Equal { .. } = operation {
                push(' ', &old[operation.old_range()]);
                continue;
            }
            push('-', &old[operation.old_range()]);
            push('+', &new[operation.new_range()]);
        }
    }
    pieces
}

fn range(start: usize, length: usize) -> String {
    match length {
        0 => format!("{start},0"),
        1 => (start + 1).to_string(),
        _ => format!("{},{length}", start + 1),
    }
}

/// The lines with their ends, as Python's splitlines sees them; the last one says if it has none.
fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        line.push(c);
        let inner = c == '\r' && letters.peek() == Some(&'\n');
        if ends_line(c) && !inner {
            lines.push(std::mem::take(&mut line));
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    if let Some(last) = lines.last_mut().filter(|last| !last.ends_with('\n')) {
        last.push_str("\n\\ No newline at end of file\n");
    }
    lines
}

fn ends_line(c: char) -> bool {
    matches!(c, '\n'..='\r' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// A run of equal lines: where it begins in both texts, and how long it is.
type Block = (usize, usize, usize);

/// What turns the old lines into the new ones.
fn operations(old: &[String], new: &[String]) -> Vec<DiffOp> {
    let (mut old_index, mut new_index) = (0, 0);
    let mut found = Vec::new();
    let end = (old.len(), new.len(), 0);
    for (old_at, new_at, len) in blocks(old, new).into_iter().chain([end]) {
        let (old_len, new_len) = (old_at - old_index, new_at - new_index);
        match (old_len, new_len) {
            (0, 0) => {}
            (_, 0) => found.push(DiffOp::Delete { old_index, old_len, new_index }),
            (0, _) => found.push(DiffOp::Insert { old_index, new_index, new_len }),
            _ => found.push(DiffOp::Replace { old_index, old_len, new_index, new_len }),
        }
        if len > 0 {
            found.push(DiffOp::Equal { old_index: old_at, new_index: new_at, len });
        }
        (old_index, new_index) = (old_at + len, new_at + len);
    }
    found
}

/// Equal runs in order: the longest first, then the same on both sides of it.
fn blocks(old: &[String], new: &[String]) -> Vec<Block> {
    let places = places(new);
    let mut found: Vec<Block> = Vec::new();
    let mut open = vec![(0, old.len(), 0, new.len())];
    while let Some((old_from, old_to, new_from, new_to)) = open.pop() {
        let block =
            Longest { old, new, places: &places, old_from, old_to, new_from, new_to }.find();
        let (old_at, new_at, len) = block;
        if len == 0 {
            continue;
        }
        found.push(block);
        if old_from < old_at && new_from < new_at {
            open.push((old_from, old_at, new_from, new_at));
        }
        if old_at + len < old_to && new_at + len < new_to {
            open.push((old_at + len, old_to, new_at + len, new_to));
        }
    }
    found.sort_unstable();
    joined(found)
}

/// Runs that touch each other are one.
fn joined(blocks: Vec<Block>) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    for (old_at, new_at, len) in blocks {
        match found.last_mut() {
            Some(last) if last.0 + last.2 == old_at && last.1 + last.2 == new_at => last.2 += len,
            _ => found.push((old_at, new_at, len)),
        }
    }
    found
}

/// Where each line stands, without those that are too frequent to begin a match with.
fn places(lines: &[String]) -> HashMap<&str, Vec<usize>> {
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, line) in lines.iter().enumerate() {
        places.entry(line).or_default().push(at);
    }
    if lines.len() >= LONG {
        let limit = lines.len() / 100 + 1;
        places.retain(|_, found| found.len() <= limit);
    }
    places
}

/// The search for the longest equal run within a window of both texts.
struct Longest<'a> {
    old: &'a [String],
    new: &'a [String],
    places: &'a HashMap<&'a str, Vec<usize>>,
    old_from: usize,
    old_to: usize,
    new_from: usize,
    new_to: usize,
}

impl Longest<'_> {
    /// The longest; of several the first in the old text, then the first in the new one.
    fn find(&self) -> Block {
        let (mut old_at, mut new_at, mut len) = self.among_rare_lines();
        while old_at > self.old_from
            && new_at > self.new_from
            && self.old[old_at - 1] == self.new[new_at - 1]
        {
            (old_at, new_at, len) = (old_at - 1, new_at - 1, len + 1);
        }
        while old_at + len < self.old_to
            && new_at + len < self.new_to
            && self.old[old_at + len] == self.new[new_at + len]
        {
            len += 1;
        }
        (old_at, new_at, len)
    }

    fn among_rare_lines(&self) -> Block {
        let mut best = (self.old_from, self.new_from, 0);
        // Length of the equal run that ends at this line of the new text.
        let mut before: HashMap<usize, usize> = HashMap::new();
        for old_at in self.old_from..self.old_to {
            let mut now = HashMap::new();
            let found = self.places.get(self.old[old_at].as_str());
            let inside = |at: &&usize| (self.new_from..self.new_to).contains(*at);
            for &new_at in found.into_iter().flatten().filter(inside) {
                let run = new_at.checked_sub(1).and_then(|at| before.get(&at)).copied();
                let len = run.unwrap_or(0) + 1;
                now.insert(new_at, len);
                if len > best.2 {
                    best = (old_at + 1 - len, new_at + 1 - len, len);
                }
            }
            before = now;
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::from_json;

    fn shown(diff: &str) -> String {
        render(&from_json(diff).unwrap(), CONTEXT).concat()
    }

    #[test]
    fn texts_as_ansible_shows_them() {
        let new = r#"{"before": "", "after": "one\ntwo\n", "after_header": "/tmp/x"}"#;
        assert_eq!(shown(new), "--- before\n+++ after: /tmp/x\n@@ -0,0 +1,2 @@\n+one\n+two\n\n");
        let changed = r#"{"before": "one\ntwo\nthree\n", "after": "one\n2\nthree"}"#;
        let text = "--- before\n+++ after\n@@ -1,3 +1,3 @@\n one\n-two\n-three\n+2\n+three\n\\ No newline at end of file\n\n";
        assert_eq!(shown(changed), text);
        let one = r#"{"before": null, "after": "a\n"}"#;
        assert_eq!(shown(one), "--- before\n+++ after\n@@ -0,0 +1 @@\n+a\n\n");
    }

    #[test]
    fn dicts_are_sorted_json() {
        let mode = r#"{"before": {"path": "/x", "mode": "0644"}, "after": {"path": "/x", "mode": "0600"}}"#;
        let text = "--- before\n+++ after\n@@ -1,4 +1,4 @@\n {\n-    \"mode\": \"0644\",\n+    \"mode\": \"0600\",\n     \"path\": \"/x\"\n }\n\n";
        assert_eq!(shown(mode), text);
    }

    #[test]
    fn equal_texts_show_nothing_and_prepared_shows_itself() {
        assert_eq!(shown(r#"{"before": "a", "after": "a"}"#), "");
        assert_eq!(shown(r#"[{"prepared": "x\n"}, {"prepared": "y"}]"#), "x\ny");
        let skipped = "diff skipped: destination file size is greater than 104448\ndiff skipped: source file appears to be binary\n";
        let mut pieces =
            render(&from_json(r#"{"dst_larger": 104448, "src_binary": 1}"#).unwrap(), 3);
        pieces.sort();
        assert_eq!(pieces.concat(), skipped);
    }

    #[test]
    fn far_changes_get_hunks_of_their_own() {
        let before: String = (1..=20).flat_map(|n: i32| [n.to_string(), "\n".into()]).collect();
        let after = before.replace("2\n3\n", "2\nx\n3\n").replace("19\n", "");
        let text = unified(&before, &after, "a", "b", CONTEXT).concat();
        assert_eq!(
            text,
            "--- a\n+++ b\n@@ -1,5 +1,6 @@\n 1\n 2\n+x\n 3\n 4\n 5\n@@ -16,5 +17,4 @@\n 16\n 17\n 18\n-19\n 20\n"
        );
    }

    /// Recorded from Python's difflib, which Ansible uses.
    #[test]
    fn lines_match_as_in_python() {
        let recorded = include_str!("../../tests/golden/diff.jsonl");
        assert_eq!(recorded.lines().count(), 84);
        for line in recorded.lines() {
            let case = from_json(line).unwrap();
            let field = |name: &str| case.get(name).unwrap().text();
            assert_eq!(unified(&field("b"), &field("a"), "x", "y", 3).concat(), field("t"));
        }
    }
}
