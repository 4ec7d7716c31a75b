//! Our reader of `ssh_config`: the settings of one connection, the first value obtained wins.

mod keywords;
mod lex;
mod matching;
pub mod pattern;
mod reader;
mod tokens;

#[cfg(test)]
mod tests;

pub use lex::shell_words;
pub use reader::{Asked, Files, read};
pub use tokens::{Tokens, environment};

use keywords::Shape;
use std::collections::BTreeMap;
use std::time::Duration;

/// What `ssh_config` and the command line say about one connection.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    values: BTreeMap<&'static str, Vec<String>>,
    /// What was asked for and is not done.
    pub warnings: Vec<String>,
    /// Whether it is the system's own file that is read.
    of_system: bool,
}

impl Settings {
    /// Takes `Keyword=value` or `Keyword value` of the command line; `name` is the variable it came from.
    pub fn option(&mut self, name: &str, text: &str) -> Result<(), String> {
        let before = self.warnings.len();
        self.taken(text)?;
        for warning in self.warnings.iter_mut().skip(before) {
            *warning = warning.replace("command-line:0", name);
        }
        Ok(())
    }

    fn taken(&mut self, text: &str) -> Result<(), String> {
        let at = "command-line line 0";
        let Some((name, rest)) = lex::line(text) else {
            return Err(format!("{at}: no option given"));
        };
        let Some(keyword) = keywords::find(name) else {
            let name = name.to_ascii_lowercase();
            return Err(format!("command-line: line 0: Bad configuration option: {name}"));
        };
        self.take(keyword, rest, at, true)
    }

    /// Takes a word for a keyword whose name is known to exist, without parsing it.
    pub fn word_option(&mut self, name: &'static str, value: &str) {
        match keywords::find(name) {
            Some((name, Shape::More)) => {
                self.values.entry(name).or_default().push(value.to_owned());
            }
            Some((name, _)) => self.first(name, vec![value.to_owned()]),
            None => {}
        }
    }

    /// Checks a value and, if its block is `active`, takes it unless there is one.
    fn take(
        &mut self,
        keyword: (&'static str, Shape),
        rest: &str,
        at: &str,
        active: bool,
    ) -> Result<(), String> {
        let (name, shape) = keyword;
        if matches!(shape, Shape::Void) {
            return Ok(());
        }
        if matches!(shape, Shape::Line) {
            let value = rest.trim_start_matches([' ', '\t', '=']).to_owned();
            return self.line(name, value, at, active);
        }
        let words = lex::words(rest).ok_or_else(|| format!("{at}: invalid quotes"))?;
        let Some(first) = words.first().filter(|word| !word.is_empty()) else {
            return Err(format!("{at}: no argument after keyword \"{name}\""));
        };
        if matches!(shape, Shape::Missing) {
            self.missing(name, first, at, active);
            return Ok(());
        }
        if words.len() > 1 && !matches!(shape, Shape::Words) {
            return Err(format!("{at}: keyword {name} extra arguments at end of line"));
        }
        check(shape, first).map_err(|fault| format!("{at}: {fault}"))?;
        if active {
            self.put(name, shape, words);
        }
        Ok(())
    }

    fn line(
        &mut self,
        name: &'static str,
        value: String,
        at: &str,
        active: bool,
    ) -> Result<(), String> {
        if value.is_empty() {
            return Err(format!("{at}: no argument after keyword \"{name}\""));
        }
        if active && self.set("proxyjump").is_none() {
            self.first(name, vec![value]);
        }
        Ok(())
    }

    fn missing(&mut self, name: &str, value: &str, at: &str, active: bool) {
        let idle = keywords::is_idle(name, value) || (self.of_system && keywords::is_shipped(name));
        let at = at.replace(" line ", ":");
        let text = format!("{at}: {name} is not supported and has no effect");
        if active && !idle && !self.warnings.contains(&text) {
            self.warnings.push(text);
        }
    }

    fn put(&mut self, name: &'static str, shape: Shape, words: Vec<String>) {
        if matches!(shape, Shape::More) {
            let list = self.values.entry(name).or_default();
            list.extend(words.into_iter().filter(|word| !list.contains(word)).collect::<Vec<_>>());
        } else if name != "proxyjump" || self.word("proxycommand").is_none() {
            self.first(name, words);
        }
    }

    fn first(&mut self, name: &'static str, words: Vec<String>) {
        self.values.entry(name).or_insert(words);
    }

    /// Puts a value in place of what there is.
    fn force(&mut self, name: &'static str, value: String) {
        self.values.insert(name, vec![value]);
    }

    /// The value of a keyword in lower case.
    pub fn word(&self, name: &str) -> Option<&str> {
        self.values.get(name).and_then(|words| words.first()).map(String::as_str)
    }

    /// All words of a keyword's value; empty: not set.
    pub fn words(&self, name: &str) -> &[String] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }

    /// A value that is not `none`.
    pub fn set(&self, name: &str) -> Option<&str> {
        self.word(name).filter(|value| !value.eq_ignore_ascii_case("none"))
    }

    /// A yes or no.
    pub fn flag(&self, name: &str, default: bool) -> bool {
        self.word(name).map_or(default, |value| truth(value).unwrap_or(true))
    }

    /// A number.
    pub fn number(&self, name: &str) -> Option<u32> {
        self.word(name).and_then(|value| value.parse().ok())
    }

    /// A length of time.
    pub fn time(&self, name: &str) -> Option<Duration> {
        self.word(name).and_then(duration)
    }
}

fn truth(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "yes" | "true" => Some(true),
        "no" | "false" => Some(false),
        _ => None,
    }
}

fn check(shape: Shape, value: &str) -> Result<(), String> {
    let good = match shape {
        Shape::Flag => truth(value).is_some(),
        Shape::Number => value.parse::<u32>().is_ok(),
        Shape::Port => value.parse::<u16>().is_ok_and(|port| port > 0),
        Shape::Time => duration(value).is_some() || value.eq_ignore_ascii_case("none"),
        Shape::One(choices) => choices.iter().any(|choice| choice.eq_ignore_ascii_case(value)),
        _ => true,
    };
    match shape {
        _ if good => Ok(()),
        Shape::Port => Err(format!("Bad port '{value}'.")),
        Shape::Number => Err(format!("invalid integer value '{value}'.")),
        Shape::Time => Err("invalid time value.".to_owned()),
        _ => Err(format!("unsupported option \"{value}\".")),
    }
}

/// `90`, `1m30s`, `2h`; None if it is no time.
fn duration(text: &str) -> Option<Duration> {
    let mut total: u64 = 0;
    let mut number = String::new();
    for c in text.chars() {
        if c.is_ascii_digit() {
            number.push(c);
            continue;
        }
        let unit = match c.to_ascii_lowercase() {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86400,
            'w' => 604_800,
            _ => return None,
        };
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(unit)?)?;
        number.clear();
    }
    if !number.is_empty() {
        total = total.checked_add(number.parse().ok()?)?;
    }
    (!text.is_empty()).then(|| Duration::from_secs(total))
}
