//! Numbers as text: what `%`, `format` and format specifications need.

use crate::base::{Kind, Value};
use num_bigint::{BigInt, Sign as BigSign};
use num_traits::{FromPrimitive, ToPrimitive};

/// What stands before a number that is not negative.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Sign {
    /// Nothing.
    #[default]
    None,
    /// `+`
    Always,
    /// A blank.
    Blank,
}

impl Sign {
    /// The sign of a number.
    pub fn text(self, negative: bool) -> &'static str {
        match (negative, self) {
            (true, _) => "-",
            (false, Self::Always) => "+",
            (false, Self::Blank) => " ",
            (false, Self::None) => "",
        }
    }
}

/// An integer; a float counts too when `truncate` is set.
pub fn whole(value: &Value, truncate: bool) -> Option<BigInt> {
    match &value.kind {
        Kind::Int(n) => Some((*n).into()),
        Kind::Bool(b) => Some(u8::from(*b).into()),
        Kind::Big(n) => Some((**n).clone()),
        Kind::Float(f) if truncate => BigInt::from_f64(f.trunc()),
        _ => None,
    }
}

/// A number as a double.
pub fn real(value: &Value) -> Option<f64> {
    match &value.kind {
        Kind::Float(f) => Some(*f),
        _ => whole(value, false)?.to_f64(),
    }
}

/// Whether it is negative, and its digits.
pub fn digits(number: &BigInt, radix: u32, upper: bool) -> (bool, String) {
    let digits = number.magnitude().to_str_radix(radix);
    let digits = if upper { digits.to_uppercase() } else { digits };
    (number.sign() == BigSign::Minus, digits)
}

/// A double without its sign as `%e`, `%f` or `%g` write it.
pub fn float_text(number: f64, kind: char, precision: usize, alternate: bool) -> String {
    let text = if number.is_nan() {
        "nan".to_string()
    } else if number.is_infinite() {
        "inf".to_string()
    } else {
        match kind.to_ascii_lowercase() {
            'e' => exponent(number, precision),
            'f' => format!("{number:.precision$}"),
            _ => general(number, precision, alternate),
        }
    };
    if kind.is_ascii_uppercase() { text.to_uppercase() } else { text }
}

fn exponent(number: f64, precision: usize) -> String {
    let text = format!("{number:.precision$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

fn general(number: f64, precision: usize, alternate: bool) -> String {
    let precision = precision.max(1);
    let probe = format!("{number:.*e}", precision - 1);
    let power: i64 = probe.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
    let limit = i64::try_from(precision).unwrap_or(i64::MAX);
    if !(-4..limit).contains(&power) {
        let text = exponent(number, precision - 1);
        if alternate {
            return text;
        }
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "+00"));
        return format!("{}e{exponent}", trimmed(digits));
    }
    let decimals = usize::try_from(limit - 1 - power).unwrap_or(0);
    let text = format!("{number:.decimals$}");
    if alternate { text } else { trimmed(&text).to_string() }
}

/// Without zeros at the end of a fraction.
fn trimmed(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

/// Digits with a separator between groups.
pub fn grouped(digits: &str, separator: char, size: usize) -> String {
    let (whole, fraction) = match digits.find(['.', 'e', 'E']) {
        Some(at) => digits.split_at(at),
        None => (digits, ""),
    };
    let mut out = String::new();
    for (index, c) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % size == 0 {
            out.push(separator);
        }
        out.push(c);
    }
    out + fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_look_as_in_c() {
        assert_eq!(float_text(1234.5, 'e', 6, false), "1.234500e+03");
        assert_eq!(float_text(0.0001, 'g', 6, false), "0.0001");
        assert_eq!(float_text(1_234_567.0, 'g', 6, false), "1.23457e+06");
        assert_eq!(float_text(100_000.0, 'g', 6, false), "100000");
        assert_eq!(grouped("1234567.25", ',', 3), "1,234,567.25");
    }
}
