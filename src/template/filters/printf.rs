//! Python's `%` formatting of text.

use super::bind::undefined;
use super::order::{big_of, float_of};
use crate::base::{Key, Kind, Value};
use crate::template::table::Stop;
use num_bigint::{BigInt, Sign};

/// One `%` conversion.
#[derive(Default)]
#[allow(clippy::struct_excessive_bools)] // one for each of printf's flags
struct Spec {
    key: Option<String>,
    left: bool,
    plus: bool,
    space: bool,
    zero: bool,
    alternate: bool,
    width: usize,
    precision: Option<usize>,
    conversion: char,
    index: usize,
}

/// Where the arguments come from.
struct Source<'a> {
    given: &'a Value,
    items: Vec<&'a Value>,
    next: usize,
    by_key: bool,
}

/// `text % given`: a tuple gives several arguments, a dict named ones, anything else is the only one.
pub fn format(text: &str, given: &Value) -> Result<String, Stop> {
    let items = match &given.kind {
        Kind::Tuple(items) => items.iter().collect(),
        _ => vec![given],
    };
    let mut source = Source { given, items, next: 0, by_key: false };
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::new();
    let mut at = 0;
    while at < chars.len() {
        if chars[at] != '%' {
            out.push(chars[at]);
            at += 1;
            continue;
        }
        let spec = parse(&chars, &mut at, &mut source)?;
        out.push_str(&convert(&spec, &mut source)?);
    }
    source.finish()?;
    Ok(out)
}

impl<'a> Source<'a> {
    fn take(&mut self) -> Result<&'a Value, Stop> {
        let item = self.items.get(self.next).copied();
        self.next += 1;
        item.ok_or_else(|| Stop::fault("not enough arguments for format string"))
    }

    fn named(&mut self, key: &str) -> Result<&'a Value, Stop> {
        self.by_key = true;
        let Kind::Map(map) = &self.given.kind else {
            return Err(Stop::fault("format requires a mapping"));
        };
        map.get(&Key::from(key)).ok_or_else(|| Stop::fault(Value::from(key).repr()))
    }

    fn finish(&self) -> Result<(), Stop> {
        let spare = match self.given.kind {
            Kind::Map(_) | Kind::List(_) => false,
            _ => !self.by_key && self.next < self.items.len(),
        };
        if spare {
            Err(Stop::fault("not all arguments converted during string formatting"))
        } else {
            Ok(())
        }
    }
}

/// Reads the conversion that begins at `at`, and goes behind it.
fn parse(chars: &[char], at: &mut usize, source: &mut Source) -> Result<Spec, Stop> {
    let mut spec = Spec::default();
    *at += 1;
    if chars.get(*at) == Some(&'(') {
        let end = chars[*at..].iter().position(|c| *c == ')');
        let end = end.ok_or_else(|| Stop::fault("incomplete format key"))? + *at;
        spec.key = Some(chars[*at + 1..end].iter().collect());
        *at = end + 1;
    }
    while let Some(c) = chars.get(*at) {
        match c {
            '-' => spec.left = true,
            '+' => spec.plus = true,
            ' ' => spec.space = true,
            '0' => spec.zero = true,
            '#' => spec.alternate = true,
            _ => break,
        }
        *at += 1;
    }
    let width = number(chars, at, source)?.unwrap_or(0);
    spec.left |= width < 0;
    spec.width = width.unsigned_abs() as usize;
    if chars.get(*at) == Some(&'.') {
        *at += 1;
        spec.precision = Some(number(chars, at, source)?.unwrap_or(0).max(0) as usize);
    }
    while matches!(chars.get(*at), Some('h' | 'l' | 'L')) {
        *at += 1;
    }
    spec.index = *at;
    spec.conversion = *chars.get(*at).ok_or_else(|| Stop::fault("incomplete format"))?;
    *at += 1;
    Ok(spec)
}

