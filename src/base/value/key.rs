//! Keys of a dict, equal as Python's are: `1`, `1.0` and `True` are one key.

use super::{Kind, Value, float_text};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// What can be a key. Dates and other rare keys are stored as their text.
#[derive(Clone, Debug)]
pub enum Key {
    /// Text.
    Str(Arc<str>),
    /// An integer.
    Int(i64),
    /// A boolean; equal to 0 or 1.
    Bool(bool),
    /// A double.
    Float(f64),
    /// None.
    Null,
}

/// What keys are compared by.
#[derive(PartialEq, Eq, Hash)]
enum Form<'a> {
    Str(&'a str),
    Int(i64),
    Float(u64),
    Null,
}

impl Key {
    fn form(&self) -> Form<'_> {
        match self {
            Self::Str(text) => Form::Str(text),
            Self::Int(n) => Form::Int(*n),
            Self::Bool(b) => Form::Int(i64::from(*b)),
            Self::Float(f) if f.fract() == 0.0 && f.abs() < 9.0e18 => Form::Int(*f as i64),
            Self::Float(f) => Form::Float(f.to_bits()),
            Self::Null => Form::Null,
        }
    }

    /// Its text if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The key that `value` would be; None for what Python cannot hash.
    pub fn of(value: &Value) -> Option<Self> {
        Some(match &value.kind {
            Kind::Str(text) => Self::Str(Arc::clone(text)),
            Kind::Int(n) => Self::Int(*n),
            Kind::Bool(b) => Self::Bool(*b),
            Kind::Float(f) => Self::Float(*f),
            Kind::Null => Self::Null,
            Kind::Big(_) | Kind::Time(_) => Self::Str(value.text().into()),
            _ => return None,
        })
    }

    /// The key as a value of its own type.
    pub fn value(&self) -> Value {
        match self {
            Self::Str(text) => Value::str(Arc::clone(text)),
            Self::Int(n) => Value::from(*n),
            Self::Bool(b) => Value::from(*b),
            Self::Float(f) => Value::from(*f),
            Self::Null => Value::NULL,
        }
    }

    /// The text JSON has for it: `true`, `null` and numbers as Python's json writes keys.
    pub fn json_text(&self) -> String {
        match self {
            Self::Str(text) => text.to_string(),
            Self::Int(n) => n.to_string(),
            Self::Bool(b) => b.to_string(),
            Self::Float(f) => float_text(*f),
            Self::Null => "null".to_string(),
        }
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.form() == other.form()
    }
}
impl Eq for Key {}
impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.form().hash(state);
    }
}
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.value().text())
    }
}
impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self::Str(text.into())
    }
}
impl From<String> for Key {
    fn from(text: String) -> Self {
        Self::Str(text.into())
    }
}
impl From<Arc<str>> for Key {
    fn from(text: Arc<str>) -> Self {
        Self::Str(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_and_true_are_one_key() {
        assert_eq!(Key::Int(1), Key::Bool(true));
        assert_eq!(Key::Int(2), Key::Float(2.0));
        assert_ne!(Key::from("1"), Key::Int(1));
    }
}
