//! Patterns that select hosts (S-153 to S-155), and limits.

use super::address;
use super::data::{Inventory, LOCALHOST};
use super::glob::Glob;
use super::notice::Notices;
use super::rules::Mismatch;
use crate::base::Diagnostic;
use fancy_regex::Regex;
use indexmap::IndexSet;
use std::path::Path;
use std::sync::Arc;

/// A `--limit`: hosts that a run may touch, whatever the patterns of its plays select.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limit {
    terms: Vec<String>,
}

impl Limit {
    /// Reads a limit; `@file` stands for the lines of a file, relative to `cwd`.
    pub fn parse(text: &str, cwd: &Path) -> Result<Self, Diagnostic> {
        let mut terms = Vec::new();
        for term in split(text) {
            match term.strip_prefix('@') {
                None => terms.push(term),
                Some(file) => terms.extend(lines_of(file, cwd)?),
            }
        }
        Ok(Self { terms })
    }
}

fn lines_of(file: &str, cwd: &Path) -> Result<Vec<String>, Diagnostic> {
    let path = cwd.join(file);
    if !path.exists() {
        return Err(Diagnostic::new(format!("Unable to find limit file b'{file}'")));
    }
    if !path.is_file() {
        let text = format!("Limit starting with \"@\" must be a file, not a directory: b'{file}'");
        return Err(Diagnostic::new(text));
    }
    let text = std::fs::read_to_string(&path).map_err(|error| {
        Diagnostic::new(format!("Unable to read limit file {}: {error}", path.display()))
    })?;
    let lines = text.split('\n').map(str::trim).filter(|line| !line.is_empty());
    Ok(lines.map(str::to_string).collect())
}

/// The single terms of a pattern: parts between commas; without commas, parts between colons unless
/// the whole is one host name with a range, a port or an IPv6 address.
pub fn split(pattern: &str) -> Vec<String> {
    let trimmed = |parts: Vec<&str>| -> Vec<String> {
        let parts = parts.into_iter().map(str::trim).filter(|part| !part.is_empty());
        parts.map(str::to_string).collect()
    };
    if pattern.contains(',') {
        return trimmed(pattern.split(',').collect());
    }
    if address::parse(pattern).is_some() {
        return trimmed(vec![pattern]);
    }
    let mut parts = Vec::new();
    let mut rest = pattern;
    while !rest.is_empty() {
        let length = term_length(rest);
        parts.push(&rest[..length]);
        rest = &rest[length..];
        if length == 0 {
            let mut chars = rest.chars();
            chars.next();
            rest = chars.as_str();
        }
    }
    trimmed(parts)
}

/// Length of what a text starts with and no separator is in: brackets count as a whole.
fn term_length(text: &str) -> usize {
    let mut length = 0;
    while let Some(c) = text[length..].chars().next() {
        if c == '[' {
            let Some(end) = text[length..].find(']') else { break };
            length += end + 1;
        } else if c == ':' || c == ']' || c.is_whitespace() {
            break;
        } else {
            length += c.len_utf8();
        }
    }
    length
}

impl Inventory {
    /// The hosts that a pattern selects, each once: first all plain terms together, then `&` terms,
    /// then `!` terms, whatever order they were written in. Terms that select nothing give a warning.
    pub fn select(
        &self,
        pattern: &str,
        notices: &mut Notices,
    ) -> Result<Vec<Arc<str>>, Diagnostic> {
        self.select_limited(pattern, None, notices)
    }

    /// The same within a limit.
    pub fn select_limited(
        &self,
        pattern: &str,
        limit: Option<&Limit>,
        notices: &mut Notices,
    ) -> Result<Vec<Arc<str>>, Diagnostic> {
        let mut hosts = self.evaluate(&split(pattern), notices)?;
        if let Some(limit) = limit {
            let allowed = self.evaluate(&limit.terms, notices)?;
            hosts.retain(|host| allowed.contains(host));
        }
        Ok(hosts.into_iter().collect())
    }

    fn evaluate(
        &self,
        terms: &[String],
        notices: &mut Notices,
    ) -> Result<IndexSet<Arc<str>>, Diagnostic> {
        let of_kind = |sign: char| terms.iter().filter(move |term| term.starts_with(sign));
        let mut plain: Vec<&str> =
            terms.iter().map(String::as_str).filter(|t| !t.starts_with(['!', '&'])).collect();
        if plain.is_empty() {
            plain.push("all");
        }
        let mut hosts: IndexSet<Arc<str>> = IndexSet::new();
        for term in plain {
            hosts.extend(self.term(term, notices)?);
        }
        for term in of_kind('&') {
            let these: IndexSet<Arc<str>> = self.term(term, notices)?.into_iter().collect();
            hosts.retain(|host| these.contains(host));
        }
        for term in of_kind('!') {
            let these: IndexSet<Arc<str>> = self.term(term, notices)?.into_iter().collect();
            hosts.retain(|host| !these.contains(host));
        }
        Ok(hosts)
    }

