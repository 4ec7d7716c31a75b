//! Python's regular expressions, on top of fancy-regex.

mod replace;
mod translate;

pub use replace::Template;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A compiled expression.
#[derive(Clone)]
pub struct Regex {
    search: Arc<fancy_regex::Regex>,
    /// The same without empty matches: to go on behind an empty one. None: it has no other ones.
    filled: Option<Arc<fancy_regex::Regex>>,
    /// The same at the start of a text, and for a whole one: made when first asked for.
    start: Arc<OnceLock<fancy_regex::Regex>>,
    whole: Arc<OnceLock<fancy_regex::Regex>>,
    multiline: bool,
}

/// One match.
pub struct Found<'t>(fancy_regex::Captures<'t, str>);

impl<'t> Found<'t> {
    /// Where it begins, in bytes.
    pub fn start(&self) -> usize {
        self.0.get(0).map_or(0, |m| m.start())
    }

    /// Where it ends, in bytes.
    pub fn end(&self) -> usize {
        self.0.get(0).map_or(0, |m| m.end())
    }

    /// The text of a group; None when the group took no part or does not exist.
    pub fn group(&self, index: usize) -> Option<&'t str> {
        self.0.get(index).map(|m| m.as_str())
    }

    /// The text of a named group.
    pub fn named(&self, name: &str) -> Option<&'t str> {
        self.0.name(name).map(|m| m.as_str())
    }

    /// Where a named group is, in bytes.
    pub fn named_range(&self, name: &str) -> Option<std::ops::Range<usize>> {
        self.0.name(name).map(|m| m.range())
    }

    /// Groups there are, with the whole match.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no group at all; there is always one.
    pub fn is_empty(&self) -> bool {
        self.0.len() == 0
    }
}

/// Compiles an expression in Python's syntax; `flags` are letters of `i`, `m`, `s` and `x`.
///
/// # Errors
/// What is no expression.
pub fn python(pattern: &str, flags: &str) -> Result<Regex, String> {
    type Cache = Mutex<HashMap<(String, String), Regex>>;
    static CACHE: std::sync::LazyLock<Cache> = std::sync::LazyLock::new(Cache::default);
    const MOST: usize = 512;
    let key = (pattern.to_string(), flags.to_string());
    let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(regex) = cache.get(&key) {
        return Ok(regex.clone());
    }
    let regex = compile(pattern, flags)?;
    if cache.len() >= MOST {
        cache.clear();
    }
    cache.insert(key, regex.clone());
    Ok(regex)
}

fn compile(pattern: &str, flags: &str) -> Result<Regex, String> {
    let multiline = flags.contains('m');
    let global = multiline || translate::is_multiline(pattern);
    let translated = translate::translate(pattern, multiline)?;
    let text = match flags {
        "" => translated,
        flags => format!("(?{flags}){translated}"),
    };
    let build = |filled: bool| {
        let mut builder = fancy_regex::RegexBuilder::new(&text);
        builder.find_not_empty(filled).build().map(Arc::new)
    };
    let search = build(false).map_err(|e| e.to_string())?;
    // What compiles one way and not the other matches nothing but the empty text.
    let filled = build(true).ok();
    Ok(Regex { search, filled, start: Arc::default(), whole: Arc::default(), multiline: global })
}

impl Regex {
    /// The first match at or behind a byte position.
    pub fn find_at<'t>(&self, text: &'t str, at: usize) -> Result<Option<Found<'t>>, String> {
        let found = self.search.captures_from_pos(text, at);
        found.map(|found| found.map(Found)).map_err(|e| e.to_string())
    }

    /// Whether it matches anywhere; cheaper than a search.
    pub fn is_match(&self, text: &str) -> Result<bool, String> {
        self.search.is_match(text).map_err(|e| e.to_string())
    }

    /// The first match.
    pub fn search<'t>(&self, text: &'t str) -> Result<Option<Found<'t>>, String> {
        self.find_at(text, 0)
    }

    /// A match that begins where the text begins.
    pub fn match_at_start<'t>(&self, text: &'t str) -> Result<Option<Found<'t>>, String> {
        self.anchored(&self.start, "", text)
    }

    /// A match of the whole text.
    pub fn match_whole<'t>(&self, text: &'t str) -> Result<Option<Found<'t>>, String> {
        self.anchored(&self.whole, r"\z", text)
    }

    fn anchored<'t>(
        &self,
        made: &OnceLock<fancy_regex::Regex>,
        end: &str,
        text: &'t str,
    ) -> Result<Option<Found<'t>>, String> {
        let regex = match made.get() {
            Some(regex) => regex,
            None => {
                let pattern = format!(r"\A(?:{}){end}", self.search.as_str());
                let regex = fancy_regex::Regex::new(&pattern).map_err(|e| e.to_string())?;
                made.get_or_init(|| regex)
            }
        };
        regex.captures(text).map(|found| found.map(Found)).map_err(|e| e.to_string())
    }

    /// All matches as Python's `finditer` gives them: behind a match an empty one may follow at
    /// once, behind an empty one only one that is longer or later.
    pub fn all<'t>(&self, text: &'t str) -> Result<Vec<Found<'t>>, String> {
        let mut all: Vec<Found> = Vec::new();
        let mut at = 0;
        let mut after_empty = false;
        while at <= text.len() {
            let found =
                if after_empty { self.behind_empty(text, at)? } else { self.find_at(text, at)? };
            let Some(found) = found else { break };
            at = found.end();
            after_empty = found.start() == found.end();
            all.push(found);
        }
        Ok(all)
    }

    fn behind_empty<'t>(&self, text: &'t str, at: usize) -> Result<Option<Found<'t>>, String> {
        let filled = self.filled.as_ref().map(|regex| regex.captures_from_pos(text, at));
        let filled = filled.transpose().map_err(|e| e.to_string())?.flatten();
        let here = filled.map(Found).filter(|found| found.start() == at);
        let Some(width) = text[at..].chars().next().map(char::len_utf8) else { return Ok(here) };
        match here {
            Some(found) => Ok(Some(found)),
            None => self.find_at(text, at + width),
        }
    }

    /// Whether it was compiled with, or begins with, the flag `m` (`re.MULTILINE` in its `flags`).
    pub fn is_multiline(&self) -> bool {
        self.multiline
    }

    /// Groups without the whole match.
    pub fn groups(&self) -> usize {
        self.search.captures_len() - 1
    }

    /// Whether a group of this name exists.
    pub fn has_group(&self, name: &str) -> bool {
        self.search.capture_names().flatten().any(|known| known == name)
    }
}

#[cfg(test)]
mod tests;
