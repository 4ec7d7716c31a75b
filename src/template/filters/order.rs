//! Python's `<` and its stable sort.

use super::bind::undefined;
use crate::base::{Kind, Time, Value};
use crate::template::table::Stop;
use num_bigint::BigInt;
use num_traits::ToPrimitive;
use std::cmp::Ordering;

/// How two values compare.
///
/// # Errors
/// `'<' not supported between instances of ...` when Python has no order for them.
pub fn compare(a: &Value, b: &Value) -> Result<Ordering, Stop> {
    compare_as("<", a, b)
}

/// As [`compare`], with the operator that an error names.
pub fn compare_as(operator: &str, a: &Value, b: &Value) -> Result<Ordering, Stop> {
    match (&a.kind, &b.kind) {
        (Kind::Undefined(why), _) | (_, Kind::Undefined(why)) => Err(undefined(&why.message)),
        (Kind::Str(a), Kind::Str(b)) => Ok(a.cmp(b)),
        (Kind::List(x), Kind::List(y)) | (Kind::Tuple(x), Kind::Tuple(y)) => {
            compare_items(operator, x, y)
        }
        (Kind::Time(x), Kind::Time(y)) => {
            compare_times(x, y).ok_or_else(|| unordered(operator, a, b))
        }
        _ => compare_numbers(a, b).ok_or_else(|| unordered(operator, a, b)),
    }
}

fn unordered(operator: &str, a: &Value, b: &Value) -> Stop {
    Stop::fault(format!(
        "'{operator}' not supported between instances of '{}' and '{}'",
        a.class_name(),
        b.class_name()
    ))
}

fn compare_items(operator: &str, a: &[Value], b: &[Value]) -> Result<Ordering, Stop> {
    for (x, y) in a.iter().zip(b) {
        if x != y {
            return compare_as(operator, x, y);
        }
    }
    Ok(a.len().cmp(&b.len()))
}

fn compare_times(a: &Time, b: &Time) -> Option<Ordering> {
    match (a, b) {
        (Time::Date(a), Time::Date(b)) => Some(a.cmp(b)),
        (Time::Delta(a), Time::Delta(b)) => Some(a.cmp(b)),
        (Time::DateTime(a, None), Time::DateTime(b, None)) => Some(a.cmp(b)),
        (Time::DateTime(a, Some(x)), Time::DateTime(b, Some(y))) => {
            Some(x.to_timestamp(*a).ok()?.cmp(&y.to_timestamp(*b).ok()?))
        }
        _ => None,
    }
}

fn compare_numbers(a: &Value, b: &Value) -> Option<Ordering> {
    if let (Kind::Float(_), _) | (_, Kind::Float(_)) = (&a.kind, &b.kind) {
        let (x, y) = (float_of(a)?, float_of(b)?);
        // NaN has no order; Python's sort leaves it where it is.
        return Some(x.partial_cmp(&y).unwrap_or(Ordering::Equal));
    }
    Some(big_of(a)?.cmp(&big_of(b)?))
}

/// A number as a double; None for other values.
pub fn float_of(value: &Value) -> Option<f64> {
    match &value.kind {
        Kind::Float(f) => Some(*f),
        Kind::Int(n) => Some(*n as f64),
        Kind::Bool(b) => Some(f64::from(u8::from(*b))),
        Kind::Big(n) => n.to_f64(),
        _ => None,
    }
}

/// A whole number of any size; None for other values.
pub fn big_of(value: &Value) -> Option<BigInt> {
    match &value.kind {
        Kind::Int(n) => Some(BigInt::from(*n)),
        Kind::Bool(b) => Some(BigInt::from(u8::from(*b))),
        Kind::Big(n) => Some((**n).clone()),
        _ => None,
    }
}

/// The order of `keys`, stable, as indexes; with `reverse`, equal ones keep their order too.
pub fn sorted(keys: &[Value], reverse: bool) -> Result<Vec<usize>, Stop> {
    let mut order: Vec<usize> = (0..keys.len()).collect();
    if reverse {
        order.reverse();
    }
    let mut order = merge_sort(order, keys)?;
    if reverse {
        order.reverse();
    }
    Ok(order)
}

/// The standard library's sort may panic on keys without a total order; this one just stops.
fn merge_sort(mut order: Vec<usize>, keys: &[Value]) -> Result<Vec<usize>, Stop> {
    if order.len() < 2 {
        return Ok(order);
    }
    let right = merge_sort(order.split_off(order.len() / 2), keys)?;
    let left = merge_sort(order, keys)?;
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut i, mut j) = (0, 0);
    while i < left.len() && j < right.len() {
        if compare(&keys[right[j]], &keys[left[i]])? == Ordering::Less {
            merged.push(right[j]);
            j += 1;
        } else {
            merged.push(left[i]);
            i += 1;
        }
    }
    merged.extend_from_slice(&left[i..]);
    merged.extend_from_slice(&right[j..]);
    Ok(merged)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(keys: &[i64], reverse: bool) -> Vec<usize> {
        let keys: Vec<Value> = keys.iter().map(|k| Value::from(*k)).collect();
        sorted(&keys, reverse).unwrap()
    }

    #[test]
    fn equal_keys_keep_their_order_both_ways() {
        assert_eq!(order(&[2, 1, 2, 1], false), [1, 3, 0, 2]);
        assert_eq!(order(&[2, 1, 2, 1], true), [0, 2, 1, 3]);
    }

    #[test]
    fn what_python_cannot_order_stops() {
        let keys = [Value::from("a"), Value::from(1)];
        let text = sorted(&keys, false).unwrap_err().into_diagnostic().unwrap().message;
        assert_eq!(text, "'<' not supported between instances of 'int' and 'str'");
    }

    #[test]
    fn numbers_of_all_kinds_compare() {
        let big = Value::big(BigInt::from(i64::MAX) + 1);
        assert_eq!(compare(&big, &Value::from(1)).unwrap(), Ordering::Greater);
        assert_eq!(compare(&Value::from(true), &Value::from(0.5)).unwrap(), Ordering::Greater);
    }
}
