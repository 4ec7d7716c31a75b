//! How Python's `int()` and `float()` read.

use super::order::float_of;
use super::text::is_space;
use crate::base::{Kind, Value};
use num_bigint::BigInt;
use num_traits::{FromPrimitive, Num};

/// `int(text, radix)`; None where Python raises `ValueError`. Radix 0 goes by the prefix.
pub fn parse_int(text: &str, radix: u32) -> Option<BigInt> {
    let text = text.trim_matches(is_space);
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, digits) = strip_prefix(digits, radix)?;
    let bare = bare_digits(digits)?;
    let number = BigInt::from_str_radix(&bare, radix).ok()?;
    Some(if negative { -number } else { number })
}

fn strip_prefix(digits: &str, radix: u32) -> Option<(u32, &str)> {
    let named = match digits.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0x") => 16,
        Some("0o") => 8,
        Some("0b") => 2,
        _ => 0,
    };
    if named != 0 && (radix == 0 || radix == named) {
        // One underscore may stand behind the prefix.
        let rest = &digits[2..];
        return Some((named, rest.strip_prefix('_').unwrap_or(rest)));
    }
    if radix != 0 {
        return Some((radix, digits));
    }
    let zeros = digits.chars().all(|c| c == '0' || c == '_');
    (zeros || !digits.starts_with('0')).then_some((10, digits))
}

/// Digits without the single underscores between them.
fn bare_digits(digits: &str) -> Option<String> {
    let misplaced = digits.starts_with('_') || digits.ends_with('_') || digits.contains("__");
    if digits.is_empty() || misplaced || digits.starts_with(['-', '+']) {
        return None;
    }
    Some(digits.replace('_', ""))
}

/// `float(text)`; None where Python raises `ValueError`.
pub fn parse_float(text: &str) -> Option<f64> {
    let text = text.trim_matches(is_space);
    let bytes = text.as_bytes();
    for (i, _) in text.match_indices('_') {
        let digit =
            |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
        if !digit(i.checked_sub(1)) || !digit(Some(i + 1)) {
            return None;
        }
    }
    text.replace('_', "").parse().ok()
}

/// `float(value)`; None where Python raises.
pub fn to_float(value: &Value) -> Option<f64> {
    match &value.kind {
        Kind::Str(text) => parse_float(text),
        _ => float_of(value),
    }
}

/// `int(f)`; None for NaN and the infinities.
pub fn truncate(f: f64) -> Option<BigInt> {
    BigInt::from_f64(f.trunc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_integers_as_python_does() {
        let read = |text, radix| parse_int(text, radix).map(|n| n.to_string());
        assert_eq!(read(" 42\n", 10).as_deref(), Some("42"));
        assert_eq!(read("0x1f", 16).as_deref(), Some("31"));
        assert_eq!(read("1f", 16).as_deref(), Some("31"));
        assert_eq!(read("0b11", 0).as_deref(), Some("3"));
        assert_eq!(read("0x1f", 10), None);
        assert_eq!(read("012", 0), None);
        assert_eq!(read("-1_000", 10).as_deref(), Some("-1000"));
        assert_eq!(read("1__0", 10), None);
        assert_eq!(read("+-1", 10), None);
        assert_eq!(read("", 10), None);
    }

    #[test]
    fn reads_floats_as_python_does() {
        assert_eq!(parse_float("1_0.5e1"), Some(105.0));
        assert_eq!(parse_float("_1"), None);
        assert_eq!(parse_float("x"), None);
        assert!(parse_float("inf").unwrap().is_infinite());
    }
}