    /// What one term selects; a host of exactly this name comes first, even over a group.
    fn term(&self, term: &str, notices: &mut Notices) -> Result<Vec<Arc<str>>, Diagnostic> {
        if let Some((name, _)) = self.hosts.get_key_value(term) {
            return Ok(vec![Arc::clone(name)]);
        }
        let term = term.strip_prefix(['!', '&']).unwrap_or(term);
        let Some((expression, subscript)) = subscript(term, notices) else {
            return self.matching(term, notices);
        };
        let hosts = self.matching(expression, notices)?;
        if hosts.is_empty() {
            return Ok(hosts);
        }
        subscript.apply(hosts).ok_or_else(|| {
            Diagnostic::new(format!("No hosts matched the subscripted pattern '{term}'"))
        })
    }

    fn matching(&self, text: &str, notices: &mut Notices) -> Result<Vec<Arc<str>>, Diagnostic> {
        let matcher = Matcher::new(text)?;
        let mut found: Vec<Arc<str>> = Vec::new();
        let mut groups = false;
        for name in self.groups.keys().filter(|name| matcher.matches(name)) {
            groups = true;
            found.extend(self.members(name).iter().cloned());
        }
        if !groups || text.starts_with('~') || text.contains(['.', '?', '*', '[']) {
            found.extend(self.hosts.keys().filter(|name| matcher.matches(name)).cloned());
        }
        if found.is_empty() && LOCALHOST.contains(&text) {
            found.extend(self.host(text).map(|host| Arc::clone(&host.name)));
        }
        if found.is_empty() && !groups && text != "all" {
            self.nothing_matched(text, notices)?;
        }
        Ok(found)
    }

    fn nothing_matched(&self, text: &str, notices: &mut Notices) -> Result<(), Diagnostic> {
        notices.unmatched(text);
        let message = format!("Could not match supplied host pattern, ignoring: {text}");
        match self.rules.mismatch {
            Mismatch::Warning => notices.warn(message),
            Mismatch::Error => return Err(Diagnostic::new(message)),
            Mismatch::Ignore => {}
        }
        Ok(())
    }
}

/// What names are compared with.
enum Matcher {
    Regex(Regex),
    Glob(Glob),
}

impl Matcher {
    fn new(text: &str) -> Result<Self, Diagnostic> {
        let Some(regex) = text.strip_prefix('~') else { return Ok(Self::Glob(Glob::new(text))) };
        Regex::new(&format!(r"\A(?:{regex})"))
            .map(Self::Regex)
            .map_err(|_| Diagnostic::new(format!("Invalid host list pattern: {text}")))
    }

    fn matches(&self, name: &str) -> bool {
        match self {
            Self::Regex(regex) => regex.is_match(name).unwrap_or(false),
            Self::Glob(glob) => glob.matches(name),
        }
    }
}

/// Which of the selected hosts a term keeps.
#[derive(Clone, Copy)]
enum Subscript {
    One(i64),
    /// From, to and with; None: to the end.
    Range(usize, Option<usize>),
}

/// The term without its subscript; None when it has none.
fn subscript<'a>(term: &'a str, notices: &mut Notices) -> Option<(&'a str, Subscript)> {
    if term.starts_with('~') {
        return None;
    }
    let inside = term.strip_suffix(']')?;
    let (expression, inside) = inside.rsplit_once('[').filter(|(before, _)| !before.is_empty())?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if digits(inside.strip_prefix('-').unwrap_or(inside)) {
        return Some((expression, Subscript::One(inside.parse().ok()?)));
    }
    let separator = inside.find([':', '-'])?;
    let (start, end) = (&inside[..separator], &inside[separator + 1..]);
    if !digits(start) || !(end.is_empty() || digits(end)) {
        return None;
    }
    if inside[separator..].starts_with('-') {
        notices.warn("Use [x:y] inclusive subscripts instead of [x-y] which has been removed");
    }
    let end = if end.is_empty() { None } else { Some(end.parse().ok()?) };
    Some((expression, Subscript::Range(start.parse().ok()?, end)))
}

impl Subscript {
    fn apply(self, hosts: Vec<Arc<str>>) -> Option<Vec<Arc<str>>> {
        let count = hosts.len();
        match self {
            Self::One(at) => {
                let at = if at < 0 { count as i64 + at } else { at };
                hosts.get(usize::try_from(at).ok()?).map(|host| vec![Arc::clone(host)])
            }
            // An end of 0 counts as none: only the first of the range stays.
            Self::Range(start, Some(0)) => hosts.get(start).map(|host| vec![Arc::clone(host)]),
            Self::Range(start, end) => {
                let taken = end.map_or(count, |end| end + 1).saturating_sub(start);
                Some(hosts.into_iter().skip(start).take(taken).collect())
            }
        }
    }
}
