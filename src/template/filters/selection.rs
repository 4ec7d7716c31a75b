//! Filters that apply other filters and tests to each item.

use super::attribute::Path;
use super::iterate::lazy_items;
use super::jinja;
use crate::base::{Key, Value};
use crate::template::table::{Args, Env, Filter, Stop};

pub(super) const FILTERS: &[Filter] = &[
    jinja(
        "map",
        "Applies a filter to each item, or takes an attribute of each.",
        map,
        &[
            ("['a', 'b'] | map('upper')", "['A', 'B']"),
            ("[{'n': 1}, {'n': 2}] | map(attribute='n')", "[1, 2]"),
            ("[{'n': 1}, {}] | map(attribute='n', default=0)", "[1, 0]"),
            ("['a-b'] | map('replace', '-', '_')", "['a_b']"),
        ],
    ),
    jinja(
        "select",
        "Keeps the items that pass a test, or that are true.",
        select,
        &[("[1, 2, 3] | select('odd')", "[1, 3]"), ("[0, 1, ''] | select", "[1]")],
    ),
    jinja(
        "reject",
        "Drops the items that pass a test, or that are true.",
        reject,
        &[("[1, 2, 3] | reject('odd')", "[2]"), ("['a', 'b'] | reject('in', ['a'])", "['b']")],
    ),
    jinja(
        "selectattr",
        "Keeps the items of which an attribute passes a test, or is true.",
        selectattr,
        &[
            ("[{'n': 1}, {'n': 2}] | selectattr('n', 'gt', 1)", "[{'n': 2}]"),
            ("[{'n': 1}, {}] | selectattr('n', 'defined')", "[{'n': 1}]"),
        ],
    ),
    jinja(
        "rejectattr",
        "Drops the items of which an attribute passes a test, or is true.",
        rejectattr,
        &[("[{'on': true}, {'on': false}] | rejectattr('on')", "[{'on': false}]")],
    ),
    jinja(
        "attr",
        "Gives an attribute of an object; items of a dict are not looked at.",
        attr,
        &[("{'a': 1} | attr('a') is defined", "false")],
    ),
];

fn map(env: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let items = lazy_items(&value)?;
    let mapped: Result<Vec<Value>, Stop> = if args.positional.is_empty() {
        let (path, default) = attribute_arguments(args)?;
        items.iter().map(|item| path.get(env, item, default)).collect()
    } else {
        let (name, rest) = named(args, "map requires a filter argument")?;
        items.iter().map(|item| env.filter(&name, item.clone(), &rest)).collect()
    };
    mapped.map(Value::list)
}

fn attribute_arguments(args: &Args) -> Result<(Path, Option<&Value>), Stop> {
    let Some(attribute) = args.keyword.get(&Key::from("attribute")) else {
        return Err(Stop::fault("map requires a filter argument"));
    };
    let known = |key: &&Key| !matches!(key.as_str(), Some("attribute" | "default"));
    if let Some(key) = args.keyword.keys().find(known) {
        let text = format!("Unexpected keyword argument '{key}'");
        return Err(Stop::fault(text));
    }
    let default = args.keyword.get(&Key::from("default")).filter(|value| !value.is_null());
    Ok((Path::of(Some(attribute)), default))
}

/// The first argument as a name, and the others.
fn named(args: &Args, missing: &str) -> Result<(String, Args), Stop> {
    let (first, rest) = args.positional.split_first().ok_or_else(|| Stop::fault(missing))?;
    let rest = Args { positional: rest.to_vec(), keyword: args.keyword.clone() };
    Ok((first.text(), rest))
}

fn select(env: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    choose(env, &value, args, None, true)
}

fn reject(env: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    choose(env, &value, args, None, false)
}

fn selectattr(env: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    by_attribute(env, &value, args, true)
}

fn rejectattr(env: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    by_attribute(env, &value, args, false)
}

fn by_attribute(env: &dyn Env, value: &Value, args: &Args, wanted: bool) -> Result<Value, Stop> {
    let Some((first, rest)) = args.positional.split_first() else {
        return Err(Stop::fault("Missing parameter for attribute name"));
    };
    let rest = Args { positional: rest.to_vec(), keyword: args.keyword.clone() };
    choose(env, value, &rest, Some(Path::of(Some(first))), wanted)
}

fn choose(
    env: &dyn Env,
    value: &Value,
    args: &Args,
    path: Option<Path>,
    wanted: bool,
) -> Result<Value, Stop> {
    let test = if args.positional.is_empty() { None } else { Some(named(args, "")?) };
    let mut kept = Vec::new();
    for item in lazy_items(value)?.iter() {
        let subject = match &path {
            Some(path) => path.get(env, item, None)?,
            None => item.clone(),
        };
        let passes = match &test {
            Some((name, rest)) => env.test(name, &subject, rest)?,
            None => super::bind::defined(&subject)?.is_true(),
        };
        if passes == wanted {
            kept.push(item.clone());
        }
    }
    Ok(Value::list(kept))
}

fn attr(env: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = super::bind::Bound::of("attr", args, &["name"], 1)?;
    let name = bound.need("name")?;
    let missing = || {
        let (kind, name) = (value.type_name(), name.text());
        Value::undefined(format!("object of type '{kind}' has no attribute '{name}'"))
    };
    // Items of a dict are no attributes of it.
    if value.get(&name.text()).is_some() {
        return Ok(missing());
    }
    env.attribute(&value, name)
}
