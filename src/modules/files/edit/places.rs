//! Places in a text that an expression finds: what `replace` does, without any file.

use super::lines::{Edited, universal};
use crate::base::regex::{Regex, Template, python};
use std::ops::Range;

/// What becomes what.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// The expression, with `^` and `$` at lines.
    pub regexp: &'a str,
    /// What its matches become; `\1` and `\g<name>` are groups.
    pub replace: &'a str,
    /// Only behind this expression.
    pub after: Option<&'a str>,
    /// Only in front of this expression.
    pub before: Option<&'a str>,
}

/// Why nothing could be replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// One of the expressions is none, in Python's words.
    Expression(String),
    /// The replacement is none, in Python's words.
    Replacement(String),
}

impl Wish<'_> {
    /// The part of the text that is looked at, as an expression; None: all of it.
    pub fn section(&self) -> Option<String> {
        let given = |word: Option<&str>| word.filter(|word| !word.is_empty()).map(str::to_string);
        match (given(self.after), given(self.before)) {
            (Some(after), Some(before)) => Some(format!("{after}(?P<subsection>.*?){before}")),
            (Some(after), None) => Some(format!("{after}(?P<subsection>.*)")),
            (None, Some(before)) => Some(format!("(?P<subsection>.*){before}")),
            (None, None) => None,
        }
    }
}

/// The text with the matches replaced.
///
/// # Errors
/// What is no expression or replacement.
pub fn edit(text: &str, wish: &Wish<'_>) -> Result<Edited, Fault> {
    let text = universal(text);
    let Some(range) = section(&text, wish)? else {
        let pattern = wish.section().unwrap_or_default();
        let msg =
            format!("Pattern for before/after params did not match the given file: {pattern}");
        return Ok(Edited { text, msg, ..Edited::default() });
    };
    let regex = python(wish.regexp, "m").map_err(Fault::Expression)?;
    let (part, count) = substitute(&regex, wish.replace, &text[range.clone()])?;
    if count == 0 || part == text[range.clone()] {
        return Ok(Edited { text, found: Some(count), ..Edited::default() });
    }
    let text = format!("{}{part}{}", &text[..range.start], &text[range.end..]);
    let msg = format!("{count} replacements made");
    Ok(Edited { text, changed: true, msg, found: Some(count) })
}

/// The part of the text that is looked at; None: there is none.
fn section(text: &str, wish: &Wish<'_>) -> Result<Option<Range<usize>>, Fault> {
    let Some(pattern) = wish.section() else { return Ok(Some(0..text.len())) };
    let regex = python(&pattern, "s").map_err(Fault::Expression)?;
    let found = regex.search(text).map_err(Fault::Expression)?;
    Ok(found.and_then(|found| found.named_range("subsection")))
}

/// Python's `subn`: the text and how many matches there were.
fn substitute(regex: &Regex, by: &str, text: &str) -> Result<(String, usize), Fault> {
    let template = Template::of(by, regex).map_err(Fault::Replacement)?;
    let all = regex.all(text).map_err(Fault::Expression)?;
    let (mut out, mut from) = (String::with_capacity(text.len()), 0);
    for found in &all {
        out.push_str(&text[from..found.start()]);
        template.fill(found, &mut out);
        from = found.end();
    }
    out.push_str(&text[from..]);
    Ok((out, all.len()))
}
