//! `JMESPath`'s functions.

use super::{Problem, evaluate, is_number};
use crate::base::value::{Layout, to_json};
use crate::base::{Key, Kind, Map, Value};
use crate::template::filters::bind::shown_text;
use crate::template::filters::integer::{parse_float, parse_int, truncate};
use crate::template::filters::iterate::{contains, length};
use crate::template::filters::order::{compare, float_of, sorted};
use crate::template::filters::sum::add;
use jmespath::ast::Ast;
use std::cmp::Ordering;

/// The types a parameter may have, as `JMESPath`'s messages name them; none for any type.
type Types = &'static [&'static str];

/// The parameters of a function, and whether the last may be repeated.
fn signature(name: &str) -> Option<(&'static [Types], bool)> {
    const ANY: Types = &[];
    const ARRAY: Types = &["array"];
    const EXPREF: Types = &["expref"];
    const NUMBER: Types = &["number"];
    const OBJECT: Types = &["object"];
    const STRING: Types = &["string"];
    const ORDERED: Types = &["array-number", "array-string"];
    Some(match name {
        "abs" | "ceil" | "floor" => (&[NUMBER], false),
        "avg" | "sum" => (&[&["array-number"]], false),
        "contains" => (&[&["array", "string"], ANY], false),
        "ends_with" | "starts_with" => (&[STRING, STRING], false),
        "join" => (&[STRING, &["array-string"]], false),
        "keys" | "values" => (&[OBJECT], false),
        "length" => (&[&["string", "array", "object"]], false),
        "map" => (&[EXPREF, ARRAY], false),
        "max" | "min" => (&[ORDERED], false),
        "sort" => (&[&["array-string", "array-number"]], false),
        "max_by" | "min_by" | "sort_by" => (&[ARRAY, EXPREF], false),
        "merge" => (&[OBJECT], true),
        "not_null" => (&[ANY], true),
        "reverse" => (&[&["array", "string"]], false),
        "to_array" | "to_number" | "to_string" | "type" => (&[ANY], false),
        _ => return None,
    })
}

/// One argument: a value, or an expression that is evaluated for each item.
enum Argument<'a> {
    Value(Value),
    Each(&'a Ast),
}

/// Calls a function.
pub(super) fn call(name: &str, asts: &[Ast], value: &Value) -> Result<Value, Problem> {
    let Some((parameters, variadic)) = signature(name) else {
        return Err(Problem::Query(format!("Unknown function: {name}()")));
    };
    let fits = asts.len() == parameters.len() || (variadic && asts.len() > parameters.len());
    if !fits {
        let (least, plural) =
            (if variadic { "at least " } else { "" }, if parameters.len() == 1 { "" } else { "s" });
        return Err(Problem::Query(format!(
            "Expected {least}{} argument{plural} for function {name}(), received {}",
            parameters.len(),
            asts.len()
        )));
    }
    let mut arguments = Vec::new();
    for ast in asts {
        arguments.push(match ast {
            Ast::Expref { ast, .. } => Argument::Each(ast),
            ast => Argument::Value(evaluate(ast, value)?),
        });
    }
    for (argument, types) in arguments.iter().zip(parameters) {
        check(name, argument, types)?;
    }
    if name == "merge" || name == "not_null" {
        return Ok(many(name, &arguments));
    }
    match arguments.as_slice() {
        [Argument::Value(one)] => single(name, one),
        [Argument::Value(a), Argument::Value(b)] => pair(name, a, b),
        [Argument::Value(list), Argument::Each(each)]
        | [Argument::Each(each), Argument::Value(list)] => by(name, list, each),
        _ => Err(Problem::Query(format!("Unknown function: {name}()"))),
    }
}

fn type_of(value: &Value) -> &'static str {
    match value.kind {
        Kind::Null => "null",
        Kind::Bool(_) => "boolean",
        Kind::Int(_) | Kind::Big(_) | Kind::Float(_) => "number",
        Kind::Str(_) => "string",
        Kind::List(_) => "array",
        Kind::Map(_) => "object",
        _ => "unknown",
    }
}

fn check(name: &str, argument: &Argument, types: Types) -> Result<(), Problem> {
    if types.is_empty() {
        return Ok(());
    }
    let wrong = |shown: String, found: &str| {
        let types: Vec<Value> = types.iter().map(|name| Value::from(*name)).collect();
        let types = Value::list(types).repr();
        Err(Problem::Query(format!(
            "In function {name}(), invalid type for value: {shown}, expected one of: {types}, \
             received: \"{found}\""
        )))
    };
    let value = match argument {
        Argument::Each(_) if types.contains(&"expref") => return Ok(()),
        Argument::Each(_) => return wrong("&".into(), "expref"),
        Argument::Value(value) => value,
    };
    let found = type_of(value);
    if types.contains(&found) {
        return Ok(());
    }
    let inner: Vec<&str> = types.iter().filter_map(|name| name.strip_prefix("array-")).collect();
    let Some(items) = value.as_list().filter(|_| !inner.is_empty() && found == "array") else {
        return wrong(shown_text(value), found);
    };
    // All items are of the type of the first.
    let wanted = items.first().map(type_of).filter(|first| inner.contains(first));
    for item in items {
        if Some(type_of(item)) != wanted {
            return wrong(shown_text(item), item.type_name());
        }
    }
    Ok(())
}

