//! Written values to the type of their setting, by Ansible's rules.

use super::place::Surroundings;
use super::table::Type;
use crate::base::{Kind, Meta, Value};
use std::path::Path;

/// The value in the type `kind`; texts of a configuration file lose their quotes, and their paths are
/// relative to it. None when it cannot be converted.
pub(super) fn convert(
    value: &Value,
    kind: Type,
    config: Option<&Path>,
    place: &Surroundings,
) -> Option<Value> {
    if value.is_null() {
        return Some(Value::NULL);
    }
    let path = |text: &str| Value::str(place.path(text, config).to_string_lossy().into_owned());
    let converted = match kind {
        Type::Bool => Value::from(is_true(value)),
        Type::Int => Value::from(int(value)?),
        Type::Float => Value::from(float(value)?),
        Type::Str => Value::str(unquoted(text(value)?, config.is_some())),
        Type::List => items(value, ',', |item| Value::str(unquoted(item.trim(), true)))?,
        Type::Path => path(value.as_str()?),
        Type::PathList => items(value, ',', |item| path(item.trim()))?,
        Type::PathSpec => items(value, ':', path)?,
        Type::None => (value.as_str() == Some("None")).then_some(Value::NULL)?,
        Type::Raw => value.clone(),
    };
    Some(marked(converted, value.meta()))
}

/// The marks of what was written, on every item too.
fn marked(value: Value, meta: &Meta) -> Value {
    let value = match &value.kind {
        Kind::List(items) => {
            Value::list(items.iter().map(|item| item.clone().with_meta(meta.clone())).collect())
        }
        _ => value,
    };
    value.with_meta(meta.clone())
}

fn is_true(value: &Value) -> bool {
    match &value.kind {
        Kind::Bool(b) => *b,
        Kind::Int(n) => *n == 1,
        Kind::Str(text) => {
            let word = text.trim().to_lowercase();
            matches!(word.as_str(), "y" | "yes" | "on" | "1" | "true" | "t")
        }
        _ => false,
    }
}

fn int(value: &Value) -> Option<i64> {
    let number = match &value.kind {
        Kind::Bool(b) => return Some(i64::from(*b)),
        Kind::Int(n) => return Some(*n),
        Kind::Float(f) => *f,
        Kind::Str(text) => {
            let digits = text.trim().replace('_', "");
            if let Ok(whole) = digits.parse() {
                return Some(whole);
            }
            digits.parse::<f64>().ok()?
        }
        _ => return None,
    };
    (number.fract() == 0.0 && number.abs() < 9.0e15).then_some(number as i64)
}

fn float(value: &Value) -> Option<f64> {
    match &value.kind {
        Kind::Bool(b) => Some(f64::from(u8::from(*b))),
        Kind::Int(n) => Some(*n as f64),
        Kind::Float(f) => Some(*f),
        Kind::Str(text) => text.trim().replace('_', "").parse().ok(),
        _ => None,
    }
}

fn text(value: &Value) -> Option<String> {
    match &value.kind {
        Kind::Str(_) | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) => Some(value.text()),
        _ => None,
    }
}

/// Text without the quotes around it.
fn unquoted(text: impl AsRef<str>, unquote: bool) -> String {
    let text = text.as_ref();
    let inner = ['"', '\''].into_iter().find_map(|quote| {
        text.strip_prefix(quote)?.strip_suffix(quote).filter(|inner| !inner.ends_with('\\'))
    });
    inner.filter(|_| unquote).unwrap_or(text).to_string()
}

fn items(value: &Value, separator: char, item: impl Fn(&str) -> Value) -> Option<Value> {
    match &value.kind {
        Kind::Str(text) => Some(Value::list(text.split(separator).map(item).collect())),
        Kind::List(items) if separator == ',' => Some(Value::list(items.to_vec())),
        Kind::List(items) => {
            let texts: Option<Vec<Value>> = items.iter().map(|i| i.as_str().map(&item)).collect();
            texts.map(Value::list)
        }
        _ => None,
    }
}
