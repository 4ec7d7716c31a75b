//! The filter `pprint`.

use super::bind::Bound;
use super::jinja;
use crate::base::{Kind, Value};
use crate::template::table::{Args, Env, Filter, Stop};

pub(super) const FILTERS: &[Filter] = &[jinja(
    "pprint",
    "Writes a value as Python would; long texts over several lines.",
    pprint,
    &[("{'b': 1, 'a': 'x'} | pprint", r#""{'b': 1, 'a': 'x'}""#)],
)];

const WIDTH: usize = 80;

/// Lists and dicts stay on one line: Ansible's own kinds of them are nothing that Python's pprint
/// would know how to break.
fn pprint(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    Bound::of("do_pprint", args, &[], 0)?;
    Ok(Value::from(match &value.kind {
        Kind::Str(text) if length(text) > WIDTH => broken(text),
        _ => value.repr(),
    }))
}

fn quoted(text: &str) -> String {
    Value::from(text).repr()
}

fn length(text: &str) -> usize {
    quoted(text).chars().count()
}

/// A long text in brackets, in pieces that end behind blanks or lines.
fn broken(text: &str) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut pieces = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        // The closing bracket takes one place of the last line.
        let last = usize::from(i + 1 == lines.len());
        if length(line) <= WIDTH - 1 - last {
            pieces.push(quoted(line));
        } else {
            cut(&mut pieces, line, last);
        }
    }
    match pieces.as_slice() {
        [only] => only.clone(),
        _ => format!("({})", pieces.join("\n ")),
    }
}

/// Cuts one line behind its blanks into pieces that fit.
fn cut(pieces: &mut Vec<String>, line: &str, last: usize) {
    let words = words(line);
    let mut piece = String::new();
    for (i, word) in words.iter().enumerate() {
        let room = WIDTH - 1 - if i + 1 == words.len() { last } else { 0 };
        let longer = format!("{piece}{word}");
        if !piece.is_empty() && length(&longer) > room {
            pieces.push(quoted(&piece));
            piece.clone_from(word);
        } else {
            piece = longer;
        }
    }
    if !piece.is_empty() {
        pieces.push(quoted(&piece));
    }
}

/// Words with the blanks behind them.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for c in line.chars() {
        let begins = words
            .last()
            .is_none_or(|word| word.ends_with(|c: char| c.is_whitespace()) && !c.is_whitespace());
        match words.last_mut() {
            Some(word) if !begins => word.push(c),
            _ => words.push(c.to_string()),
        }
    }
    words
}