/// A width or precision; `*` takes it from the arguments.
fn number(chars: &[char], at: &mut usize, source: &mut Source) -> Result<Option<i64>, Stop> {
    if chars.get(*at) == Some(&'*') {
        *at += 1;
        let width = source.take()?.as_int();
        return width.map(Some).ok_or_else(|| Stop::fault("* wants int"));
    }
    let digits: String = chars[*at..].iter().take_while(|c| c.is_ascii_digit()).collect();
    *at += digits.len();
    if digits.is_empty() {
        return Ok(None);
    }
    match digits.parse::<i64>() {
        Ok(n) if n < 1_000_000 => Ok(Some(n)),
        _ => Err(Stop::fault("width too big")),
    }
}

fn convert(spec: &Spec, source: &mut Source) -> Result<String, Stop> {
    if spec.conversion == '%' {
        return Ok("%".to_string());
    }
    let value = match &spec.key {
        Some(key) => source.named(key)?,
        None => source.take()?,
    };
    if let Kind::Undefined(why) = &value.kind {
        return Err(undefined(&why.message));
    }
    match spec.conversion {
        's' => Ok(pad(spec, cut(spec, value.text()))),
        'r' => Ok(pad(spec, cut(spec, value.repr()))),
        'a' => Ok(pad(spec, cut(spec, ascii(&value.repr())))),
        'c' => Ok(pad(spec, character(value)?)),
        'd' | 'i' | 'u' => whole(spec, value, 10),
        'o' => whole(spec, value, 8),
        'x' | 'X' => whole(spec, value, 16),
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' => real(spec, value),
        c => Err(Stop::fault(format!(
            "unsupported format character '{c}' (0x{:x}) at index {}",
            c as u32, spec.index
        ))),
    }
}

fn cut(spec: &Spec, text: String) -> String {
    match spec.precision {
        Some(most) => text.chars().take(most).collect(),
        None => text,
    }
}

fn pad(spec: &Spec, text: String) -> String {
    let missing = spec.width.saturating_sub(text.chars().count());
    let blanks = " ".repeat(missing);
    if spec.left { text + &blanks } else { blanks + &text }
}

fn ascii(text: &str) -> String {
    let escape = |c: char| match c as u32 {
        0..=0x7f => c.to_string(),
        n @ 0x80..=0xff => format!("\\x{n:02x}"),
        n @ 0x100..=0xffff => format!("\\u{n:04x}"),
        n => format!("\\U{n:08x}"),
    };
    text.chars().map(escape).collect()
}

fn character(value: &Value) -> Result<String, Stop> {
    let char_of = |n: i64| u32::try_from(n).ok().and_then(char::from_u32);
    match &value.kind {
        Kind::Str(text) if text.chars().count() == 1 => Ok(text.to_string()),
        Kind::Int(n) => char_of(*n)
            .map(String::from)
            .ok_or_else(|| Stop::fault("%c arg not in range(0x110000)")),
        _ => Err(Stop::fault("%c requires int or char")),
    }
}

fn whole(spec: &Spec, value: &Value, radix: u32) -> Result<String, Stop> {
    let number = match (&value.kind, radix) {
        (Kind::Float(f), 10) => truncated(*f)?,
        _ => big_of(value).ok_or_else(|| wants(spec, value, radix))?,
    };
    let mut digits = number.magnitude().to_str_radix(radix);
    if let Some(least) = spec.precision {
        digits = "0".repeat(least.saturating_sub(digits.len())) + &digits;
    }
    let prefix = match (spec.alternate, radix) {
        (true, 8) => "0o",
        (true, 16) => "0x",
        _ => "",
    };
    let (prefix, digits) = match spec.conversion {
        'X' => (prefix.to_uppercase(), digits.to_uppercase()),
        _ => (prefix.to_string(), digits),
    };
    Ok(signed(spec, number.sign() == Sign::Minus, &prefix, &digits))
}

fn truncated(f: f64) -> Result<BigInt, Stop> {
    use num_traits::FromPrimitive;
    if f.is_nan() {
        return Err(Stop::fault("cannot convert float NaN to integer"));
    }
    BigInt::from_f64(f.trunc())
        .ok_or_else(|| Stop::fault("cannot convert float infinity to integer"))
}

