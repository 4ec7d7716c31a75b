//! Filters on dicts.

use super::attribute::item;
use super::bind::{Bound, because, class_of, shown, shown_text};
use super::iterate::{is_sequence, items, key_of, mapping, need_mapping};
use super::{builtin, jinja, tuple, undefinable};
use crate::base::{Key, Kind, Map, Value};
use crate::template::table::{Args, Env, Filter, Stop};

pub(super) const FILTERS: &[Filter] = &[
    builtin(
        "dict2items",
        "ansible.builtin.dict2items",
        "Gives a list of dicts with `key` and `value`, or other names.",
        dict2items,
        &[
            ("{'a': 1} | dict2items", "[{'key': 'a', 'value': 1}]"),
            ("{'a': 1} | dict2items(key_name='k', value_name='v')", "[{'k': 'a', 'v': 1}]"),
        ],
    ),
    builtin(
        "items2dict",
        "ansible.builtin.items2dict",
        "Makes a dict of a list of dicts with `key` and `value`, or other names.",
        items2dict,
        &[
            ("[{'key': 'a', 'value': 1}] | items2dict", "{'a': 1}"),
            ("[{'k': 'a', 'v': 1}] | items2dict('k', 'v')", "{'a': 1}"),
        ],
    ),
    undefinable(jinja(
        "items",
        "Gives the pairs of a dict; none for what is undefined.",
        pairs,
        &[("{'a': 1} | items", "[('a', 1)]")],
    )),
    builtin(
        "extract",
        "ansible.builtin.extract",
        "Gives what a container has under a key, or under a chain of keys.",
        extract,
        &[
            ("'b' | extract({'b': 2})", "2"),
            ("0 | extract([{'n': {'m': 5}}], ['n', 'm'])", "5"),
            ("['a', 'b'] | map('extract', {'a': 1, 'b': 2})", "[1, 2]"),
        ],
    ),
    builtin(
        "rekey_on_member",
        "ansible.builtin.rekey_on_member",
        "Makes a dict of dicts by one of their values.",
        rekey_on_member,
        &[("[{'n': 'x', 'p': 1}] | rekey_on_member('n')", "{'x': {'n': 'x', 'p': 1}}")],
    ),
    builtin(
        "subelements",
        "ansible.builtin.subelements",
        "Pairs each dict with each item of a list inside it.",
        subelements,
        &[
            (
                "[{'n': 'x', 'g': [1, 2]}] | subelements('g')",
                "[({'n': 'x', 'g': [1, 2]}, 1), ({'n': 'x', 'g': [1, 2]}, 2)]",
            ),
            ("[{'n': 'x'}] | subelements('g', skip_missing=true)", "[]"),
        ],
    ),
];

fn dict2items(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("dict2items", args, &["key_name", "value_name"], 0)?;
    let (key_name, value_name) = names(&bound)?;
    let map = need_mapping(&value, |class| {
        format!("dict2items requires a dictionary, got {class} instead.")
    })?;
    let entry = |(key, item): (&Key, &Value)| {
        Value::map(Map::from_iter([
            (key_name.clone(), key.value()),
            (value_name.clone(), item.clone()),
        ]))
    };
    Ok(Value::list(map.iter().map(entry).collect()))
}

fn names(bound: &Bound) -> Result<(Key, Key), Stop> {
    let name = |name, default: &str| match bound.get(name) {
        Some(given) => key_of(given),
        None => Ok(Key::from(default)),
    };
    Ok((name("key_name", "key")?, name("value_name", "value")?))
}

fn items2dict(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("items2dict", args, &["key_name", "value_name"], 0)?;
    let (key_name, value_name) = names(&bound)?;
    if !is_sequence(&value) {
        let class = class_of(&value);
        return Err(Stop::fault(format!("items2dict requires a list, got {class} instead.")));
    }
    let mut made = Map::new();
    for item in items(&value)?.iter() {
        let Some(map) = mapping(item)? else {
            let shown = shown_text(&value);
            let text = format!("items2dict requires a list of dictionaries, got {shown} instead.");
            return Err(Stop::fault(text));
        };
        let (Some(key), Some(held)) = (map.get(&key_name), map.get(&value_name)) else {
            return Err(Stop::fault(format!(
                "items2dict requires each dictionary in the list to contain the keys '{key_name}' \
                 and '{value_name}', got {} instead.",
                shown_text(&value)
            )));
        };
        made.insert(key_of(key)?, held.clone());
    }
    Ok(Value::map(made))
}

