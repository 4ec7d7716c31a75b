//! The functions of the language: `range`, `lookup`, `namespace` and their like.

use super::eval::objects::{Cycler, Global, Joiner, Namespace, RangeObject, value};
use super::eval::{Core, first_marker, need, raise};
use super::methods::{self, Given};
use super::table::{Args, Stop};
use crate::base::{Kind, Map, Time, Value};
use num_traits::ToPrimitive;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

/// Name and Python's name of its type.
const FUNCTIONS: [(&str, &str); 11] = [
    ("range", "type"),
    ("dict", "type"),
    ("cycler", "type"),
    ("joiner", "type"),
    ("namespace", "type"),
    ("lookup", "function"),
    ("query", "function"),
    ("q", "function"),
    ("now", "function"),
    ("undef", "function"),
    ("omit", "Omit"),
];

static VALUES: LazyLock<HashMap<&'static str, Value>> = LazyLock::new(|| {
    let all = FUNCTIONS.into_iter().map(|(name, type_name)| {
        let global = match name {
            "omit" => Value::new(Kind::Omit),
            _ => value(Global { name, type_name }),
        };
        (name, global)
    });
    all.collect()
});

/// The global of a name; variables of the same name go before it.
pub fn find(name: &str) -> Option<Value> {
    VALUES.get(name).cloned()
}

/// The names of all globals.
pub fn names() -> Vec<&'static str> {
    FUNCTIONS.iter().map(|(name, _)| *name).collect()
}

/// Calls one.
pub fn call(core: &Core, name: &str, args: Args) -> Result<Value, Stop> {
    match name {
        "lookup" => return core.lookup_call(args, false),
        "query" | "q" => return core.lookup_call(args, true),
        _ => {}
    }
    if let Some(marker) = first_marker(&args) {
        return Ok(marker);
    }
    match name {
        "range" => range(&args),
        "dict" => dict(core, &args),
        "cycler" if args.positional.is_empty() => raise("at least one item has to be provided"),
        "cycler" => Ok(value(Cycler { items: args.positional, at: Mutex::new(0) })),
        "joiner" => {
            let given = Given::new("joiner", &args, &["sep"])?;
            let separator = given.get(0).cloned().unwrap_or_else(|| Value::from(", "));
            Ok(value(Joiner { separator, used: Mutex::new(false) }))
        }
        "namespace" => {
            let attributes = dict(core, &args)?;
            let attributes = attributes.as_map().cloned().unwrap_or_default();
            Ok(value(Namespace::new(attributes)))
        }
        "now" => now(core, &args),
        "undef" => undef(core, &args),
        _ => raise(format!("'{name}' is not callable")),
    }
}

fn range(args: &Args) -> Result<Value, Stop> {
    let mut numbers = Vec::with_capacity(3);
    for arg in &args.positional {
        let number = match &arg.kind {
            Kind::Int(n) => *n,
            Kind::Bool(b) => i64::from(*b),
            Kind::Big(n) => n.to_i64().unwrap_or(i64::MAX),
            _ => {
                let name = arg.type_name();
                return raise(format!("'{name}' object cannot be interpreted as an integer"));
            }
        };
        numbers.push(number);
    }
    if !args.keyword.is_empty() {
        return raise("range() takes no keyword arguments");
    }
    let (start, stop, step) = match numbers.as_slice() {
        [stop] => (0, *stop, 1),
        [start, stop] => (*start, *stop, 1),
        [_, _, 0] => return raise("range() arg 3 must not be zero"),
        [start, stop, step] => (*start, *stop, *step),
        [] => return raise("range expected at least 1 argument, got 0"),
        more => return raise(format!("range expected at most 3 arguments, got {}", more.len())),
    };
    Ok(value(RangeObject { start, stop, step }))
}

fn dict(core: &Core, args: &Args) -> Result<Value, Stop> {
    if args.positional.len() > 1 {
        let count = args.positional.len();
        return raise(format!("dict expected at most 1 argument, got {count}"));
    }
    let mut map = match args.positional.first() {
        Some(first) => methods::entries_of(core, first)?,
        None => Map::new(),
    };
    map.extend(args.keyword.iter().map(|(k, v)| (k.clone(), v.clone())));
    Ok(Value::map(map))
}

fn now(core: &Core, args: &Args) -> Result<Value, Stop> {
    core.session.impure()?;
    let given = Given::new("now", args, &["utc", "fmt"])?;
    let zone = if given.get(0).is_some_and(Value::is_true) {
        jiff::tz::TimeZone::UTC
    } else {
        jiff::tz::TimeZone::system()
    };
    let at = jiff::Timestamp::now().to_zoned(zone).datetime();
    // Python's clock has microseconds.
    let at = at.with().subsec_nanosecond(at.subsec_nanosecond() / 1000 * 1000).build();
    let Ok(at) = at else { return raise("the clock shows no valid time") };
    let time = Time::DateTime(at, None);
    match given.get(1).filter(|format| format.is_true()) {
        Some(format) => methods::strftime(&time, &format.text()),
        None => Ok(Value::new(Kind::Time(time))),
    }
}

fn undef(core: &Core, args: &Args) -> Result<Value, Stop> {
    let given = Given::new("undef", args, &["hint"])?;
    let Some(hint) = given.get(0).filter(|hint| !hint.is_null()) else {
        return Ok(core.undefined("Mandatory variable has not been overridden"));
    };
    let hint = need(hint.clone())?;
    match hint.as_str() {
        Some("") => Ok(core.undefined("Mandatory variable has not been overridden")),
        Some(_) => Ok(core.undefined(hint.masked().text())),
        None => raise(format!(
            "The 'hint' argument must be of type 'str' or 'NoneType', not '{}'.",
            hint.type_name()
        )),
    }
}
