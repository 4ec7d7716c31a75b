//! Options of a lookup, by keyword or as `name=value` inside a term.

use crate::base::{Key, Map, Value};
use crate::template::filters::bind::{int_of, text_of};
use crate::template::table::Stop;

/// The options of one call.
pub struct Options<'a> {
    lookup: &'a str,
    given: Map,
}

impl<'a> Options<'a> {
    /// The keywords of a call, all of which must be in `known`.
    pub fn of(lookup: &'a str, given: &Map, known: &[&str]) -> Result<Self, Stop> {
        for key in given.keys() {
            if !key.as_str().is_some_and(|name| known.contains(&name)) {
                let text = format!("the lookup {lookup} has no option '{key}'");
                return Err(Stop::fault(text));
            }
        }
        Ok(Self { lookup, given: given.clone() })
    }

    /// Sets an option that a term names.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.given.insert(Key::from(name), value.into());
    }

    /// The option; None when it is absent or Python's None.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.given.get(&Key::from(name)).filter(|value| !value.is_null())
    }

    /// Whether it was given at all.
    pub fn has(&self, name: &str) -> bool {
        self.given.contains_key(&Key::from(name))
    }

    /// Its text.
    pub fn text(&self, name: &str, default: &str) -> String {
        self.get(name).map_or_else(|| default.to_string(), |value| text_of(value).into_owned())
    }

    /// Its truth; texts count as module arguments do.
    pub fn flag(&self, name: &str, default: bool) -> Result<bool, Stop> {
        let Some(value) = self.get(name) else { return Ok(default) };
        match text_of(value).to_lowercase().as_str() {
            "y" | "yes" | "on" | "1" | "true" | "t" => Ok(true),
            "n" | "no" | "off" | "0" | "false" | "f" => Ok(false),
            _ => Err(self.wrong(name, "a boolean")),
        }
    }

    /// Its whole number; texts may be hexadecimal.
    pub fn int(&self, name: &str) -> Result<Option<i64>, Stop> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let Some(text) = value.as_str() else { return int_of(value).map(Some) };
        let number = match text.trim().strip_prefix("0x") {
            Some(digits) => i64::from_str_radix(digits, 16),
            None => text.trim().parse(),
        };
        number.map(Some).map_err(|_| self.wrong(name, "an integer"))
    }

    /// Its texts: a list, or one text cut at commas.
    pub fn list(&self, name: &str) -> Option<Vec<String>> {
        let value = self.get(name)?;
        Some(match value.as_list() {
            Some(items) => items.iter().map(|item| text_of(item).into_owned()).collect(),
            None => text_of(value).split(',').map(|part| part.trim().to_string()).collect(),
        })
    }

    fn wrong(&self, name: &str, what: &str) -> Stop {
        Stop::fault(format!("the option {name} of the lookup {} is not {what}", self.lookup))
    }
}

/// Cuts a term into free words and `name=value` pairs; quotes keep blanks together and are taken off
/// values.
pub fn pairs(term: &str) -> (String, Vec<(String, String)>) {
    let (mut free, mut pairs) = (Vec::new(), Vec::new());
    for word in words(term) {
        match word.split_once('=') {
            Some((name, value)) if !name.is_empty() && !name.contains(['\'', '"']) => {
                pairs.push((name.to_string(), unquoted(value)));
            }
            _ => free.push(word),
        }
    }
    (free.join(" "), pairs)
}

fn words(term: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    for c in term.chars() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            ('\'' | '"', None) => quote = Some(c),
            (c, None) if c.is_whitespace() => {
                words.push(std::mem::take(&mut word));
                continue;
            }
            _ => {}
        }
        word.push(c);
    }
    words.push(word);
    words.into_iter().filter(|word| !word.is_empty()).collect()
}

fn unquoted(value: &str) -> String {
    let inner =
        ['\'', '"'].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    inner.unwrap_or(value).to_string()
}

/// A term that must be text.
pub fn text_term<'a>(lookup: &str, term: &'a Value) -> Result<&'a str, Stop> {
    match &term.kind {
        crate::base::Kind::Str(text) => Ok(text),
        crate::base::Kind::Undefined(why) => {
            Err(crate::template::filters::bind::undefined(&why.message))
        }
        _ => {
            let kind = term.type_name();
            Err(Stop::fault(format!(
                "the lookup {lookup} expects texts, got a value of type '{kind}'"
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_cut_into_words_and_pairs() {
        let (free, found) = pairs("a b=1 c='x y' d");
        assert_eq!(free, "a d");
        assert_eq!(found, [("b".into(), "1".into()), ("c".into(), "x y".into())]);
    }
}
