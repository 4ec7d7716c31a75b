//! A value with its origin, its trust and its secret parts.
//!
//! Values are immutable and shared; equality and hashing are Python's (`True == 1 == 1.0`) and never
//! look at the marks.

mod convert;
mod json;
mod key;
mod meta;
mod secrets;
mod text;

pub use json::{Layout, from_json, to_json};
pub use key::Key;
pub use meta::{MASK, Meta, Secret, set_masking};
pub use secrets::{hide_vaulted_files, mark_secrets, note_vaulted_file};
pub use text::float_text;

use super::{Diagnostic, Origin};
use indexmap::IndexMap;
use num_bigint::BigInt;
use std::fmt;
use std::sync::Arc;

/// A Python dict: ordered, keys are not only strings.
pub type Map = IndexMap<Key, Value>;

/// What a value is. [`Value::kind`] is matched on.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Python's None.
    Null,
    /// A real boolean.
    Bool(bool),
    /// An integer that fits in 64 bits; larger ones are [`Kind::Big`] (never both for one number).
    Int(i64),
    /// An integer outside of 64 bits.
    Big(Arc<BigInt>),
    /// A double.
    Float(f64),
    /// Text; a template if its mark says so.
    Str(Arc<str>),
    /// A list.
    List(Arc<Vec<Value>>),
    /// A Python tuple: only inside expressions; stored values hold lists.
    Tuple(Arc<Vec<Value>>),
    /// A dict.
    Map(Arc<Map>),
    /// A date, time or duration.
    Time(Time),
    /// The result of looking up what is not there; using it is an error with this text.
    Undefined(Arc<Undefined>),
    /// `{{ omit }}`: the argument that holds it counts as not given.
    Omit,
    /// An inline `!vault` text that nobody has needed yet.
    Vault(Arc<str>),
    /// Something that answers on demand: hostvars, macros, namespaces, lookups.
    Object(Arc<dyn Object>),
}

/// Dates, times and durations, as Python's datetime module has them.
#[derive(Clone, Debug, PartialEq)]
pub enum Time {
    /// A day.
    Date(jiff::civil::Date),
    /// A day and time, with the offset from UTC if one was written.
    DateTime(jiff::civil::DateTime, Option<jiff::tz::Offset>),
    /// A duration.
    Delta(jiff::SignedDuration),
}

/// Why there is no value.
#[derive(Clone, Debug, PartialEq)]
pub struct Undefined {
    /// Ansible's text, such as `'x' is undefined`.
    pub message: String,
}

/// A value that computes its parts when they are asked for.
pub trait Object: Send + Sync + fmt::Debug {
    /// Its name in messages, as Python's type name would be.
    fn type_name(&self) -> &'static str;
    /// The part under this key; None when there is none.
    fn get(&self, key: &Key) -> Result<Option<Value>, Diagnostic>;
    /// All keys, for iteration; None when it is no mapping.
    fn keys(&self) -> Option<Vec<Key>>;
    /// For those who made it and know what it is.
    fn as_any(&self) -> &dyn std::any::Any;
}

/// A value and its marks.
#[derive(Clone)]
pub struct Value {
    /// What it is.
    pub kind: Kind,
    meta: Option<Arc<Meta>>,
}

impl Value {
    /// A value without any mark.
    pub const fn new(kind: Kind) -> Self {
        Self { kind, meta: None }
    }

    /// None.
    pub const NULL: Self = Self::new(Kind::Null);

    /// Text that is data, never a template.
    pub fn str(text: impl Into<Arc<str>>) -> Self {
        Self::new(Kind::Str(text.into()))
    }

    /// Text that the operator wrote: a template.
    pub fn template(text: impl Into<Arc<str>>, origin: Option<Origin>) -> Self {
        Self::str(text).with_meta(Meta { origin, trusted: true, ..Meta::default() })
    }

    /// A list.
    pub fn list(items: Vec<Value>) -> Self {
        Self::new(Kind::List(Arc::new(items)))
    }

    /// A dict.
    pub fn map(map: Map) -> Self {
        Self::new(Kind::Map(Arc::new(map)))
    }

    /// An integer of any size, in its one form.
    pub fn big(number: BigInt) -> Self {
        match i64::try_from(&number) {
            Ok(small) => Self::new(Kind::Int(small)),
            Err(_) => Self::new(Kind::Big(Arc::new(number))),
        }
    }

