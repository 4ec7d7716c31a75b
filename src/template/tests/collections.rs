//! Tests of lists and of truth.

use super::builtin;
use crate::base::{Kind, Value};
use crate::template::filters::bind::Bound;
use crate::template::filters::iterate::{Seen, contains, is_hashable, items, unhashable};
use crate::template::table::{Args, Env, Stop, Test};

pub(super) const TESTS: &[Test] = &[
    builtin(
        "any",
        "ansible.builtin.any",
        "Whether one item is true.",
        any,
        &[("[0, 1] is any", "true")],
    ),
    builtin(
        "all",
        "ansible.builtin.all",
        "Whether all items are true.",
        all,
        &[("[0, 1] is all", "false"), ("[] is all", "true")],
    ),
    builtin(
        "subset",
        "ansible.builtin.subset",
        "Whether all items are in the other list.",
        subset,
        &[("[1] is subset([1, 2])", "true")],
    ),
    builtin(
        "issubset",
        "ansible.builtin.issubset",
        "Whether all items are in the other list.",
        subset,
        &[("[3] is issubset([1, 2])", "false")],
    ),
    builtin(
        "superset",
        "ansible.builtin.superset",
        "Whether it has all items of the other list.",
        superset,
        &[("[1, 2] is superset([1])", "true")],
    ),
    builtin(
        "issuperset",
        "ansible.builtin.issuperset",
        "Whether it has all items of the other list.",
        superset,
        &[("[1, 2] is issuperset([3])", "false")],
    ),
    builtin(
        "contains",
        "ansible.builtin.contains",
        "Whether it contains an item, key or text.",
        has,
        &[
            ("[1, 2] is contains(1)", "true"),
            ("[{'l': ['a']}] | selectattr('l', 'contains', 'a') | length", "1"),
        ],
    ),
    builtin(
        "truthy",
        "ansible.builtin.truthy",
        "Whether it counts as true.",
        truthy,
        &[("'x' is truthy", "true"), ("'no' is truthy(convert_bool=true)", "false")],
    ),
    builtin(
        "falsy",
        "ansible.builtin.falsy",
        "Whether it counts as false.",
        |env, value, args| truthy(env, value, args).map(|truth| !truth),
        &[("'' is falsy", "true")],
    ),
];

fn any(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    Bound::of("any", args, &[], 0)?;
    Ok(items(value)?.iter().any(Value::is_true))
}

fn all(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    Bound::of("all", args, &[], 0)?;
    Ok(items(value)?.iter().all(Value::is_true))
}

fn subset(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    let bound = Bound::of("issubset", args, &["b"], 1)?;
    is_subset(value, bound.need("b")?)
}

fn superset(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    let bound = Bound::of("issuperset", args, &["b"], 1)?;
    is_subset(bound.need("b")?, value)
}

fn is_subset(inner: &Value, outer: &Value) -> Result<bool, Stop> {
    let (inner, outer) = (items(inner)?, items(outer)?);
    if let Some(item) = inner.iter().chain(outer.iter()).find(|item| !is_hashable(item)) {
        return Err(unhashable(item));
    }
    let outer = Seen::of(&outer);
    Ok(inner.iter().all(|item| outer.contains(item)))
}

fn has(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    let bound = Bound::of("contains", args, &["value"], 1)?;
    contains(value, bound.need("value")?)
}

fn truthy(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    let bound = Bound::of("truthy", args, &["convert_bool"], 0)?;
    let converted = if bound.flag("convert_bool", false) { boolean(value) } else { None };
    Ok(converted.unwrap_or_else(|| value.is_true()))
}

/// The truth of the words that module arguments take for booleans.
fn boolean(value: &Value) -> Option<bool> {
    match &value.kind {
        Kind::Bool(b) => Some(*b),
        Kind::Int(n @ (0 | 1)) => Some(*n == 1),
        Kind::Float(1.0) => Some(true),
        Kind::Float(0.0) => Some(false),
        Kind::Str(text) => match text.to_lowercase().trim() {
            "y" | "yes" | "on" | "1" | "true" | "t" | "1.0" => Some(true),
            "n" | "no" | "off" | "0" | "false" | "f" | "0.0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}
