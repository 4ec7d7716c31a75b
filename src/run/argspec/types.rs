//! Values as the types of a specification take them (S-216).

use crate::base::value::from_json;
use crate::base::{Key, Kind, Map, Value};
use crate::spec::FromArg;
use crate::spec::args::{Arg, Dict};

const BOOLEANS: &str =
    "0, 1, 'n', 'no', 'off', '0', 'false', 'f', 'y', 'yes', 'on', '1', 'true', 't'";
const TRUE: [&str; 6] = ["y", "yes", "on", "1", "true", "t"];
const FALSE: [&str; 6] = ["n", "no", "off", "0", "false", "f"];

/// A value as a type takes it; the error is why it cannot. Of a secret nothing is told.
pub fn convert(kind: &str, value: &Value, secret: bool) -> Result<Value, String> {
    let converted = match kind {
        "str" | "path" => text(value),
        "bool" => boolean(value),
        "int" => integer(value),
        "float" => float(value),
        "list" => list(value),
        "dict" => dict(value),
        "raw" => Ok(value.clone()),
        "json" | "jsonarg" => json(value),
        "bytes" | "bits" => size(kind, value),
        other => return Err(format!("there is no type '{other}'")),
    };
    converted.map_err(|why| if secret { "the value is secret".to_string() } else { why })
}

/// Whether YAML read one of the choices as a boolean, and only one can be meant.
pub fn stands_for(value: &Value, choices: &[Value]) -> bool {
    let words: &[&str] = match value.text().as_str() {
        "True" => &TRUE,
        "False" => &FALSE,
        _ => return false,
    };
    let meant = choices.iter().filter(|choice| choice.as_str().is_some_and(|c| words.contains(&c)));
    meant.count() == 1
}

fn refuse(value: &Value, what: &str) -> Result<Value, String> {
    Err(format!("<class '{}'> cannot be converted to {what}", value.type_name()))
}

fn text(value: &Value) -> Result<Value, String> {
    match value.kind {
        Kind::Null => Err("'None' is not a string and conversion is not allowed".to_string()),
        Kind::Str(_) => Ok(value.clone()),
        _ => Ok(Value::str(value.text()).marked_as(value)),
    }
}

fn boolean(value: &Value) -> Result<Value, String> {
    if !matches!(value.kind, Kind::Bool(_) | Kind::Str(_) | Kind::Int(_) | Kind::Float(_)) {
        return refuse(value, "a bool");
    }
    bool::from_value(&Arg::of::<bool>("", ""), value).map(Value::from).map_err(|_| {
        let text = value.text();
        format!("The value '{text}' is not a valid boolean. Valid booleans include: {BOOLEANS}")
    })
}

fn integer(value: &Value) -> Result<Value, String> {
    if matches!(value.kind, Kind::Big(_) | Kind::Bool(_)) {
        return Ok(value.clone());
    }
    i64::from_value(&Arg::of::<i64>("", ""), value)
        .map(Value::from)
        .map_err(|_| format!("\"{}\" cannot be converted to an int", value.repr()))
}

fn float(value: &Value) -> Result<Value, String> {
    match f64::from_value(&Arg::of::<f64>("", ""), value) {
        Ok(number) => Ok(Value::new(Kind::Float(number))),
        Err(_) => refuse(value, "a float"),
    }
}

fn list(value: &Value) -> Result<Value, String> {
    match &value.kind {
        Kind::List(_) | Kind::Tuple(_) => Ok(value.clone()),
        Kind::Str(text) => Ok(Value::list(
            text.split(',').map(|part| Value::str(part.trim()).marked_as(value)).collect(),
        )),
        Kind::Int(_) | Kind::Float(_) | Kind::Bool(_) | Kind::Big(_) => {
            Ok(Value::list(vec![Value::str(value.text()).marked_as(value)]))
        }
        _ => refuse(value, "a list"),
    }
}

fn dict(value: &Value) -> Result<Value, String> {
    let Kind::Str(text) = &value.kind else {
        return if value.as_map().is_some() { Ok(value.clone()) } else { refuse(value, "a dict") };
    };
    if text.starts_with('{') && from_json(text).is_err() {
        return Err("unable to evaluate string as dictionary".to_string());
    }
    if !text.starts_with('{') && !text.contains('=') {
        return Err("dictionary requested, could not parse JSON or key=value".to_string());
    }
    match Dict::from_value(&Arg::of::<Dict>("", ""), value) {
        Ok(Dict(map)) => Ok(Value::map(marked(map, value))),
        Err(_) => {
            Err("unable to evaluate string in the \"key=value\" format as dictionary".to_string())
        }
    }
}

fn marked(map: Map, value: &Value) -> Map {
    let one = |(key, item): (Key, Value)| (key, item.marked_as(value));
    map.into_iter().map(one).collect()
}

fn json(value: &Value) -> Result<Value, String> {
    match value.kind {
        Kind::Str(_) | Kind::List(_) | Kind::Tuple(_) | Kind::Map(_) => Ok(value.clone()),
        _ => refuse(value, "a json string"),
    }
}

/// `10`, `1.5K`, `2 MB`, `8Mb`: a number with a unit of powers of 1024.
fn size(kind: &str, value: &Value) -> Result<Value, String> {
    let (what, unit) = if kind == "bits" { ("a Bit value", 'b') } else { ("a Byte value", 'B') };
    let text = value.text();
    let text = text.trim();
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, suffix) = (text[..split].parse::<f64>(), text[split..].trim());
    let mut letters = suffix.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    let scale = match first {
        None => Some(0),
        Some('B') if suffix == unit.to_string() => Some(0),
        Some(c) => "KMGTPEZY".find(c).map(|at| at as i32 + 1),
    };
    let rest = letters.as_str();
    let fits = rest.is_empty() || rest == unit.to_string();
    match (number, scale) {
        (Ok(number), Some(scale)) if fits => {
            Ok(Value::from((number * 1024_f64.powi(scale)).round() as i64))
        }
        _ => refuse(value, what),
    }
}
