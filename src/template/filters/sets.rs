//! Filters that treat lists as sets. Numbers come in the order of Python's sets, others in that of first
//! appearance.

use super::attribute::{Path, folded};
use super::bind::{Bound, because};
use super::builtin;
use super::iterate::{Seen, is_hashable, items};
use super::pyset::Set;
use super::sum::add;
use crate::base::{Kind, Value};
use crate::template::table::{Args, Env, Filter, Stop};

pub(super) const FILTERS: &[Filter] = &[
    builtin(
        "unique",
        "ansible.builtin.unique",
        "Drops repeated items; texts are one item whatever their case.",
        unique,
        &[
            ("[1, 2, 1] | unique", "[1, 2]"),
            ("['a', 'A'] | unique", "['a']"),
            ("['a', 'A'] | unique(case_sensitive=true)", "['a', 'A']"),
            ("[{'n': 1, 'm': 2}, {'n': 1}] | unique(attribute='n')", "[{'n': 1, 'm': 2}]"),
        ],
    ),
    builtin(
        "union",
        "ansible.builtin.union",
        "Gives the items of both lists, each once.",
        union,
        &[("[1, 2] | union([2, 3])", "[1, 2, 3]")],
    ),
    builtin(
        "intersect",
        "ansible.builtin.intersect",
        "Gives the items that both lists have, each once.",
        intersect,
        &[("[1, 2, 2] | intersect([2, 3])", "[2]")],
    ),
    builtin(
        "difference",
        "ansible.builtin.difference",
        "Gives the items that the other list lacks, each once.",
        difference,
        &[("[1, 2, 1] | difference([2])", "[1]")],
    ),
    builtin(
        "symmetric_difference",
        "ansible.builtin.symmetric_difference",
        "Gives the items that only one of the lists has, each once.",
        symmetric_difference,
        &[("[1, 2] | symmetric_difference([2, 3])", "[1, 3]")],
    ),
];

const NO_FALLBACK: &str = "Jinja2's unique filter failed and we cannot fall back to Ansible's \
    version as it does not support the parameters supplied.";

fn unique(env: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("unique", args, &["case_sensitive", "attribute"], 0)?;
    let items = items(&value)?;
    let path = Path::of(bound.get("attribute"));
    let sensitive = bound.flag("case_sensitive", false);
    let mut keys = Vec::with_capacity(items.len());
    for item in items.iter() {
        let key = path.get(env, item, None)?;
        if let Kind::Undefined(why) = &key.kind {
            return Err(because(NO_FALLBACK, why.message.as_str()));
        }
        keys.push(if sensitive { key } else { folded(&key) });
    }
    if keys.iter().all(is_hashable) {
        return Ok(Value::list(first_of_each(&items, &keys)));
    }
    let asked = bound.get("case_sensitive").is_some_and(|v| v.as_bool() == Some(false));
    if asked || bound.get("attribute").is_some_and(Value::is_true) {
        let kind = keys.iter().find(|key| !is_hashable(key)).map_or("list", Value::type_name);
        return Err(because(NO_FALLBACK, format!("unhashable type: '{kind}'")));
    }
    Ok(Value::list(first_of_each(&items, &items)))
}

fn first_of_each(items: &[Value], keys: &[Value]) -> Vec<Value> {
    let mut seen = Seen::default();
    let fresh = items.iter().zip(keys).filter(|(_, key)| seen.insert(key));
    fresh.map(|(item, _)| item.clone()).collect()
}

/// Each value once, in order.
pub fn distinct(items: &[Value]) -> Vec<Value> {
    first_of_each(items, items)
}

fn other<'a>(bound: &Bound<'a>) -> Result<std::borrow::Cow<'a, [Value]>, Stop> {
    let value = bound.need("b")?;
    items(value).map_err(|stop| match stop {
        Stop::Fault(_) => {
            let kind = value.type_name();
            Stop::fault(format!("argument of type '{kind}' is not iterable"))
        }
        other => other,
    })
}

/// What Python's sets make of two lists; None when their order can't be told.
fn numbers(a: &[Value], b: &[Value], combine: fn(&Set, &Set) -> Set) -> Option<Value> {
    Some(Value::list(combine(&Set::of(a)?, &Set::of(b)?).items()))
}

fn union(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("union", args, &["b"], 1)?;
    let b = bound.need("b")?;
    let (Ok(first), Ok(second)) = (items(&value), items(b)) else {
        return add(&value, b);
    };
    if let Some(numbers) = numbers(&first, &second, Set::union) {
        return Ok(numbers);
    }
    let all: Vec<Value> = first.iter().chain(second.iter()).cloned().collect();
    Ok(Value::list(distinct(&all)))
}

fn intersect(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("intersect", args, &["b"], 1)?;
    let first = items(&value)?;
    let other = other(&bound)?;
    if let Some(numbers) = numbers(&first, &other, Set::intersection) {
        return Ok(numbers);
    }
    let second = Seen::of(&other);
    let both: Vec<Value> = first.iter().filter(|item| second.contains(item)).cloned().collect();
    Ok(Value::list(distinct(&both)))
}

fn difference(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("difference", args, &["b"], 1)?;
    let first = items(&value)?;
    let other = other(&bound)?;
    if let Some(numbers) = numbers(&first, &other, Set::difference) {
        return Ok(numbers);
    }
    let second = Seen::of(&other);
    let only: Vec<Value> = first.iter().filter(|item| !second.contains(item)).cloned().collect();
    Ok(Value::list(distinct(&only)))
}

fn symmetric_difference(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("symmetric_difference", args, &["b"], 1)?;
    let first = items(&value)?;
    let second = other(&bound)?;
    if let Some(numbers) = numbers(&first, &second, Set::symmetric_difference) {
        return Ok(numbers);
    }
    let (in_first, in_second) = (Seen::of(&first), Seen::of(&second));
    let left = first.iter().filter(|item| !in_second.contains(item));
    let right = second.iter().filter(|item| !in_first.contains(item));
    let only: Vec<Value> = left.chain(right).cloned().collect();
    Ok(Value::list(distinct(&only)))
}
