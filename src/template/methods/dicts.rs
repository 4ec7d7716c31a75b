//! Methods of dicts, and of objects that are mappings.

use super::given::Given;
use crate::base::{Key, Kind, Map, Value};
use crate::template::eval::{Core, need, raise};
use crate::template::table::{Args, Stop};
use std::sync::Arc;

/// Calls a method.
pub fn call(core: &Core, receiver: &Value, name: &str, args: &Args) -> Result<Value, Stop> {
    match name {
        "get" => {
            let given = Given::new("dict.get", args, &["key", "default"])?;
            let found = find(core, receiver, &key_of(given.required(0)?)?)?;
            Ok(found.or_else(|| given.get(1).cloned()).unwrap_or(Value::NULL))
        }
        "keys" => {
            Given::new("dict.keys", args, &[])?;
            Ok(Value::list(keys(core, receiver).iter().map(Key::value).collect()))
        }
        "items" | "values" => {
            Given::new(&format!("dict.{name}"), args, &[])?;
            pairs(core, receiver, name == "items")
        }
        "copy" => {
            Given::new("dict.copy", args, &[])?;
            let now = core.session.cells.now(receiver.clone());
            Ok(Value::map(now.as_map().cloned().unwrap_or_default()).marked_as(receiver))
        }
        "clear" => change(core, receiver, Map::clear),
        "fromkeys" => {
            let given = Given::new("dict.fromkeys", args, &["iterable", "value"])?;
            let value = given.get(1).cloned().unwrap_or(Value::NULL);
            let mut map = Map::new();
            for key in core.items(given.required(0)?)? {
                map.insert(key_of(&key)?, value.clone());
            }
            Ok(Value::map(map))
        }
        "pop" => pop(core, receiver, args),
        "popitem" => pop_item(core, receiver),
        "setdefault" => {
            let given = Given::new("dict.setdefault", args, &["key", "default"])?;
            let key = key_of(given.required(0)?)?;
            if let Some(found) = find(core, receiver, &key)? {
                return Ok(found);
            }
            let value = given.get(1).cloned().unwrap_or(Value::NULL);
            let new = value.clone();
            change(core, receiver, |map| {
                map.insert(key, new);
            })?;
            Ok(value)
        }
        _ => update(core, receiver, args),
    }
}

fn key_of(value: &Value) -> Result<Key, Stop> {
    match Key::of(value) {
        Some(key) => Ok(key),
        None => raise(format!("unhashable type: '{}'", value.type_name())),
    }
}

fn keys(core: &Core, receiver: &Value) -> Vec<Key> {
    match &core.session.cells.now(receiver.clone()).kind {
        Kind::Map(map) => map.keys().cloned().collect(),
        Kind::Object(object) => object.keys().unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn find(core: &Core, receiver: &Value, key: &Key) -> Result<Option<Value>, Stop> {
    let found = match &core.session.cells.now(receiver.clone()).kind {
        Kind::Map(map) => map.get(key).cloned(),
        Kind::Object(object) => object.get(key)?,
        _ => None,
    };
    found.map(|found| core.taken(receiver, found)).transpose()
}

fn pairs(core: &Core, receiver: &Value, with_keys: bool) -> Result<Value, Stop> {
    let mut all = Vec::new();
    for key in keys(core, receiver) {
        let item = need(find(core, receiver, &key)?.unwrap_or(Value::NULL))?;
        all.push(if with_keys {
            Value::new(Kind::Tuple(Arc::new(vec![key.value(), item])))
        } else {
            item
        });
    }
    Ok(Value::list(all))
}

/// Changes the dict and gives None.
fn change(core: &Core, receiver: &Value, with: impl FnOnce(&mut Map)) -> Result<Value, Stop> {
    match core.session.cells.change_map(receiver, with) {
        Some(()) => Ok(Value::NULL),
        None => raise("this dict can't be changed"),
    }
}

fn pop(core: &Core, receiver: &Value, args: &Args) -> Result<Value, Stop> {
    let given = Given::new("dict.pop", args, &["key", "default"])?;
    let key = key_of(given.required(0)?)?;
    let popped = core.session.cells.change_map(receiver, |map| map.shift_remove(&key));
    match (popped.flatten(), given.get(1)) {
        (Some(item), _) => core.taken(receiver, item),
        (None, Some(default)) => Ok(default.clone()),
        (None, None) => raise(given.required(0)?.masked().repr()),
    }
}

fn pop_item(core: &Core, receiver: &Value) -> Result<Value, Stop> {
    let popped = core.session.cells.change_map(receiver, Map::pop).flatten();
    match popped {
        Some((key, item)) => {
            let item = core.taken(receiver, item)?;
            Ok(Value::new(Kind::Tuple(Arc::new(vec![key.value(), item]))))
        }
        None => raise("'popitem(): dictionary is empty'"),
    }
}

fn update(core: &Core, receiver: &Value, args: &Args) -> Result<Value, Stop> {
    if args.positional.len() > 1 {
        let count = args.positional.len();
        return raise(format!("update expected at most 1 argument, got {count}"));
    }
    let mut new = match args.positional.first() {
        Some(first) => entries_of(core, first)?,
        None => Map::new(),
    };
    new.extend(args.keyword.iter().map(|(k, v)| (k.clone(), v.clone())));
    change(core, receiver, |map| map.extend(new))
}

/// The entries that `dict(value)` has: those of a mapping, or pairs.
pub fn entries_of(core: &Core, value: &Value) -> Result<Map, Stop> {
    let now = core.session.cells.now(value.clone());
    if let Some(map) = now.as_map() {
        return Ok(map.clone());
    }
    if let Kind::Object(object) = &now.kind {
        let mut map = Map::new();
        for key in object.keys().unwrap_or_default() {
            let item = object.get(&key)?.unwrap_or(Value::NULL);
            map.insert(key, item);
        }
        return Ok(map);
    }
    let mut map = Map::new();
    for (index, pair) in core.items(&now)?.iter().enumerate() {
        let pair = match core.items(pair) {
            Err(Stop::Fault(_)) => {
                return raise(format!(
                    "cannot convert dictionary update sequence element #{index} to a sequence"
                ));
            }
            other => other?,
        };
        let [key, item] = pair.as_slice() else {
            let length = pair.len();
            return raise(format!(
                "dictionary update sequence element #{index} has length {length}; 2 is required"
            ));
        };
        map.insert(key_of(key)?, item.clone());
    }
    Ok(map)
}
