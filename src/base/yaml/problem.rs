//! What is wrong with a YAML text, in the words Ansible has for it.

use crate::base::{Diagnostic, Source};
use fancy_regex::Regex;
use std::sync::{Arc, LazyLock};

/// A problem before its line was looked at.
#[derive(Debug)]
pub(super) struct Problem {
    line: u32,
    column: u32,
    message: String,
    /// Whether the line may tell what the writer meant.
    guess: bool,
}

/// What the line says: column, message and an example of the cure.
type Guess = (u32, &'static str, Option<(&'static str, &'static str)>);

const TEMPLATE: (&str, &str) = ("{{ some_var }}", "\"{{ some_var }}\"");
const COLON: (&str, &str) = ("echo 'name: ansible'", "\"echo 'name: ansible'\"");
const HALF_QUOTED: (&str, &str) = ("\"foo\" in bar", "'\"foo\" in bar'");
const TWICE_QUOTED: (&str, &str) = ("\"foo\" in \"bar\"", "'\"foo\" in \"bar\"'");

impl Problem {
    /// One whose line is looked at for the usual mistakes.
    pub(super) fn at(line: u32, column: u32, message: impl Into<String>) -> Self {
        Self { line, column, message: message.into(), guess: true }
    }

    /// One that says all there is to say.
    pub(super) fn plain(line: u32, column: u32, message: impl Into<String>) -> Self {
        Self { guess: false, ..Self::at(line, column, message) }
    }

    /// As it is shown; a playbook that cannot be parsed ends Ansible with code 4.
    pub(super) fn diagnostic(self, text: &str, source: &Arc<Source>) -> Diagnostic {
        let line = text.lines().nth((self.line as usize).wrapping_sub(1)).unwrap_or_default();
        let guess = if self.guess { guess(line) } else { None };
        let (column, message, example) = match guess {
            Some((column, message, example)) => (column, message.to_string(), example),
            None => (self.column, sentence(&self.message), None),
        };
        let origin = crate::base::Origin::new(source, self.line, column);
        let error =
            Diagnostic::new(format!("YAML parsing failed: {message}")).at(Some(&origin)).code(4);
        match example {
            Some((bad, good)) => error
                .hint(format!("For example:\n\n    raw: {bad}\n\nShould be:\n\n    raw: {good}")),
            None => error,
        }
    }
}

fn sentence(message: &str) -> String {
    let words: Vec<&str> = message.split_whitespace().collect();
    let text = words.join(" ");
    let mut letters = text.chars();
    let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    let end = if text.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

/// The mistake that the line shows, by the order in which Ansible looks.
fn guess(line: &str) -> Option<Guess> {
    if let Some(tab) = line.find('\t') {
        return Some((column(line, tab), "Tabs are usually invalid in YAML.", None));
    }
    template(line).or_else(|| colon(line)).or_else(|| quotes(line))
}

fn column(line: &str, byte: usize) -> u32 {
    line[..byte].chars().count() as u32 + 1
}

/// A pattern that is compiled when the first error needs it.
type Pattern = LazyLock<Option<Regex>>;

static TEMPLATE_VALUE: Pattern =
    LazyLock::new(|| Regex::new(r"^\s*(?:-\s+)*(?:[\w\s]+:\s+)?(?P<value>\{\{.*}})").ok());
static ANY_VALUE: Pattern =
    LazyLock::new(|| Regex::new(r"^\s*(?:-\s+)*(?:[\w\s\[\]{}]+:\s+)?(?P<value>.*)$").ok());
static QUOTED_VALUE: Pattern =
    LazyLock::new(|| Regex::new(r#"^\s*(?:-\s+)*(?:[\w\s]+:\s+)?(?P<value>["'].*?\s*)$"#).ok());
static WHOLLY_QUOTED: Pattern =
    LazyLock::new(|| Regex::new(r#"^\s*(?P<value>'[^']*'|"[^"]*")\s*$"#).ok());

/// Start and text of the group `value`.
fn value<'a>(pattern: &Pattern, line: &'a str) -> Option<(usize, &'a str)> {
    let found = pattern.as_ref()?.captures(line).ok()??;
    let group = found.name("value")?;
    Some((group.start(), group.as_str()))
}

fn template(line: &str) -> Option<Guess> {
    let (start, _) = value(&TEMPLATE_VALUE, line)?;
    let message = "This may be an issue with missing quotes around a template block.";
    Some((column(line, start), message, Some(TEMPLATE)))
}

fn colon(line: &str) -> Option<Guess> {
    if line.trim_start().starts_with(':') {
        return None;
    }
    let (start, text) = value(&ANY_VALUE, line)?;
    if value(&WHOLLY_QUOTED, text).is_some() {
        return None;
    }
    let ends = text.ends_with(':').then(|| text.len() - 1);
    let at = text.find(": ").or(ends)?;
    let message = "Colons in unquoted values must be followed by a non-space character.";
    Some((column(line, start + at), message, Some(COLON)))
}

fn quotes(line: &str) -> Option<Guess> {
    let (start, text) = value(&QUOTED_VALUE, line)?;
    let first = text.chars().next()?;
    let column = column(line, start);
    if !text.ends_with(first) {
        let message = "Values starting with a quote must end with the same quote.";
        return Some((column, message, Some(HALF_QUOTED)));
    }
    let message =
        "Values starting with a quote must end with the same quote, and not contain that quote.";
    (line.matches(first).count() > 2).then_some((column, message, Some(TWICE_QUOTED)))
}
