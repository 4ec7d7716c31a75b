//! Python's `+`.

use super::bind::undefined;
use super::order::{big_of, float_of};
use crate::base::{Kind, Time, Value};
use crate::template::table::Stop;
use std::sync::Arc;

/// `a + b`.
pub fn add(a: &Value, b: &Value) -> Result<Value, Stop> {
    match (&a.kind, &b.kind) {
        (Kind::Undefined(why), _) | (_, Kind::Undefined(why)) => Err(undefined(&why.message)),
        (Kind::Str(x), Kind::Str(y)) => Ok(Value::from(format!("{x}{y}"))),
        (Kind::List(x), Kind::List(y)) => Ok(Value::list(joined(x, y))),
        (Kind::Tuple(x), Kind::Tuple(y)) => Ok(Value::new(Kind::Tuple(Arc::new(joined(x, y))))),
        (Kind::Time(Time::Delta(x)), Kind::Time(Time::Delta(y))) => {
            let sum = x.checked_add(*y).ok_or_else(|| Stop::fault("date value out of range"))?;
            Ok(Value::new(Kind::Time(Time::Delta(sum))))
        }
        _ => add_numbers(a, b).ok_or_else(|| {
            Stop::fault(format!(
                "unsupported operand type(s) for +: '{}' and '{}'",
                a.class_name(),
                b.class_name()
            ))
        }),
    }
}

fn joined(a: &[Value], b: &[Value]) -> Vec<Value> {
    a.iter().chain(b).cloned().collect()
}

fn add_numbers(a: &Value, b: &Value) -> Option<Value> {
    if let (Kind::Float(_), _) | (_, Kind::Float(_)) = (&a.kind, &b.kind) {
        return Some(Value::from(float_of(a)? + float_of(b)?));
    }
    Some(Value::big(big_of(a)? + big_of(b)?))
}
