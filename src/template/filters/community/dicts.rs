//! Dicts out of other things.

use crate::base::{Key, Map, Value};
use crate::template::filters::bind::{Bound, class_of, shown, shown_text};
use crate::template::filters::builtin;
use crate::template::filters::iterate::{is_iterable, is_sequence, items, key_of, mapping};
use crate::template::table::{Args, Env, Filter, Stop};
use std::collections::BTreeSet;

pub(super) const FILTERS: &[Filter] = &[
    builtin(
        "dict",
        "community.general.dict",
        "Makes a dict of a list of pairs.",
        dict,
        &[("[[1, 2], ['a', 'b']] | community.general.dict", "{1: 2, 'a': 'b'}")],
    ),
    builtin(
        "dict_kv",
        "community.general.dict_kv",
        "Makes a dict of one entry.",
        dict_kv,
        &[("5 | community.general.dict_kv('a')", "{'a': 5}")],
    ),
    builtin(
        "groupby_as_dict",
        "community.general.groupby_as_dict",
        "Makes a dict of dicts by one of their values, which must differ.",
        groupby_as_dict,
        &[("[{'n': 'x'}] | community.general.groupby_as_dict('n')", "{'x': {'n': 'x'}}")],
    ),
    builtin(
        "counter",
        "community.general.counter",
        "Counts how often each item occurs.",
        counter,
        &[("['a', 'b', 'a'] | community.general.counter", "{'a': 2, 'b': 1}")],
    ),
    builtin(
        "reveal_ansible_type",
        "community.general.reveal_ansible_type",
        "Names the type, with the types of the items.",
        reveal,
        &[
            ("[1, 'a'] | community.general.reveal_ansible_type", "'list[int|str]'"),
            ("{'a': 1} | community.general.reveal_ansible_type", "'dict[str, int]'"),
        ],
    ),
];

fn dict(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    Bound::of("dict_filter", args, &[], 0)?;
    if let Some(map) = mapping(&value)? {
        return Ok(Value::map(map.into_owned()));
    }
    let mut made = Map::new();
    for (i, item) in items(&value)?.iter().enumerate() {
        if !is_iterable(item) {
            let text =
                format!("cannot convert dictionary update sequence element #{i} to a sequence");
            return Err(Stop::fault(text));
        }
        match &*items(item)? {
            [key, value] => made.insert(key_of(key)?, value.clone()),
            other => {
                let length = other.len();
                return Err(Stop::fault(format!(
                    "dictionary update sequence element #{i} has length {length}; 2 is required"
                )));
            }
        };
    }
    Ok(Value::map(made))
}

fn dict_kv(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("dict_kv", args, &["key"], 1)?;
    Ok(Value::map(Map::from_iter([(key_of(bound.need("key")?)?, value)])))
}

fn groupby_as_dict(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("groupby_as_dict", args, &["attribute"], 1)?;
    if !is_sequence(&value) {
        return Err(Stop::fault("Input is not a sequence"));
    }
    let attribute = key_of(bound.need("attribute")?)?;
    let mut made = Map::new();
    for (i, item) in items(&value)?.iter().enumerate() {
        let Some(map) = mapping(item)? else {
            return Err(Stop::fault(format!("Sequence element #{i} is not a mapping")));
        };
        let Some(found) = map.get(&attribute) else {
            let text = format!("Attribute not contained in element #{i} of sequence");
            return Err(Stop::fault(text));
        };
        let key = key_of(found)?;
        if made.contains_key(&key) {
            let shown = shown(found);
            let text = format!("Multiple sequence entries have attribute value {shown}");
            return Err(Stop::fault(text));
        }
        made.insert(key, item.clone());
    }
    Ok(Value::map(made))
}

fn counter(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    Bound::of("counter", args, &[], 0)?;
    if !is_sequence(&value) && value.as_str().is_none() {
        return Err(Stop::fault(format!(
            "Argument for community.general.counter must be a sequence (string or list). {} is {}",
            shown_text(&value),
            class_of(&value)
        )));
    }
    let mut counts = Map::new();
    for item in items(&value)?.iter() {
        let key = Key::of(item).ok_or_else(|| {
            Stop::fault(format!(
                "community.general.counter needs a sequence with hashable elements (int, float or \
                 str) - unhashable type: '{}'",
                item.type_name()
            ))
        })?;
        let before = counts.get(&key).and_then(Value::as_int).unwrap_or(0);
        counts.insert(key, Value::from(before + 1));
    }
    Ok(Value::map(counts))
}

fn reveal(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("reveal_ansible_type", args, &["alias"], 0)?;
    type_text(&value, bound.some("alias")).map(Value::from)
}

/// The name of the type with those of the items; `alias` renames types.
pub fn type_text(value: &Value, alias: Option<&Value>) -> Result<String, Stop> {
    let alias = match alias {
        None => Map::new(),
        Some(alias) => match alias.as_map() {
            Some(map) => map.clone(),
            None => {
                return Err(Stop::fault(format!(
                    "The argument alias must be a dictionary. {} is {}",
                    shown(alias),
                    class_of(alias)
                )));
            }
        },
    };
    let name = |value: &Value| {
        let own = value.type_name();
        alias.get(&Key::from(own)).map_or_else(|| own.to_string(), Value::text)
    };
    let joined = |names: BTreeSet<String>| names.into_iter().collect::<Vec<_>>().join("|");
    let own = name(value);
    if let (Some(items), "list") = (value.as_list().filter(|items| !items.is_empty()), own.as_str())
    {
        let items = joined(items.iter().map(name).collect());
        return Ok(format!("list[{items}]"));
    }
    if let (Some(map), "dict") = (value.as_map().filter(|map| !map.is_empty()), own.as_str()) {
        let keys = joined(map.keys().map(|key| name(&key.value())).collect());
        let values = joined(map.values().map(name).collect());
        return Ok(format!("dict[{keys}, {values}]"));
    }
    Ok(own)
}
