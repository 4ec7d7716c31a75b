//! The keys of a mapping, read strictly: an unknown one is an error.

use crate::base::diagnostic::nearest;
use crate::base::{Diagnostic, Origin, Value};
use crate::zfs::span::Span;

/// A mapping and what stands in for keys it lacks.
pub struct Fields<'a> {
    map: &'a Value,
    under: Option<&'a Value>,
}

impl<'a> Fields<'a> {
    /// A mapping with no other keys than these.
    pub fn of(value: &'a Value, what: &str, known: &[&str]) -> Result<Self, Diagnostic> {
        let Some(map) = value.as_map() else {
            let text = format!("{what} must be a mapping, not {}", value.type_name());
            return Err(Diagnostic::new(text).at(value.origin()));
        };
        for (key, value) in map {
            let name = key.value().text();
            if known.contains(&name.as_str()) {
                continue;
            }
            let origin = value.meta().key_origin();
            let error = Diagnostic::new(format!("{what} has no '{name}'"));
            let error = error.at(origin.as_ref().or(value.origin()));
            return Err(match nearest(&name, known.iter().copied()).first() {
                Some(near) => error.hint(format!("Did you mean '{near}'?")),
                None => error.hint(format!("There are {}.", known.join(", "))),
            });
        }
        Ok(Self { map: value, under: None })
    }

    /// These over others.
    pub fn over(&self, under: &Fields<'a>) -> Self {
        Self { map: self.map, under: Some(under.map) }
    }

    /// A key's value, if it is there and not null.
    pub fn value(&self, name: &str) -> Option<&'a Value> {
        let own = self.map.get(name).or_else(|| self.under.and_then(|under| under.get(name)));
        own.filter(|value| !value.is_null())
    }

    /// Where the mapping begins.
    pub fn place(&self) -> Option<&'a Origin> {
        self.map.origin()
    }

    /// Where a key's value is, else the mapping.
    pub fn origin(&self, name: &str) -> Option<&'a Origin> {
        self.value(name).and_then(Value::origin).or(self.place())
    }

    /// The error of a key whose value is none of what is wanted.
    pub fn wrong<T>(&self, name: &str, wanted: &str) -> Result<T, Diagnostic> {
        let given = self.value(name).map(Value::text).unwrap_or_default();
        Err(Diagnostic::new(format!("'{name}' is '{given}', wanted {wanted}"))
            .at(self.origin(name)))
    }

    /// A text.
    pub fn text(&self, name: &str) -> Result<Option<&'a str>, Diagnostic> {
        match self.value(name) {
            None => Ok(None),
            Some(value) => {
                value.as_str().map_or_else(|| self.wrong(name, "a text"), |text| Ok(Some(text)))
            }
        }
    }

    /// yes or no.
    pub fn bool(&self, name: &str) -> Result<Option<bool>, Diagnostic> {
        match self.value(name) {
            None => Ok(None),
            Some(value) => {
                value.as_bool().map_or_else(|| self.wrong(name, "true or false"), |on| Ok(Some(on)))
            }
        }
    }

    /// A number, from 0, also as a text of digits.
    pub fn number(&self, name: &str) -> Result<Option<u32>, Diagnostic> {
        let Some(value) = self.value(name) else { return Ok(None) };
        match value.text().trim().parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => self.wrong(name, "a number from 0"),
        }
    }

    /// A number of things, from 1.
    pub fn count(&self, name: &str) -> Result<Option<usize>, Diagnostic> {
        let Some(value) = self.value(name) else { return Ok(None) };
        match value
            .as_int()
            .and_then(|number| usize::try_from(number).ok())
            .filter(|number| *number > 0)
        {
            Some(number) => Ok(Some(number)),
            None => self.wrong(name, "a number from 1"),
        }
    }

    /// A length of time.
    pub fn span(&self, name: &str) -> Result<Option<Span>, Diagnostic> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let span = value.text().parse::<Span>();
        span.map(Some)
            .map_err(|error| Diagnostic::new(format!("'{name}': {error}")).at(self.origin(name)))
    }

    /// A list.
    pub fn list(&self, name: &str) -> Result<Option<&'a [Value]>, Diagnostic> {
        match self.value(name) {
            None => Ok(None),
            Some(value) => {
                value.as_list().map_or_else(|| self.wrong(name, "a list"), |list| Ok(Some(list)))
            }
        }
    }

    /// One of some words.
    pub fn word<T: Clone>(&self, name: &str, words: &[(&str, T)]) -> Result<Option<T>, Diagnostic> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        match words.iter().find(|(word, _)| *word == text) {
            Some((_, one)) => Ok(Some(one.clone())),
            None => {
                let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                self.wrong(name, &format!("one of {}", all.join(", ")))
            }
        }
    }
}
