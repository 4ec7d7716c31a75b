//! Arguments of one call under the names of its parameters, as Python binds them.

use crate::base::{Diagnostic, Kind, Value};
use crate::template::table::{Args, Stop};
use std::borrow::Cow;

/// The arguments of one call by parameter name.
pub struct Bound<'a> {
    call: &'a str,
    names: &'static [&'static str],
    values: Vec<Option<&'a Value>>,
}

impl<'a> Bound<'a> {
    /// Binds `args` to the parameters `names`, of which the first `required` must be given.
    ///
    /// # Errors
    /// Too many, missing and unknown arguments, in Python's words.
    pub fn of(
        call: &'a str,
        args: &'a Args,
        names: &'static [&'static str],
        required: usize,
    ) -> Result<Self, Stop> {
        if args.positional.len() > names.len() {
            return Err(too_many(call, names, required, args.positional.len()));
        }
        let mut values: Vec<Option<&Value>> = args.positional.iter().map(Some).collect();
        values.resize(names.len(), None);
        for (key, value) in &args.keyword {
            let place = names.iter().position(|name| key.as_str() == Some(name));
            let Some(place) = place else {
                let text = format!("{call}() got an unexpected keyword argument '{key}'");
                return Err(Stop::fault(text));
            };
            if values[place].is_some() {
                let text = format!("{call}() got multiple values for argument '{key}'");
                return Err(Stop::fault(text));
            }
            values[place] = Some(value);
        }
        let bound = Self { call, names, values };
        bound.check(required)?;
        Ok(bound)
    }

    fn check(&self, required: usize) -> Result<(), Stop> {
        let missing: Vec<String> = (0..required)
            .filter(|&i| self.values[i].is_none())
            .map(|i| format!("'{}'", self.names[i]))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let plural = if missing.len() == 1 { "" } else { "s" };
        Err(Stop::fault(format!(
            "{}() missing {} required positional argument{plural}: {}",
            self.call,
            missing.len(),
            and_list(&missing)
        )))
    }

    /// The argument; None when it was not given.
    pub fn get(&self, name: &str) -> Option<&'a Value> {
        let place = self.names.iter().position(|n| *n == name)?;
        self.values[place]
    }

    /// The argument; None also when it is Python's None.
    pub fn some(&self, name: &str) -> Option<&'a Value> {
        self.get(name).filter(|value| !value.is_null())
    }

    /// An argument that was declared as required.
    pub fn need(&self, name: &str) -> Result<&'a Value, Stop> {
        self.get(name).ok_or_else(|| {
            let call = self.call;
            Stop::fault(format!("{call}() missing 1 required positional argument: '{name}'"))
        })
    }

    /// Its text form, as `str()` gives it.
    pub fn text(&self, name: &str, default: &'a str) -> Cow<'a, str> {
        self.get(name).map_or(Cow::Borrowed(default), text_of)
    }

    /// Its truth.
    pub fn flag(&self, name: &str, default: bool) -> bool {
        self.get(name).map_or(default, Value::is_true)
    }

    /// Its whole number.
    pub fn int(&self, name: &str, default: i64) -> Result<i64, Stop> {
        self.get(name).map_or(Ok(default), int_of)
    }

    /// Its whole number; None when it is absent or None.
    pub fn some_int(&self, name: &str) -> Result<Option<i64>, Stop> {
        self.some(name).map(int_of).transpose()
    }
}

fn too_many(call: &str, names: &[&str], required: usize, given: usize) -> Stop {
    // Python counts the piped value as well.
    let (most, least) = (names.len() + 1, required + 1);
    let range = if most == least { most.to_string() } else { format!("from {least} to {most}") };
    let plural = if most == 1 { "" } else { "s" };
    Stop::fault(format!(
        "{call}() takes {range} positional argument{plural} but {} were given",
        given + 1
    ))
}

fn and_list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [a, b] => format!("{a} and {b}"),
        [first @ .., last] => format!("{}, and {last}", first.join(", ")),
    }
}

/// The text form of a value, borrowed when it is text already.
pub fn text_of(value: &Value) -> Cow<'_, str> {
    match &value.kind {
        Kind::Str(text) => Cow::Borrowed(text),
        _ => Cow::Owned(value.text()),
    }
}

