//! Python's text forms: `str()` and `repr()`.

use super::{Kind, Time, Value};
use std::fmt::Write as _;

impl Value {
    /// Python's `str()`.
    pub fn text(&self) -> String {
        match &self.kind {
            Kind::Str(text) => text.to_string(),
            _ => self.repr(),
        }
    }

    /// Python's `repr()`.
    pub fn repr(&self) -> String {
        let mut out = String::new();
        write_repr(&mut out, self);
        out
    }
}

fn write_repr(out: &mut String, value: &Value) {
    match &value.kind {
        Kind::Null => out.push_str("None"),
        Kind::Bool(true) => out.push_str("True"),
        Kind::Bool(false) => out.push_str("False"),
        Kind::Int(n) => out.push_str(&format!("{n}")),
        Kind::Big(n) => out.push_str(&format!("{n}")),
        Kind::Float(f) => out.push_str(&float_text(*f)),
        Kind::Str(text) => write_str(out, text),
        Kind::List(items) => write_items(out, '[', items, "]"),
        Kind::Tuple(items) => {
            write_items(out, '(', items, if items.len() == 1 { ",)" } else { ")" })
        }
        Kind::Map(map) => {
            out.push('{');
            for (i, (key, item)) in map.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                write_repr(out, &key.value());
                out.push_str(": ");
                write_repr(out, item);
            }
            out.push('}');
        }
        Kind::Time(time) => out.push_str(&time_text(time)),
        Kind::Undefined(_) => out.push_str("Undefined"),
        Kind::Omit => out.push_str("<Omit>"),
        Kind::Vault(_) => out.push_str("'<vault>'"),
        Kind::Object(o) => out.push_str(&format!("<{}>", o.type_name())),
    }
}

fn write_items(out: &mut String, open: char, items: &[Value], close: &str) {
    out.push(open);
    for (i, item) in items.iter().enumerate() {
        out.push_str(if i > 0 { ", " } else { "" });
        write_repr(out, item);
    }
    out.push_str(close);
}

fn write_str(out: &mut String, text: &str) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => out.extend(['\\', c]),
            c if (c as u32) < 0x20 || (0x7f..0xa1).contains(&(c as u32)) || c == '\u{ad}' => {
                let _ = write!(out, "\\x{:02x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push(quote);
}

/// Python's shortest text of a double: `1.0`, `1e+16`, `1e-05`, `inf`, `nan`.
pub fn float_text(f: f64) -> String {
    if f.is_nan() {
        return "nan".to_string();
    }
    if f.is_infinite() {
        return if f > 0.0 { "inf" } else { "-inf" }.to_string();
    }
    let scientific = format!("{f:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if f != 0.0 && !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    let plain = format!("{f}");
    if plain.contains('.') { plain } else { plain + ".0" }
}

/// Python's `str()` of a date, datetime or timedelta.
fn time_text(time: &Time) -> String {
    match time {
        Time::Date(date) => date.to_string(),
        Time::DateTime(at, offset) => {
            let micros = at.subsec_nanosecond() / 1000;
            let mut text = at.strftime("%Y-%m-%d %H:%M:%S").to_string();
            if micros > 0 {
                let _ = write!(text, ".{micros:06}");
            }
            if let Some(offset) = offset {
                let seconds = offset.seconds();
                let sign = if seconds < 0 { '-' } else { '+' };
                let minutes = seconds.abs() / 60;
                let _ = write!(text, "{sign}{:02}:{:02}", minutes / 60, minutes % 60);
            }
            text
        }
        Time::Delta(delta) => delta_text(*delta),
    }
}

fn delta_text(delta: jiff::SignedDuration) -> String {
    let total = delta.as_micros();
    let day = 86_400_000_000_i128;
    let (days, rest) = (total.div_euclid(day), total.rem_euclid(day));
    let (seconds, micros) = (rest / 1_000_000, rest % 1_000_000);
    let mut text = match days {
        0 => String::new(),
        1 | -1 => format!("{days} day, "),
        _ => format!("{days} days, "),
    };
    let _ = write!(text, "{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if micros > 0 {
        let _ = write!(text, ".{micros:06}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_look_as_in_python() {
        let cases = [
            (1.0, "1.0"),
            (0.1, "0.1"),
            (1e16, "1e+16"),
            (1e15, "1000000000000000.0"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (-2.5e-7, "-2.5e-07"),
            (0.0, "0.0"),
        ];
        for (number, text) in cases {
            assert_eq!(float_text(number), text);
        }
    }

    #[test]
    fn containers_look_as_in_python() {
        let value: Value = [("a", Value::from(1)), ("b", Value::NULL), ("c", Value::from("it's"))]
            .into_iter()
            .collect();
        assert_eq!(value.text(), "{'a': 1, 'b': None, 'c': \"it's\"}");
        let tuple = Value::new(Kind::Tuple(std::sync::Arc::new(vec![Value::from(true)])));
        assert_eq!(tuple.text(), "(True,)");
    }
}
