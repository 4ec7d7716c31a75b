//! Attribute paths such as `meta.ports.0`, which many filters take.

use crate::base::{Kind, Value};
use crate::template::table::{Env, Stop};

/// A dotted path; parts of digits are indexes.
pub struct Path(Vec<Value>);

impl Path {
    /// The path that an argument names; None names the item itself.
    pub fn of(attribute: Option<&Value>) -> Self {
        let Some(attribute) = attribute.filter(|a| !a.is_null()) else { return Self(Vec::new()) };
        match &attribute.kind {
            Kind::Str(text) => Self(text.split('.').map(part).collect()),
            _ => Self(vec![attribute.clone()]),
        }
    }

    /// Paths of a comma-separated list, as `sort` takes them.
    pub fn several(attribute: Option<&Value>) -> Vec<Self> {
        match attribute.and_then(Value::as_str) {
            Some(text) => text.split(',').map(|p| Self::of(Some(&Value::from(p)))).collect(),
            None => vec![Self::of(attribute)],
        }
    }

    /// What stands at the path in `value`; undefined when nothing does and there is no default.
    pub fn get(
        &self,
        env: &dyn Env,
        value: &Value,
        default: Option<&Value>,
    ) -> Result<Value, Stop> {
        let mut found = value.clone();
        for part in &self.0 {
            found = item(env, &found, part)?;
            if let (Kind::Undefined(_), Some(default)) = (&found.kind, default) {
                found = default.clone();
            }
        }
        Ok(found)
    }
}

fn part(text: &str) -> Value {
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse::<i64>().map_or_else(|_| Value::from(text), Value::from);
    }
    Value::from(text)
}

/// What stands under one key: an item, else an attribute.
pub fn item(env: &dyn Env, value: &Value, key: &Value) -> Result<Value, Stop> {
    if value.is_undefined() { Ok(value.clone()) } else { env.attribute(value, key) }
}

/// The same without regard to case, for sorting and grouping.
pub fn folded(value: &Value) -> Value {
    match &value.kind {
        Kind::Str(text) => Value::from(text.to_lowercase()),
        _ => value.clone(),
    }
}