/// A whole number where Python wants one: booleans count, floats and texts do not.
pub fn int_of(value: &Value) -> Result<i64, Stop> {
    match &value.kind {
        Kind::Int(n) => Ok(*n),
        Kind::Bool(b) => Ok(i64::from(*b)),
        Kind::Big(_) => Err(Stop::fault("Python int too large to convert to C ssize_t")),
        Kind::Undefined(why) => Err(undefined(&why.message)),
        _ => Err(Stop::fault(format!(
            "'{}' object cannot be interpreted as an integer",
            value.type_name()
        ))),
    }
}

/// The text of a value that must be one.
pub fn str_of<'a>(value: &'a Value, what: &str) -> Result<&'a str, Stop> {
    match &value.kind {
        Kind::Str(text) => Ok(text),
        Kind::Undefined(why) => Err(undefined(&why.message)),
        _ => Err(Stop::fault(format!("{what}, not {}", value.type_name()))),
    }
}

/// The stop for reading an undefined value.
pub fn undefined(message: &str) -> Stop {
    Stop::Undefined(Diagnostic::new(message))
}

/// A value that must not be undefined.
pub fn defined(value: &Value) -> Result<&Value, Stop> {
    match &value.kind {
        Kind::Undefined(why) => Err(undefined(&why.message)),
        _ => Ok(value),
    }
}

/// A failure with what led to it.
pub fn because(message: impl Into<String>, cause: impl Into<String>) -> Stop {
    Stop::Fault(Diagnostic::new(message).caused_by(Diagnostic::new(cause)))
}

/// A failure of the system as Python words it; the path is named if there is one.
pub fn os_error(error: &std::io::Error, path: Option<&str>) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let number = error.raw_os_error().map(|n| format!("[Errno {n}] ")).unwrap_or_default();
    let path = path.map(|path| format!(": '{path}'")).unwrap_or_default();
    format!("{number}{text}{path}")
}

/// A value as an error shows it: Python's `repr()` with every secret masked.
pub fn shown(value: &Value) -> String {
    value.masked().repr()
}

/// A value as an error shows it inside a sentence: Python's `str()` with every secret masked.
pub fn shown_text(value: &Value) -> String {
    value.masked().text()
}

/// How Python's `type()` prints.
pub fn class_of(value: &Value) -> String {
    format!("<class '{}'>", value.type_name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Key, Map};

    fn args(positional: Vec<Value>, keyword: &[(&str, i64)]) -> Args {
        let keyword = keyword.iter().map(|(k, v)| (Key::from(*k), Value::from(*v)));
        Args { positional, keyword: keyword.collect::<Map>() }
    }

    fn message(result: Result<Bound<'_>, Stop>) -> String {
        result.err().and_then(Stop::into_diagnostic).unwrap().message
    }

    #[test]
    fn binds_by_place_and_name() {
        let given = args(vec![Value::from(1)], &[("b", 2)]);
        let bound = Bound::of("f", &given, &["a", "b", "c"], 1).ok().unwrap();
        assert_eq!(bound.int("a", 0).unwrap(), 1);
        assert_eq!(bound.int("b", 0).unwrap(), 2);
        assert_eq!(bound.int("c", 9).unwrap(), 9);
    }

    #[test]
    fn errors_are_pythons() {
        let given = args(vec![], &[("x", 1)]);
        let text = message(Bound::of("do_replace", &given, &["old"], 0));
        assert_eq!(text, "do_replace() got an unexpected keyword argument 'x'");
        let given = args(vec![], &[]);
        let text = message(Bound::of("do_replace", &given, &["old", "new", "count"], 2));
        assert_eq!(text, "do_replace() missing 2 required positional arguments: 'old' and 'new'");
        let given = args(vec![Value::NULL, Value::NULL], &[]);
        let text = message(Bound::of("f", &given, &["a"], 1));
        assert_eq!(text, "f() takes 2 positional arguments but 3 were given");
        let given = args(vec![Value::NULL], &[("a", 1)]);
        assert_eq!(
            message(Bound::of("f", &given, &["a"], 1)),
            "f() got multiple values for argument 'a'"
        );
    }
}