    /// What is not there, with the reason.
    pub fn undefined(message: impl Into<String>) -> Self {
        Self::new(Kind::Undefined(Arc::new(Undefined { message: message.into() })))
    }

    /// The same value with these marks instead of its own.
    #[must_use]
    pub fn with_meta(mut self, meta: Meta) -> Self {
        self.meta = if meta.is_empty() { None } else { Some(Arc::new(meta)) };
        self
    }

    /// The same value with the marks of `other`.
    #[must_use]
    pub fn marked_as(mut self, other: &Value) -> Self {
        self.meta.clone_from(&other.meta);
        self
    }

    /// The same value from this place.
    #[must_use]
    pub fn at(self, origin: Origin) -> Self {
        let meta = Meta { origin: Some(origin), ..self.meta().clone() };
        self.with_meta(meta)
    }

    /// The same value and all below it as data: no template any more. Secrets and origins stay.
    #[must_use]
    pub fn untrusted(&self) -> Self {
        let mut value = match &self.kind {
            Kind::List(items) => Self::list(items.iter().map(Value::untrusted).collect()),
            Kind::Tuple(items) => {
                Self::new(Kind::Tuple(Arc::new(items.iter().map(Value::untrusted).collect())))
            }
            Kind::Map(map) => {
                Self::map(map.iter().map(|(k, v)| (k.clone(), v.untrusted())).collect())
            }
            other => Self::new(other.clone()),
        };
        if let Some(meta) = &self.meta {
            value = value.with_meta(Meta { trusted: false, ..(**meta).clone() });
        }
        value
    }

    /// The same value with every text below it wholly secret.
    #[must_use]
    pub fn secret(&self) -> Self {
        let value = match &self.kind {
            Kind::List(items) => Self::list(items.iter().map(Value::secret).collect()),
            Kind::Tuple(items) => {
                Self::new(Kind::Tuple(Arc::new(items.iter().map(Value::secret).collect())))
            }
            Kind::Map(map) => Self::map(map.iter().map(|(k, v)| (k.clone(), v.secret())).collect()),
            other => Self::new(other.clone()),
        };
        value.with_meta(Meta { secret: Secret::All, ..self.meta().clone() })
    }

    /// Its marks.
    pub fn meta(&self) -> &Meta {
        self.meta.as_deref().unwrap_or(&meta::EMPTY)
    }

    /// Where it was written or came from.
    pub fn origin(&self) -> Option<&Origin> {
        self.meta.as_ref().and_then(|m| m.origin.as_ref())
    }

    /// Whether its text is a template.
    pub fn is_trusted(&self) -> bool {
        self.meta.as_ref().is_some_and(|m| m.trusted)
    }

    /// Whether it or anything below it has a secret part.
    pub fn has_secret(&self) -> bool {
        if !matches!(self.meta().secret, Secret::None) {
            return true;
        }
        match &self.kind {
            Kind::List(items) | Kind::Tuple(items) => items.iter().any(Value::has_secret),
            Kind::Map(map) => map.values().any(Value::has_secret),
            Kind::Vault(_) => true,
            _ => false,
        }
    }