fn wants(spec: &Spec, value: &Value, radix: u32) -> Stop {
    let what = if radix == 10 { "a real number" } else { "an integer" };
    let kind = value.type_name();
    Stop::fault(format!("%{} format: {what} is required, not {kind}", spec.conversion))
}

/// Sign, prefix and padding of a number.
fn signed(spec: &Spec, negative: bool, prefix: &str, digits: &str) -> String {
    let sign = match (negative, spec.plus, spec.space) {
        (true, ..) => "-",
        (_, true, _) => "+",
        (_, _, true) => " ",
        _ => "",
    };
    let head = format!("{sign}{prefix}");
    if spec.zero && !spec.left {
        let missing = spec.width.saturating_sub(head.len() + digits.len());
        return format!("{head}{}{digits}", "0".repeat(missing));
    }
    pad(spec, format!("{head}{digits}"))
}

fn real(spec: &Spec, value: &Value) -> Result<String, Stop> {
    let number = float_of(value).ok_or_else(|| {
        let kind = value.type_name();
        Stop::fault(format!("must be real number, not {kind}"))
    })?;
    let size = number.abs();
    let precision = spec.precision.unwrap_or(6);
    let digits = if number.is_nan() {
        "nan".to_string()
    } else if number.is_infinite() {
        "inf".to_string()
    } else {
        match spec.conversion.to_ascii_lowercase() {
            'f' => format!("{size:.precision$}"),
            'e' => scientific(size, precision),
            _ => general(size, precision, spec.alternate),
        }
    };
    let digits = if spec.conversion.is_ascii_uppercase() { digits.to_uppercase() } else { digits };
    Ok(signed(spec, number.is_sign_negative() && !number.is_nan(), "", &digits))
}

/// `d.ddde+XX` with at least two digits of exponent.
fn scientific(size: f64, precision: usize) -> String {
    let text = format!("{size:.precision$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// The shorter of both forms, without trailing zeros unless `alternate`.
pub fn general(size: f64, precision: usize, alternate: bool) -> String {
    let significant = precision.max(1);
    let text = scientific(size, significant - 1);
    let exponent: i32 = text.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
    let plain = (-4..significant as i32).contains(&exponent);
    let (digits, tail) = if plain {
        (format!("{size:.*}", (significant as i32 - 1 - exponent).max(0) as usize), String::new())
    } else {
        match text.split_once('e') {
            Some((digits, tail)) => (digits.to_string(), format!("e{tail}")),
            None => (text, String::new()),
        }
    };
    if alternate || !digits.contains('.') {
        return digits + &tail;
    }
    digits.trim_end_matches('0').trim_end_matches('.').to_string() + &tail
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn filled(text: &str, items: Vec<Value>) -> String {
        match format(text, &Value::new(Kind::Tuple(Arc::new(items)))) {
            Ok(text) => text,
            Err(stop) => stop.into_diagnostic().unwrap().message,
        }
    }

    #[test]
    fn fills_in_as_python_does() {
        assert_eq!(
            filled("%5.2f|%-4d|%04d", vec![1.005.into(), 3.into(), (-7).into()]),
            " 1.00|3   |-007"
        );
        assert_eq!(
            filled("%x %#o %e", vec![255.into(), 8.into(), 12345.678.into()]),
            "ff 0o10 1.234568e+04"
        );
        assert_eq!(
            filled("%g %g %g", vec![0.0001.into(), 1e20.into(), 2.5.into()]),
            "0.0001 1e+20 2.5"
        );
        assert_eq!(filled("%s %r %%", vec!["a".into(), "a".into()]), "a 'a' %");
        assert_eq!(filled("%*d", vec![4.into(), 7.into()]), "   7");
    }

    #[test]
    fn errors_are_pythons() {
        assert_eq!(filled("%s %s", vec![1.into()]), "not enough arguments for format string");
        assert_eq!(
            filled("x", vec![1.into()]),
            "not all arguments converted during string formatting"
        );
        assert_eq!(filled("%d", vec!["a".into()]), "%d format: a real number is required, not str");
        assert_eq!(
            filled("%y", vec![1.into()]),
            "unsupported format character 'y' (0x79) at index 1"
        );
    }
}