fn pairs(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    Bound::of("do_items", args, &[], 0)?;
    if value.is_undefined() {
        return Ok(Value::list(Vec::new()));
    }
    let map = need_mapping(&value, |_| "Can only get item pairs from a mapping.".to_string())?;
    Ok(Value::list(map.iter().map(|(k, v)| tuple(vec![k.value(), v.clone()])).collect()))
}

fn extract(env: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("extract", args, &["container", "morekeys"], 1)?;
    let mut keys = vec![value];
    match bound.some("morekeys") {
        None => {}
        Some(Value { kind: Kind::List(more), .. }) => keys.extend(more.iter().cloned()),
        Some(one) => keys.push(one.clone()),
    }
    let mut found = bound.need("container")?.clone();
    for key in &keys {
        found = item(env, &found, key)?;
    }
    Ok(found)
}

fn rekey_on_member(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("rekey_on_member", args, &["key", "duplicates"], 1)?;
    let member = key_of(bound.need("key")?)?;
    let duplicates = bound.text("duplicates", "error");
    if duplicates != "error" && duplicates != "overwrite" {
        let shown = shown(&Value::from(&*duplicates));
        let text = format!("duplicates parameter to rekey_on_member has unknown value {shown}");
        return Err(Stop::fault(text));
    }
    let members: Vec<Value> = match mapping(&value)? {
        Some(map) => map.values().cloned().collect(),
        None if is_sequence(&value) => items(&value)?.into_owned(),
        None => return Err(Stop::fault("Type is not a valid list, set, or dict")),
    };
    let mut made = Map::new();
    for entry in members {
        let Some(map) = mapping(&entry)? else {
            return Err(Stop::fault("List item is not a valid dict"));
        };
        let Some(key) = map.get(&member) else {
            let shown = shown(&member.value());
            return Err(Stop::fault(format!("Key {shown} was not found.")));
        };
        let taken = made.get(&key_of(key)?).is_some_and(Value::is_true);
        if taken && duplicates == "error" {
            let shown = shown(key);
            let text = format!("Key {shown} is not unique, cannot convert to dict.");
            return Err(Stop::fault(text));
        }
        made.insert(key_of(key)?, entry.clone());
    }
    Ok(Value::map(made))
}

fn subelements(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("subelements", args, &["subelements", "skip_missing"], 1)?;
    let elements: Vec<Value> = match (&value.kind, mapping(&value)?) {
        (_, Some(map)) => map.values().cloned().collect(),
        (Kind::List(_), _) => items(&value)?.into_owned(),
        _ => return Err(Stop::fault("obj must be a list of dicts or a nested dict")),
    };
    let named = bound.need("subelements")?;
    let path: Vec<Value> = match &named.kind {
        Kind::List(parts) => parts.to_vec(),
        Kind::Str(text) => text.split('.').map(Value::from).collect(),
        _ => return Err(Stop::fault("subelements must be a list or a string")),
    };
    let skip = bound.flag("skip_missing", false);
    let mut made = Vec::new();
    for element in elements {
        for item in below(&element, &path, skip)? {
            made.push(tuple(vec![element.clone(), item]));
        }
    }
    Ok(Value::list(made))
}

/// The list at the path below one element.
fn below(element: &Value, path: &[Value], skip: bool) -> Result<Vec<Value>, Stop> {
    let mut found = element.clone();
    for part in path {
        let Some(map) = mapping(&found)? else {
            let (key, got) = (shown_text(part), shown_text(&found));
            return Err(because(
                format!("the key {key} should point to a dictionary, got '{got}'"),
                format!("'{}' object is not subscriptable", found.type_name()),
            ));
        };
        match map.get(&key_of(part)?) {
            Some(next) => {
                let next = next.clone();
                found = next;
            }
            None if skip => return Ok(Vec::new()),
            None => {
                return Err(Stop::fault(format!(
                    "could not find {} key in iterated item {}",
                    shown(part),
                    shown(&found)
                )));
            }
        }
    }
    if let Kind::List(items) = &found.kind {
        return Ok(items.to_vec());
    }
    let key = path.last().map(shown).unwrap_or_default();
    let text = format!("the key {key} should point to a list, got {}", shown(&found));
    Err(Stop::fault(text))
}
