//! Methods of lists and tuples.

use super::given::Given;
use crate::base::{Kind, Value};
use crate::template::eval::{Core, raise};
use crate::template::ops;
use crate::template::table::{Args, Stop};
use std::cmp::Ordering;

/// Calls a method.
pub fn call(core: &Core, receiver: &Value, name: &str, args: &Args) -> Result<Value, Stop> {
    match name {
        "count" => {
            let given = Given::new("list.count", args, &["value"])?;
            let wanted = core.deep(given.required(0)?)?;
            let mut count = 0;
            for item in core.items(receiver)? {
                count += i64::from(core.deep(&item)? == wanted);
            }
            Ok(Value::from(count))
        }
        "index" => index(core, receiver, args),
        "copy" => Ok(Value::list(core.raw_items(receiver)?)),
        "append" => {
            let given = Given::new("list.append", args, &["object"])?;
            let item = given.required(0)?.clone();
            change(core, receiver, |items| items.push(item))
        }
        "clear" => change(core, receiver, Vec::clear),
        "reverse" => change(core, receiver, |items| items.reverse()),
        "extend" => {
            let given = Given::new("list.extend", args, &["iterable"])?;
            let more = core.raw_items(given.required(0)?)?;
            change(core, receiver, |items| items.extend(more))
        }
        "insert" => {
            let given = Given::new("list.insert", args, &["index", "object"])?;
            let (at, item) = (given.integer(0)?.unwrap_or(0), given.required(1)?.clone());
            change(core, receiver, |items| {
                let at = place(at, items.len()).min(items.len());
                items.insert(at, item);
            })
        }
        "pop" => pop(core, receiver, args),
        "remove" => {
            let given = Given::new("list.remove", args, &["value"])?;
            let wanted = core.deep(given.required(0)?)?;
            match position(core, receiver, &wanted)? {
                Some(at) => change(core, receiver, |items| {
                    items.remove(at);
                }),
                None => raise("list.remove(x): x not in list"),
            }
        }
        _ => sort(core, receiver, args),
    }
}

/// Changes the list and gives None.
fn change(
    core: &Core,
    receiver: &Value,
    with: impl FnOnce(&mut Vec<Value>),
) -> Result<Value, Stop> {
    match core.session.cells.change_list(receiver, with) {
        Some(()) => Ok(Value::NULL),
        None => raise("this list can't be changed"),
    }
}

/// An index from the front; beyond the front it is 0.
fn place(at: i64, length: usize) -> usize {
    let at = if at < 0 { at + length as i64 } else { at };
    usize::try_from(at).unwrap_or(0)
}

fn position(core: &Core, list: &Value, wanted: &Value) -> Result<Option<usize>, Stop> {
    for (at, item) in core.items(list)?.iter().enumerate() {
        if core.deep(item)? == *wanted {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

fn index(core: &Core, receiver: &Value, args: &Args) -> Result<Value, Stop> {
    let given = Given::new("list.index", args, &["value", "start", "stop"])?;
    let wanted = core.deep(given.required(0)?)?;
    let items = core.items(receiver)?;
    let start = place(given.integer(1)?.unwrap_or(0), items.len());
    let stop = place(given.integer(2)?.unwrap_or(i64::MAX), items.len()).min(items.len());
    for (at, item) in items.iter().enumerate().take(stop).skip(start) {
        if core.deep(item)? == wanted {
            return Ok(Value::from(at as u64));
        }
    }
    match receiver.kind {
        Kind::Tuple(_) => raise("tuple.index(x): x not in tuple"),
        _ => raise(format!("{} is not in list", given.required(0)?.masked().repr())),
    }
}

fn pop(core: &Core, receiver: &Value, args: &Args) -> Result<Value, Stop> {
    let given = Given::new("list.pop", args, &["index"])?;
    let at = given.integer(0)?.unwrap_or(-1);
    let length = core.session.cells.now(receiver.clone()).as_list().map_or(0, <[Value]>::len);
    if length == 0 {
        return raise("pop from empty list");
    }
    let at = if at < 0 { at + length as i64 } else { at };
    let Some(at) = usize::try_from(at).ok().filter(|at| *at < length) else {
        return raise("pop index out of range");
    };
    match core.session.cells.change_list(receiver, |items| items.remove(at)) {
        Some(item) => core.taken(receiver, item),
        None => raise("this list can't be changed"),
    }
}

fn sort(core: &Core, receiver: &Value, args: &Args) -> Result<Value, Stop> {
    let given = Given::new("list.sort", args, &["key", "reverse"])?;
    if given.get(0).is_some_and(|key| !key.is_null()) {
        return raise("list.sort() takes no key function in templates; use the filter sort");
    }
    let mut items = Vec::new();
    for item in core.items(receiver)? {
        items.push(core.deep(&item)?);
    }
    let sorted = sorted(items, given.flag(1))?;
    change(core, receiver, |items| *items = sorted)
}

/// Sorted as Python does; the error is that of the first pair without an order.
fn sorted(mut items: Vec<Value>, reverse: bool) -> Result<Vec<Value>, Stop> {
    let mut failed = None;
    items.sort_by(|a, b| {
        let ordering = match ops::order("<", a, b) {
            Ok(ordering) => ordering.unwrap_or(Ordering::Equal),
            Err(stop) => {
                failed.get_or_insert(stop);
                Ordering::Equal
            }
        };
        if reverse { ordering.reverse() } else { ordering }
    });
    match failed {
        Some(stop) => Err(stop),
        None => Ok(items),
    }
}
