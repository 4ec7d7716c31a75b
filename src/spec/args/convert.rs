//! Conversions as Ansible's argument specifications do them (S-216).

use super::{Arg, ArgError, ArgType, Dict};
use crate::base::value::{Layout, from_json, to_json};
use crate::base::{Key, Kind, Map, Value};

/// What an argument can be read into.
pub trait FromArg: Sized {
    /// Documented type.
    const KIND: ArgType;
    /// Documented type of a list's items.
    const ELEMENTS: Option<ArgType> = None;
    /// Documented choices.
    const CHOICES: &'static [&'static str] = &[];
    /// Converts a value that was given.
    fn from_value(arg: &Arg, value: &Value) -> Result<Self, ArgError>;
    /// What it is when nothing was given and there is no default.
    fn from_nothing(arg: &Arg) -> Result<Self, ArgError> {
        Err(ArgError::missing(&[arg.name]))
    }
}

impl FromArg for String {
    const KIND: ArgType = ArgType::Str;
    fn from_value(arg: &Arg, value: &Value) -> Result<Self, ArgError> {
        Ok(match &value.kind {
            Kind::List(_) | Kind::Tuple(_) | Kind::Map(_) if arg.kind == ArgType::Json => {
                to_json(value, Layout::DUMPS)
            }
            Kind::Null => Self::new(),
            _ => value.text(),
        })
    }
    fn from_nothing(_: &Arg) -> Result<Self, ArgError> {
        Ok(Self::new())
    }
}

impl FromArg for bool {
    const KIND: ArgType = ArgType::Bool;
    fn from_value(arg: &Arg, value: &Value) -> Result<Self, ArgError> {
        truth(value).ok_or_else(|| {
            let given = value.repr();
            ArgError::convert(
                arg,
                value,
                "bool",
                &format!("The value {given} is not a valid boolean. Valid booleans include: 0, 0.0, '0', 'f', 'false', 'n', 'no', 'off', 1, 1.0, '1', 'on', 't', 'true', 'y', 'yes'"),
            )
        })
    }
    fn from_nothing(_: &Arg) -> Result<Self, ArgError> {
        Ok(false)
    }
}

/// Ansible's reading of a boolean.
fn truth(value: &Value) -> Option<bool> {
    match &value.kind {
        Kind::Bool(b) => Some(*b),
        Kind::Int(n @ (0 | 1)) => Some(*n == 1),
        Kind::Float(f) if *f == 0.0 || *f == 1.0 => Some(*f == 1.0),
        Kind::Str(text) => match text.trim().to_lowercase().as_str() {
            "y" | "yes" | "on" | "1" | "true" | "t" | "1.0" => Some(true),
            "n" | "no" | "off" | "0" | "false" | "f" | "0.0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

impl FromArg for i64 {
    const KIND: ArgType = ArgType::Int;
    fn from_value(arg: &Arg, value: &Value) -> Result<Self, ArgError> {
        let number = match &value.kind {
            Kind::Int(n) => Some(*n),
            Kind::Bool(b) => Some(Self::from(*b)),
            Kind::Float(f) if f.fract() == 0.0 => Some(*f as Self),
            Kind::Str(text) => text.trim().replace('_', "").parse().ok().or_else(|| whole(text)),
            _ => None,
        };
        number.ok_or_else(|| {
            let why = format!("\"{}\" cannot be converted to an int", value.repr());
            ArgError::convert(arg, value, "int", &why)
        })
    }
}

/// `5.0` is an int for Ansible, `5.5` is not.
fn whole(text: &str) -> Option<i64> {
    text.trim().parse::<f64>().ok().filter(|f| f.fract() == 0.0).map(|f| f as i64)
}

impl FromArg for f64 {
    const KIND: ArgType = ArgType::Float;
    fn from_value(arg: &Arg, value: &Value) -> Result<Self, ArgError> {
        let number = match &value.kind {
            Kind::Int(n) => Some(*n as Self),
            Kind::Float(f) => Some(*f),
            Kind::Str(text) => text.trim().parse().ok(),
            _ => None,
        };
        number.ok_or_else(|| {
            let why = format!("\"{}\" cannot be converted to a float", value.repr());
            ArgError::convert(arg, value, "float", &why)
        })
    }
}

impl<T: FromArg> FromArg for Option<T> {
    const KIND: ArgType = T::KIND;
    const ELEMENTS: Option<ArgType> = T::ELEMENTS;
    const CHOICES: &'static [&'static str] = T::CHOICES;
    fn from_value(arg: &Arg, value: &Value) -> Result<Self, ArgError> {
        T::from_value(arg, value).map(Some)
    }
    fn from_nothing(_: &Arg) -> Result<Self, ArgError> {
        Ok(None)
    }
}

impl<T: FromArg> FromArg for Vec<T> {
    const KIND: ArgType = ArgType::List;
    const ELEMENTS: Option<ArgType> = Some(T::KIND);
    const CHOICES: &'static [&'static str] = T::CHOICES;
    fn from_value(arg: &Arg, value: &Value) -> Result<Self, ArgError> {
        let items: Vec<Value> = match &value.kind {
            Kind::List(items) | Kind::Tuple(items) => items.to_vec(),
            Kind::Str(text) => text.split(',').map(|part| Value::str(part.trim())).collect(),
            Kind::Int(_) | Kind::Float(_) => vec![Value::str(value.text())],
            _ => {
                let why = format!("{} cannot be converted to a list", value.type_name());
                return Err(ArgError::convert(arg, value, "list", &why));
            }
        };
        items.iter().map(|item| T::from_value(arg, item)).collect()
    }
    fn from_nothing(_: &Arg) -> Result<Self, ArgError> {
        Ok(Self::new())
    }
}

impl FromArg for Dict {
    const KIND: ArgType = ArgType::Dict;
    fn from_value(arg: &Arg, value: &Value) -> Result<Self, ArgError> {
        let dict = match &value.kind {
            Kind::Map(map) => Some((**map).clone()),
            Kind::Str(text) => dict_of_text(text),
            _ => None,
        };
        dict.map(Self).ok_or_else(|| {
            let why = "dictionary requested, could not parse JSON or key=value";
            ArgError::convert(arg, value, "dict", why)
        })
    }
    fn from_nothing(_: &Arg) -> Result<Self, ArgError> {
        Ok(Self::default())
    }
}

/// JSON text or `a=1, b=2`.
fn dict_of_text(text: &str) -> Option<Map> {
    if text.trim_start().starts_with('{') {
        return from_json(text).ok()?.as_map().cloned();
    }
    let pairs = text.split([',', ' ']).map(str::trim).filter(|part| !part.is_empty());
    let dict: Option<Map> = pairs
        .map(|pair| pair.split_once('='))
        .map(|pair| pair.map(|(k, v)| (Key::from(k.trim()), Value::str(v.trim()))))
        .collect();
    dict.filter(|map| !map.is_empty())
}
