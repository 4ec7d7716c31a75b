//! What Python's `iter()`, `len()` and `in` do.

use super::bind::{class_of, defined, undefined};
use crate::base::{Diagnostic, Key, Kind, Map, Value};
use crate::template::table::Stop;
use std::borrow::Cow;
use std::collections::HashSet;

/// The items a loop over the value would see; none of them is undefined.
pub fn items(value: &Value) -> Result<Cow<'_, [Value]>, Stop> {
    let items = lazy_items(value)?;
    for item in items.iter() {
        defined(item)?;
    }
    Ok(items)
}

/// The items a loop over the value would see; some may be undefined.
pub fn lazy_items(value: &Value) -> Result<Cow<'_, [Value]>, Stop> {
    Ok(match &value.kind {
        Kind::List(items) | Kind::Tuple(items) => Cow::Borrowed(items.as_slice()),
        Kind::Str(text) => Cow::Owned(text.chars().map(|c| Value::from(c.to_string())).collect()),
        Kind::Map(map) => Cow::Owned(map.keys().map(Key::value).collect()),
        Kind::Undefined(why) => return Err(undefined(&why.message)),
        Kind::Object(object) => match object.keys() {
            Some(keys) => Cow::Owned(keys.iter().map(Key::value).collect()),
            None => return Err(not_iterable(value)),
        },
        _ => return Err(not_iterable(value)),
    })
}

fn not_iterable(value: &Value) -> Stop {
    Stop::fault(format!("'{}' object is not iterable", value.class_name()))
}

/// Whether Python could iterate over it.
pub fn is_iterable(value: &Value) -> bool {
    match &value.kind {
        Kind::List(_) | Kind::Tuple(_) | Kind::Str(_) | Kind::Map(_) => true,
        Kind::Object(object) => object.keys().is_some(),
        _ => false,
    }
}

/// Whether it is a list or tuple.
pub fn is_sequence(value: &Value) -> bool {
    matches!(value.kind, Kind::List(_) | Kind::Tuple(_))
}

/// Python's `len()`.
pub fn length(value: &Value) -> Result<usize, Stop> {
    match &value.kind {
        Kind::Str(text) => Ok(text.chars().count()),
        Kind::List(items) | Kind::Tuple(items) => Ok(items.len()),
        Kind::Map(map) => Ok(map.len()),
        Kind::Undefined(why) => Err(undefined(&why.message)),
        Kind::Object(object) => object.keys().map(|keys| keys.len()).ok_or_else(|| no_len(value)),
        _ => Err(no_len(value)),
    }
}

fn no_len(value: &Value) -> Stop {
    Stop::fault(format!("object of type '{}' has no len()", value.class_name()))
}

/// The value as a dict; None when it is no mapping. Objects such as `hostvars` are read whole.
pub fn mapping(value: &Value) -> Result<Option<Cow<'_, Map>>, Stop> {
    match &value.kind {
        Kind::Map(map) => Ok(Some(Cow::Borrowed(map))),
        Kind::Undefined(why) => Err(undefined(&why.message)),
        Kind::Object(object) => {
            let Some(keys) = object.keys() else { return Ok(None) };
            let mut map = Map::new();
            for key in keys {
                if let Some(item) = object.get(&key).map_err(Stop::Fault)? {
                    map.insert(key, item);
                }
            }
            Ok(Some(Cow::Owned(map)))
        }
        _ => Ok(None),
    }
}

/// Python's `item in container`.
pub fn contains(container: &Value, item: &Value) -> Result<bool, Stop> {
    match &container.kind {
        Kind::List(items) | Kind::Tuple(items) => Ok(items.contains(item)),
        Kind::Str(text) => match &item.kind {
            Kind::Str(part) => Ok(text.contains(&**part)),
            _ => Err(Stop::fault(format!(
                "'in <string>' requires string as left operand, not {}",
                item.class_name()
            ))),
        },
        Kind::Map(map) => Ok(map.contains_key(&key_of(item)?)),
        Kind::Object(object) => match object.keys() {
            Some(keys) => Ok(keys.contains(&key_of(item)?)),
            None => Err(not_container(container)),
        },
        Kind::Undefined(why) => Err(undefined(&why.message)),
        _ => Err(not_container(container)),
    }
}

fn not_container(value: &Value) -> Stop {
    Stop::fault(format!("argument of type '{}' is not iterable", value.class_name()))
}

/// The key a value would be in a dict.
pub fn key_of(value: &Value) -> Result<Key, Stop> {
    Key::of(value).ok_or_else(|| match &value.kind {
        Kind::Undefined(why) => undefined(&why.message),
        _ => unhashable(value),
    })
}

/// The stop for using a list or dict where Python needs a hash.
pub fn unhashable(value: &Value) -> Stop {
    Stop::fault(format!("unhashable type: '{}'", value.class_name()))
}

/// Whether Python could hash it.
pub fn is_hashable(value: &Value) -> bool {
    match &value.kind {
        Kind::List(_) | Kind::Map(_) => false,
        Kind::Tuple(items) => items.iter().all(is_hashable),
        _ => true,
    }
}

/// Values met so far, compared as Python compares them.
#[derive(Default)]
pub struct Seen {
    keys: HashSet<Key>,
    others: Vec<Value>,
}

impl Seen {
    /// Those of `items`.
    pub fn of(items: &[Value]) -> Self {
        let mut seen = Self::default();
        for item in items {
            seen.insert(item);
        }
        seen
    }

    /// Adds a value; whether it was new.
    pub fn insert(&mut self, value: &Value) -> bool {
        if let Some(key) = plain_key(value) {
            return self.keys.insert(key);
        }
        if self.others.contains(value) {
            return false;
        }
        self.others.push(value.clone());
        true
    }

    /// Whether an equal value was added.
    pub fn contains(&self, value: &Value) -> bool {
        match plain_key(value) {
            Some(key) => self.keys.contains(&key),
            None => self.others.contains(value),
        }
    }
}

/// The key of a value that has one without loss: huge numbers and dates are kept as texts in keys.
fn plain_key(value: &Value) -> Option<Key> {
    match value.kind {
        Kind::Big(_) | Kind::Time(_) => None,
        _ => Key::of(value),
    }
}

/// The dict a filter needs, or this failure.
pub fn need_mapping(
    value: &Value,
    failure: impl FnOnce(String) -> String,
) -> Result<Cow<'_, Map>, Stop> {
    match mapping(value)? {
        Some(map) => Ok(map),
        None => Err(Stop::Fault(Diagnostic::new(failure(class_of(value))))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_and_true_are_one_member() {
        let mut seen = Seen::default();
        assert!(seen.insert(&Value::from(1)));
        assert!(!seen.insert(&Value::from(true)));
        assert!(seen.insert(&Value::from(vec![1_i64])));
        assert!(!seen.insert(&Value::from(vec![1_i64])));
        assert!(seen.contains(&Value::from(1.0)));
    }

    #[test]
    fn a_number_is_in_no_text() {
        let stop = contains(&Value::from("a1"), &Value::from(1)).unwrap_err();
        let text = stop.into_diagnostic().unwrap().message;
        assert_eq!(text, "'in <string>' requires string as left operand, not int");
    }
}
