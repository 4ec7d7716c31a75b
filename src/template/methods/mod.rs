//! Python's methods and attributes of texts, lists, dicts, numbers and dates.

mod dicts;
mod format;
mod given;
mod lists;
pub mod numbers;
mod splitting;
mod strings;
mod times;
mod translate;

pub use dicts::entries_of;
pub use given::Given;
pub use times::strftime;

use super::eval::objects::{Cycler, LoopObject};
use super::eval::{Core, raise};
use super::table::{Args, Stop};
use crate::base::{Kind, Value};

const STRINGS: &[&str] = &[
    "capitalize",
    "casefold",
    "center",
    "count",
    "encode",
    "endswith",
    "expandtabs",
    "find",
    "format",
    "format_map",
    "index",
    "isalnum",
    "isalpha",
    "isascii",
    "isdecimal",
    "isdigit",
    "isidentifier",
    "islower",
    "isnumeric",
    "isprintable",
    "isspace",
    "istitle",
    "isupper",
    "join",
    "ljust",
    "lower",
    "lstrip",
    "maketrans",
    "partition",
    "removeprefix",
    "removesuffix",
    "replace",
    "rfind",
    "rindex",
    "rjust",
    "rpartition",
    "rsplit",
    "rstrip",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "swapcase",
    "title",
    "translate",
    "upper",
    "zfill",
];
const LISTS: &[&str] = &[
    "append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse",
    "sort",
];
const TUPLES: &[&str] = &["count", "index"];
const DICTS: &[&str] = &[
    "clear",
    "copy",
    "fromkeys",
    "get",
    "items",
    "keys",
    "pop",
    "popitem",
    "setdefault",
    "update",
    "values",
];
const INTEGERS: &[&str] = &[
    "bit_length",
    "bit_count",
    "conjugate",
    "is_integer",
    "as_integer_ratio",
    "__and__",
    "__or__",
    "__xor__",
    "__lshift__",
    "__rshift__",
];
const FLOATS: &[&str] = &["is_integer", "conjugate", "as_integer_ratio", "hex"];

/// Names of the methods of a value's type.
fn names(value: &Value) -> &'static [&'static str] {
    match &value.kind {
        Kind::Str(_) => STRINGS,
        Kind::List(_) => LISTS,
        Kind::Tuple(_) => TUPLES,
        Kind::Map(_) => DICTS,
        Kind::Int(_) | Kind::Big(_) | Kind::Bool(_) => INTEGERS,
        Kind::Float(_) => FLOATS,
        Kind::Time(time) => times::names(time),
        Kind::Object(object) if object.as_any().is::<Cycler>() => &["next", "reset"],
        Kind::Object(object) if object.as_any().is::<LoopObject>() => &["cycle", "changed"],
        // Mappings of the scope, such as hostvars, have what every mapping has.
        Kind::Object(object) if object.keys().is_some() => &["get", "items", "keys", "values"],
        _ => &[],
    }
}

/// Whether a value's type has a method.
pub fn has(value: &Value, name: &str) -> bool {
    names(value).contains(&name)
}

/// An attribute of a value's type that is no method.
pub fn data(value: &Value, name: &str) -> Option<Value> {
    match (&value.kind, name) {
        (Kind::Int(_) | Kind::Big(_), "real" | "numerator") | (Kind::Float(_), "real") => {
            Some(value.clone())
        }
        (Kind::Bool(b), "real" | "numerator") => Some(Value::from(i64::from(*b))),
        (Kind::Int(_) | Kind::Big(_) | Kind::Bool(_), "denominator") => Some(Value::from(1)),
        (Kind::Int(_) | Kind::Big(_) | Kind::Bool(_), "imag") => Some(Value::from(0)),
        (Kind::Float(_), "imag") => Some(Value::from(0.0)),
        (Kind::Time(time), _) => times::data(time, name),
        // The pairs of `groupby` have names for their parts.
        (Kind::Tuple(pair), "grouper") if pair.len() == 2 => pair.first().cloned(),
        (Kind::Tuple(pair), "list") if pair.len() == 2 => pair.get(1).cloned(),
        _ => None,
    }
}

/// Calls a method that [`has`] knows.
pub fn call(core: &Core, receiver: &Value, name: &str, args: &Args) -> Result<Value, Stop> {
    match &receiver.kind {
        Kind::Str(text) => match splitting::call(core, text, name, args)? {
            Some(result) => Ok(result),
            None => strings::call(core, text, name, args),
        },
        Kind::List(_) | Kind::Tuple(_) => lists::call(core, receiver, name, args),
        Kind::Map(_) | Kind::Object(_) => dicts::call(core, receiver, name, args),
        Kind::Time(time) => times::call(time, name, args),
        _ => number(receiver, name, args),
    }
}

fn number(receiver: &Value, name: &str, args: &Args) -> Result<Value, Stop> {
    if let Kind::Float(f) = receiver.kind {
        return match name {
            "is_integer" => Ok(Value::from(f.fract() == 0.0)),
            "conjugate" => Ok(receiver.clone()),
            _ => raise(format!("float.{name}() is not supported in templates")),
        };
    }
    let Some(number) = numbers::whole(receiver, false) else {
        return raise(format!("'{}' object has no method '{name}'", receiver.type_name()));
    };
    Ok(match name {
        "bit_length" => Value::from(number.bits()),
        "bit_count" => {
            let ones: u64 =
                number.magnitude().iter_u64_digits().map(|d| u64::from(d.count_ones())).sum();
            Value::from(ones)
        }
        "conjugate" => Value::big(number),
        "is_integer" => Value::from(true),
        "as_integer_ratio" => {
            let ratio = vec![Value::big(number), Value::from(1)];
            Value::new(Kind::Tuple(std::sync::Arc::new(ratio)))
        }
        _ => return bitwise(&number, name, args),
    })
}

/// `a.__and__(b)`: the only way to bits there is.
fn bitwise(number: &num_bigint::BigInt, name: &str, args: &Args) -> Result<Value, Stop> {
    let given = Given::new(name, args, &["value"])?;
    let Some(other) = given.get(0).and_then(|value| numbers::whole(value, false)) else {
        return raise(format!("{name}() needs an integer"));
    };
    let shift = || usize::try_from(&other).ok().filter(|bits| *bits < 1_000_000);
    Ok(Value::big(match name {
        "__and__" => number & &other,
        "__or__" => number | &other,
        "__xor__" => number ^ &other,
        "__lshift__" => match shift() {
            Some(bits) => number << bits,
            None => return raise("negative or too large shift count"),
        },
        _ => match shift() {
            Some(bits) => number >> bits,
            None => return raise("negative or too large shift count"),
        },
    }))
}