    /// Whether it is None.
    pub const fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null)
    }

    /// Whether it is undefined.
    pub const fn is_undefined(&self) -> bool {
        matches!(self.kind, Kind::Undefined(_))
    }

    /// Its text if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::Str(text) => Some(text),
            _ => None,
        }
    }

    /// Its truth if it is a real boolean.
    pub const fn as_bool(&self) -> Option<bool> {
        match self.kind {
            Kind::Bool(b) => Some(b),
            _ => None,
        }
    }

    /// Its number if it is an integer (no boolean) of 64 bits.
    pub const fn as_int(&self) -> Option<i64> {
        match self.kind {
            Kind::Int(n) => Some(n),
            _ => None,
        }
    }

    /// Its items if it is a list or tuple.
    pub fn as_list(&self) -> Option<&[Value]> {
        match &self.kind {
            Kind::List(items) | Kind::Tuple(items) => Some(items),
            _ => None,
        }
    }

    /// Its entries if it is a dict.
    pub fn as_map(&self) -> Option<&Map> {
        match &self.kind {
            Kind::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The entry of a dict under a string key.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.as_map().and_then(|map| map.get(&Key::from(name)))
    }

    /// Python's truth.
    pub fn is_true(&self) -> bool {
        match &self.kind {
            Kind::Null | Kind::Undefined(_) | Kind::Omit => false,
            Kind::Bool(b) => *b,
            Kind::Int(n) => *n != 0,
            Kind::Float(f) => *f != 0.0,
            Kind::Str(s) => !s.is_empty(),
            Kind::List(items) | Kind::Tuple(items) => !items.is_empty(),
            Kind::Map(map) => !map.is_empty(),
            Kind::Object(o) => o.keys().is_none_or(|keys| !keys.is_empty()),
            Kind::Big(_) | Kind::Time(_) | Kind::Vault(_) => true,
        }
    }

    /// Python's name of its type.
    pub fn type_name(&self) -> &'static str {
        match &self.kind {
            Kind::Null => "NoneType",
            Kind::Bool(_) => "bool",
            Kind::Int(_) | Kind::Big(_) => "int",
            Kind::Float(_) => "float",
            Kind::Str(_) | Kind::Vault(_) => "str",
            Kind::List(_) => "list",
            Kind::Tuple(_) => "tuple",
            Kind::Map(_) => "dict",
            Kind::Time(Time::Date(_)) => "date",
            Kind::Time(Time::DateTime(..)) => "datetime",
            Kind::Time(Time::Delta(_)) => "timedelta",
            Kind::Undefined(_) => "Undefined",
            Kind::Omit => "Omit",
            Kind::Object(o) => o.type_name(),
        }
    }
}

impl Default for Value {
    fn default() -> Self {
        Self::NULL
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked().repr())
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (&self.kind, &other.kind) {
            (Kind::Null, Kind::Null) | (Kind::Omit, Kind::Omit) => true,
            (Kind::Str(a), Kind::Str(b)) | (Kind::Vault(a), Kind::Vault(b)) => a == b,
            (Kind::List(a), Kind::List(b)) | (Kind::Tuple(a), Kind::Tuple(b)) => a == b,
            (Kind::Map(a), Kind::Map(b)) => a == b,
            (Kind::Time(a), Kind::Time(b)) => a == b,
            (Kind::Big(a), Kind::Big(b)) => a == b,
            (Kind::Undefined(a), Kind::Undefined(b)) => a == b,
            (Kind::Object(a), Kind::Object(b)) => Arc::ptr_eq(a, b),
            _ => match (self.number(), other.number()) {
                (Some(a), Some(b)) => a == b,
                _ => false,
            },
        }
    }
}

/// A number as Python compares it.
#[derive(Clone, Copy)]
enum Number {
    Int(i64),
    Float(f64),
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        match (*self, *other) {
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a == b,
            (Self::Int(a), Self::Float(b)) | (Self::Float(b), Self::Int(a)) => {
                b.fract() == 0.0 && b.abs() < 9.3e18 && b as i64 == a
            }
        }
    }
}

impl Value {
    fn number(&self) -> Option<Number> {
        match self.kind {
            Kind::Bool(b) => Some(Number::Int(i64::from(b))),
            Kind::Int(n) => Some(Number::Int(n)),
            Kind::Float(f) => Some(Number::Float(f)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equality_is_pythons() {
        assert_eq!(Value::from(true), Value::from(1));
        assert_eq!(Value::from(1), Value::from(1.0));
        assert_ne!(Value::from("1"), Value::from(1));
        assert_ne!(Value::from(0), Value::NULL);
        assert_eq!(Value::str("a"), Value::template("a", None));
    }

    #[test]
    fn marks_go_deep_where_they_must() {
        let value = Value::list(vec![Value::template("{{ x }}", None)]);
        assert!(value.as_list().unwrap()[0].is_trusted());
        assert!(!value.untrusted().as_list().unwrap()[0].is_trusted());
        assert!(value.secret().as_list().unwrap()[0].has_secret());
        let tuple = Value::new(Kind::Tuple(Arc::new(vec![Value::template("{{ x }}", None)])));
        assert!(!tuple.untrusted().as_list().unwrap()[0].is_trusted());
        assert_eq!(tuple.secret().masked().repr(), "('********',)");
        assert!(!value.has_secret());
    }
}
