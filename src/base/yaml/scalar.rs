//! The values of scalars: numbers, booleans and bytes as `PyYAML` constructs them.

use super::tag::Tag;
use super::timestamp;
use crate::base::{Kind, Value};
use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use num_bigint::BigInt;
use std::sync::Arc;

/// The value of a scalar under a tag for scalars; the error has no position.
pub(super) fn construct(tag: Tag<'_>, text: &Arc<str>) -> Result<Value, String> {
    match tag {
        Tag::Null => Ok(Value::NULL),
        Tag::Bool => boolean(text),
        Tag::Int => integer(text),
        Tag::Float => float(text).map(Value::from),
        Tag::Time => timestamp::parse(text).map(|time| Value::new(Kind::Time(time))),
        Tag::Binary => binary(text),
        _ => Ok(Value::str(Arc::clone(text))),
    }
}

fn boolean(text: &str) -> Result<Value, String> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" | "on" => Ok(Value::from(true)),
        "no" | "false" | "off" => Ok(Value::from(false)),
        _ => Err(format!("'{text}' is no boolean")),
    }
}

fn integer(written: &str) -> Result<Value, String> {
    let text = written.replace('_', "");
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    let number = match digits.strip_prefix('0') {
        Some("") => BigInt::ZERO,
        Some(rest) if rest.starts_with('b') => based(&rest[1..], 2)?,
        Some(rest) if rest.starts_with('x') => based(&rest[1..], 16)?,
        Some(_) => based(digits, 8)?,
        None => digits
            .split(':')
            .try_fold(BigInt::ZERO, |sum, part| based(part, 10).map(|part| sum * 60 + part))?,
    };
    Ok(Value::big(if negative { -number } else { number }))
}

fn based(digits: &str, base: u32) -> Result<BigInt, String> {
    BigInt::parse_bytes(digits.as_bytes(), base)
        .ok_or_else(|| format!("invalid literal for int() with base {base}: '{digits}'"))
}

fn float(written: &str) -> Result<f64, String> {
    let text = written.replace('_', "").to_ascii_lowercase();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1.0, digits),
        None => (1.0, text.strip_prefix('+').unwrap_or(&text)),
    };
    match digits {
        ".inf" => return Ok(sign * f64::INFINITY),
        ".nan" => return Ok(f64::NAN),
        _ => {}
    }
    let sum = digits
        .split(':')
        .try_fold(0.0, |sum, part| part.parse::<f64>().map(|part| sum * 60.0 + part));
    sum.map(|sum| sign * sum).map_err(|_| format!("could not convert string to float: '{written}'"))
}

/// Bytes are text here, hence they must be UTF-8. Python skips what is no base64 character.
fn binary(text: &str) -> Result<Value, String> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let engine = GeneralPurpose::new(&base64::alphabet::STANDARD, config);
    let is_code = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    let code: String = text.chars().filter(is_code).collect();
    let bytes =
        engine.decode(code).map_err(|error| format!("failed to decode base64 data: {error}"))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| "the '!!binary' data is not UTF-8 text".to_string())?;
    Ok(Value::str(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(tag: Tag<'_>, text: &str) -> String {
        construct(tag, &text.into()).map_or_else(|e| e, |v| v.repr())
    }

    #[test]
    fn numbers_are_pyyamls() {
        assert_eq!(value(Tag::Int, "0644"), "420");
        assert_eq!(value(Tag::Int, "-0x1_F"), "-31");
        assert_eq!(value(Tag::Int, "0b101"), "5");
        assert_eq!(value(Tag::Int, "190:20:30"), "685230");
        assert_eq!(value(Tag::Int, "18446744073709551616"), "18446744073709551616");
        assert_eq!(value(Tag::Int, "0_"), "0");
        assert_eq!(value(Tag::Int, "x"), "invalid literal for int() with base 10: 'x'");
        assert_eq!(value(Tag::Float, "-12:30:45.5"), "-45045.5");
        assert_eq!(value(Tag::Float, "1_0.5e+3"), "10500.0");
        assert_eq!(value(Tag::Float, "-.INF"), "-inf");
        assert_eq!(value(Tag::Float, "x"), "could not convert string to float: 'x'");
        assert_eq!(value(Tag::Bool, "yEs"), "True");
        assert_eq!(value(Tag::Binary, "aGVs\n bG8="), "'hello'");
        assert_eq!(value(Tag::Binary, "/w=="), "the '!!binary' data is not UTF-8 text");
    }
}
