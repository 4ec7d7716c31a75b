//! JSON as Python's json module reads and writes it.

use super::{Key, Kind, Map, Value, float_text};
use num_bigint::BigInt;
use std::fmt::Write as _;

/// How JSON is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Spaces per level; None for one line with `, ` and `: `.
    pub indent: Option<usize>,
    /// Whether keys are sorted.
    pub sort_keys: bool,
    /// Whether non-ASCII characters become `\uXXXX`.
    pub ensure_ascii: bool,
}

impl Layout {
    /// One line, keys in order, ASCII only: what `json.dumps` does.
    pub const DUMPS: Self = Self { indent: None, sort_keys: false, ensure_ascii: true };
    /// One line, sorted, raw characters: a result as Ansible's default output prints it.
    pub const RESULT: Self = Self { indent: None, sort_keys: true, ensure_ascii: false };
    /// Four spaces, sorted, raw characters: a result shown verbosely.
    pub const VERBOSE: Self = Self { indent: Some(4), sort_keys: true, ensure_ascii: false };
}

/// The JSON text of a value. Undefined, omit, vault and objects become null, text or `<name>`:
/// callers render values before they write them.
pub fn to_json(value: &Value, layout: Layout) -> String {
    let mut out = String::new();
    write(&mut out, value, layout, 0);
    out
}

/// The value of a JSON text; the error has serde's words with line and column.
pub fn from_json(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str::<serde_json::Value>(text).map(|json| convert(&json))
}

fn convert(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::NULL,
        serde_json::Value::Bool(b) => Value::from(*b),
        serde_json::Value::Number(number) => convert_number(&number.to_string()),
        serde_json::Value::String(text) => Value::str(text.as_str()),
        serde_json::Value::Array(items) => Value::list(items.iter().map(convert).collect()),
        serde_json::Value::Object(map) => {
            let entries = map.iter().map(|(k, v)| (Key::from(k.as_str()), convert(v)));
            Value::map(entries.collect::<Map>())
        }
    }
}

fn convert_number(text: &str) -> Value {
    if let Ok(whole) = text.parse::<BigInt>() {
        return Value::big(whole);
    }
    Value::from(text.parse::<f64>().unwrap_or(f64::NAN))
}

fn write(out: &mut String, value: &Value, layout: Layout, depth: usize) {
    match &value.kind {
        Kind::Null | Kind::Undefined(_) | Kind::Omit => out.push_str("null"),
        Kind::Bool(b) => out.push_str(&format!("{b}")),
        Kind::Int(n) => out.push_str(&format!("{n}")),
        Kind::Big(n) => out.push_str(&format!("{n}")),
        Kind::Float(f) => out.push_str(&json_float(*f)),
        Kind::List(items) | Kind::Tuple(items) => write_list(out, items, layout, depth),
        Kind::Map(map) => write_map(out, map, layout, depth),
        _ => write_text(out, &value.text(), layout.ensure_ascii),
    }
}

fn json_float(f: f64) -> String {
    match float_text(f).as_str() {
        "nan" => "NaN".to_string(),
        "inf" => "Infinity".to_string(),
        "-inf" => "-Infinity".to_string(),
        text => text.to_string(),
    }
}

fn write_list(out: &mut String, items: &[Value], layout: Layout, depth: usize) {
    if items.is_empty() {
        out.push_str("[]");
        return;
    }
    out.push('[');
    for (i, item) in items.iter().enumerate() {
        separate(out, i, layout, depth + 1);
        write(out, item, layout, depth + 1);
    }
    close(out, layout, depth);
    out.push(']');
}

fn write_map(out: &mut String, map: &Map, layout: Layout, depth: usize) {
    if map.is_empty() {
        out.push_str("{}");
        return;
    }
    let mut entries: Vec<(String, &Value)> = map.iter().map(|(k, v)| (k.json_text(), v)).collect();
    if layout.sort_keys {
        entries.sort_by(|a, b| a.0.cmp(&b.0));
    }
    out.push('{');
    for (i, (key, item)) in entries.into_iter().enumerate() {
        separate(out, i, layout, depth + 1);
        write_text(out, &key, layout.ensure_ascii);
        out.push_str(": ");
        write(out, item, layout, depth + 1);
    }
    close(out, layout, depth);
    out.push('}');
}

fn separate(out: &mut String, index: usize, layout: Layout, depth: usize) {
    match layout.indent {
        None => out.push_str(if index > 0 { ", " } else { "" }),
        Some(width) => {
            out.push_str(if index > 0 { ",\n" } else { "\n" });
            out.push_str(&" ".repeat(width * depth));
        }
    }
}

fn close(out: &mut String, layout: Layout, depth: usize) {
    if let Some(width) = layout.indent {
        out.push('\n');
        out.push_str(&" ".repeat(width * depth));
    }
}

fn write_text(out: &mut String, text: &str, ascii: bool) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if (c as u32) < 0x20 || (ascii && !c.is_ascii()) => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_what_python_writes() {
        let value: Value =
            [("b", Value::from(vec![1_i64, 2])), ("a", Value::from("ä\n"))].into_iter().collect();
        assert_eq!(to_json(&value, Layout::RESULT), "{\"a\": \"ä\\n\", \"b\": [1, 2]}");
        assert_eq!(to_json(&value, Layout::DUMPS), "{\"b\": [1, 2], \"a\": \"\\u00e4\\n\"}");
        let nested: Value = [("a", value)].into_iter().collect();
        let text = to_json(&nested, Layout { indent: Some(4), ..Layout::DUMPS });
        assert!(text.starts_with("{\n    \"a\": {\n        \"b\": [\n            1,"));
    }

    #[test]
    fn numbers_keep_their_kind() {
        assert!(matches!(from_json("1").unwrap().kind, Kind::Int(1)));
        assert!(matches!(from_json("1.0").unwrap().kind, Kind::Float(_)));
        assert!(matches!(from_json("18446744073709551616").unwrap().kind, Kind::Big(_)));
    }
}