fn many(name: &str, arguments: &[Argument]) -> Value {
    let values = arguments.iter().filter_map(|argument| match argument {
        Argument::Value(value) => Some(value),
        Argument::Each(_) => None,
    });
    if name == "not_null" {
        return values.into_iter().find(|value| !value.is_null()).cloned().unwrap_or_default();
    }
    let mut merged = Map::new();
    for map in values.filter_map(Value::as_map) {
        merged.extend(map.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    Value::map(merged)
}

fn single(name: &str, value: &Value) -> Result<Value, Problem> {
    let items = value.as_list().unwrap_or_default();
    let number = float_of(value).unwrap_or(0.0);
    let whole = |f: f64| truncate(f).map_or(Value::NULL, Value::big);
    Ok(match name {
        "abs" => match &value.kind {
            Kind::Int(n) => Value::big(num_bigint::BigInt::from(n.unsigned_abs())),
            _ => Value::from(number.abs()),
        },
        "ceil" => whole(number.ceil()),
        "floor" => whole(number.floor()),
        "avg" if items.is_empty() => Value::NULL,
        "avg" => {
            let sum = float_of(&sum(items)?).unwrap_or(0.0);
            Value::from(sum / items.len() as f64)
        }
        "sum" => sum(items)?,
        "keys" => value
            .as_map()
            .map_or(Value::NULL, |map| Value::list(map.keys().map(Key::value).collect())),
        "values" => {
            value.as_map().map_or(Value::NULL, |map| Value::list(map.values().cloned().collect()))
        }
        "length" => Value::from(length(value)? as i64),
        "max" => extreme(items, items, Ordering::Greater)?,
        "min" => extreme(items, items, Ordering::Less)?,
        "sort" => in_order(items, items)?,
        "reverse" => match value.as_str() {
            Some(text) => Value::from(text.chars().rev().collect::<String>()),
            None => Value::list(items.iter().rev().cloned().collect()),
        },
        "to_array" if value.as_list().is_some() => value.clone(),
        "to_array" => Value::list(vec![value.clone()]),
        "to_number" => to_number(value),
        "to_string" => match value.as_str() {
            Some(_) => value.clone(),
            None => Value::from(compact(value)),
        },
        _ => Value::from(type_of(value)),
    })
}

fn sum(items: &[Value]) -> Result<Value, Problem> {
    let mut total = Value::from(0);
    for item in items {
        total = add(&total, item)?;
    }
    Ok(total)
}

fn to_number(value: &Value) -> Value {
    match &value.kind {
        Kind::Str(text) => match parse_int(text, 10) {
            Some(number) => Value::big(number),
            None => Value::from(parse_float(text)),
        },
        _ if is_number(value) => value.clone(),
        _ => Value::NULL,
    }
}

/// JSON without blanks.
fn compact(value: &Value) -> String {
    match &value.kind {
        Kind::List(items) => {
            let items: Vec<String> = items.iter().map(compact).collect();
            format!("[{}]", items.join(","))
        }
        Kind::Map(map) => {
            let entry = |(key, item): (&Key, &Value)| {
                let key = to_json(&Value::from(key.json_text()), Layout::DUMPS);
                format!("{key}:{}", compact(item))
            };
            let entries: Vec<String> = map.iter().map(entry).collect();
            format!("{{{}}}", entries.join(","))
        }
        _ => to_json(value, Layout::DUMPS),
    }
}

fn pair(name: &str, a: &Value, b: &Value) -> Result<Value, Problem> {
    let (text, other) = (a.as_str().unwrap_or_default(), b.as_str().unwrap_or_default());
    Ok(match name {
        "contains" => Value::from(contains(a, b)?),
        "starts_with" => Value::from(text.starts_with(other)),
        "ends_with" => Value::from(text.ends_with(other)),
        _ => {
            let items: Vec<&str> =
                b.as_list().unwrap_or_default().iter().filter_map(Value::as_str).collect();
            Value::from(items.join(text))
        }
    })
}

/// Functions that evaluate an expression for each item.
fn by(name: &str, list: &Value, each: &Ast) -> Result<Value, Problem> {
    let items = list.as_list().unwrap_or_default();
    let keys = items.iter().map(|item| evaluate(each, item)).collect::<Result<Vec<_>, _>>()?;
    if name == "map" {
        return Ok(Value::list(keys));
    }
    let first = keys.first().map_or("number", type_of);
    for key in &keys {
        let found = type_of(key);
        if found != first || !["number", "string"].contains(&found) {
            return Err(Problem::Query(format!(
                "In function {name}(), invalid type for value: {}, expected one of: ['{}'], received: \
                 \"{found}\"",
                shown_text(key),
                if ["number", "string"].contains(&first) { first } else { "number', 'string" }
            )));
        }
    }
    match name {
        "max_by" => extreme(items, &keys, Ordering::Greater),
        "min_by" => extreme(items, &keys, Ordering::Less),
        _ => in_order(items, &keys),
    }
}

/// The first item whose key is the largest, or the smallest.
fn extreme(items: &[Value], keys: &[Value], side: Ordering) -> Result<Value, Problem> {
    let mut best = 0;
    for i in 1..items.len() {
        if compare(&keys[i], &keys[best])? == side {
            best = i;
        }
    }
    Ok(items.get(best).cloned().unwrap_or_default())
}

fn in_order(items: &[Value], keys: &[Value]) -> Result<Value, Problem> {
    let order = sorted(keys, false)?;
    Ok(Value::list(order.into_iter().map(|i| items[i].clone()).collect()))
}
