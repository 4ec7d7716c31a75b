//! Order and membership.

use crate::base::{Key, Kind, Time, Value};
use crate::template::eval::objects::{RangeObject, as_object};
use crate::template::eval::{Core, raise};
use crate::template::syntax::ast::Comparison;
use crate::template::table::Stop;
use std::cmp::Ordering;

/// Whether `left op right` holds, for the comparisons that need an order.
pub fn holds(op: Comparison, left: &Value, right: &Value) -> Result<bool, Stop> {
    let (symbol, wanted): (_, fn(Ordering) -> bool) = match op {
        Comparison::Lt => ("<", Ordering::is_lt),
        Comparison::Le => ("<=", Ordering::is_le),
        Comparison::Gt => (">", Ordering::is_gt),
        _ => (">=", Ordering::is_ge),
    };
    Ok(order(symbol, left, right)?.is_some_and(wanted))
}

/// How two values stand to each other; None when a NaN is involved. The error is Python's for types
/// that have no order.
pub fn order(symbol: &str, left: &Value, right: &Value) -> Result<Option<Ordering>, Stop> {
    Ok(match (&left.kind, &right.kind) {
        (Kind::Str(a), Kind::Str(b)) => Some(a.chars().cmp(b.chars())),
        (Kind::List(a), Kind::List(b)) | (Kind::Tuple(a), Kind::Tuple(b)) => {
            return sequences(symbol, a, b);
        }
        (Kind::Time(a), Kind::Time(b)) => match times(a, b) {
            Some(ordering) => Some(ordering),
            None => return unordered(symbol, left, right),
        },
        (Kind::Int(a), Kind::Int(b)) => Some(a.cmp(b)),
        _ => match (numeric(left), numeric(right)) {
            (Some(a), Some(b)) => numbers(&a, &b),
            _ => return unordered(symbol, left, right),
        },
    })
}

fn unordered<T>(symbol: &str, left: &Value, right: &Value) -> Result<T, Stop> {
    raise(format!(
        "'{symbol}' not supported between instances of '{}' and '{}'",
        super::type_name(left),
        super::type_name(right)
    ))
}

fn sequences(symbol: &str, a: &[Value], b: &[Value]) -> Result<Option<Ordering>, Stop> {
    for (x, y) in a.iter().zip(b) {
        if x != y {
            return order(symbol, x, y);
        }
    }
    Ok(Some(a.len().cmp(&b.len())))
}

enum Numeric {
    Int(num_bigint::BigInt),
    Float(f64),
}

fn numeric(value: &Value) -> Option<Numeric> {
    Some(match &value.kind {
        Kind::Int(n) => Numeric::Int((*n).into()),
        Kind::Bool(b) => Numeric::Int(u8::from(*b).into()),
        Kind::Big(n) => Numeric::Int((**n).clone()),
        Kind::Float(f) => Numeric::Float(*f),
        _ => return None,
    })
}

fn numbers(a: &Numeric, b: &Numeric) -> Option<Ordering> {
    use num_traits::ToPrimitive;
    match (a, b) {
        (Numeric::Int(a), Numeric::Int(b)) => Some(a.cmp(b)),
        (Numeric::Float(a), Numeric::Float(b)) => a.partial_cmp(b),
        (Numeric::Int(a), Numeric::Float(b)) => a.to_f64()?.partial_cmp(b),
        (Numeric::Float(a), Numeric::Int(b)) => a.partial_cmp(&b.to_f64()?),
    }
}

fn times(a: &Time, b: &Time) -> Option<Ordering> {
    Some(match (a, b) {
        (Time::Date(a), Time::Date(b)) => a.cmp(b),
        (Time::Delta(a), Time::Delta(b)) => a.cmp(b),
        (Time::DateTime(a, None), Time::DateTime(b, None)) => a.cmp(b),
        (Time::DateTime(a, Some(x)), Time::DateTime(b, Some(y))) => {
            x.to_timestamp(*a).ok()?.cmp(&y.to_timestamp(*b).ok()?)
        }
        _ => return None,
    })
}

impl Core<'_> {
    /// `item in container`
    pub fn contains(&self, container: &Value, item: &Value) -> Result<bool, Stop> {
        let container = &self.session.cells.now(container.clone());
        if let (Some(range), Kind::Int(n)) = (as_object::<RangeObject>(container), &item.kind) {
            return Ok(range.contains(*n));
        }
        match &container.kind {
            Kind::Str(text) => match &item.kind {
                Kind::Str(part) => Ok(text.contains(&**part)),
                _ => raise(format!(
                    "'in <string>' requires string as left operand, not {}",
                    item.class_name()
                )),
            },
            Kind::List(items) | Kind::Tuple(items) => {
                let item = self.deep(item)?;
                for candidate in items.iter() {
                    if self.deep(candidate)? == item {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Kind::Map(map) => match Key::of(item) {
                Some(key) => Ok(map.contains_key(&key)),
                None => raise(format!("unhashable type: '{}'", item.class_name())),
            },
            Kind::Object(object) => match (object.keys(), Key::of(item)) {
                (Some(keys), Some(key)) => Ok(keys.contains(&key)),
                _ => not_iterable(container),
            },
            _ => not_iterable(container),
        }
    }
}

fn not_iterable(container: &Value) -> Result<bool, Stop> {
    raise(format!("argument of type '{}' is not iterable", container.class_name()))
}
