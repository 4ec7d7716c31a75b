//! Sets of several lists, and lists of dicts merged by a key.

use crate::base::{Key, Map, Value};
use crate::template::filters::bind::{class_of, shown_text};
use crate::template::filters::builtin;
use crate::template::filters::iterate::{Seen, is_sequence, items, key_of};
use crate::template::filters::merge::{Lists, merge};
use crate::template::filters::order::sorted;
use crate::template::filters::sets::distinct;
use crate::template::filters::sum::add;
use crate::template::table::{Args, Env, Filter, Stop};

pub(super) const FILTERS: &[Filter] = &[
    builtin(
        "lists_union",
        "community.general.lists_union",
        "Gives the items of all lists, each once.",
        |_, value, args| several("lists_union", value, args, union),
        &[("[1, 2] | community.general.lists_union([2, 3], [4])", "[1, 2, 3, 4]")],
    ),
    builtin(
        "lists_intersect",
        "community.general.lists_intersect",
        "Gives the items that all lists have.",
        |_, value, args| several("lists_intersect", value, args, intersection),
        &[("[1, 2, 3] | community.general.lists_intersect([2, 3], [3])", "[3]")],
    ),
    builtin(
        "lists_difference",
        "community.general.lists_difference",
        "Gives the items of the first list that no other has.",
        |_, value, args| several("lists_difference", value, args, difference),
        &[("[1, 2, 3] | community.general.lists_difference([2], [3])", "[1]")],
    ),
    builtin(
        "lists_symmetric_difference",
        "community.general.lists_symmetric_difference",
        "Gives the items that only one list has, two lists at a time.",
        |_, value, args| several("lists_difference", value, args, symmetric),
        &[("[1, 2] | community.general.lists_symmetric_difference([2, 3])", "[1, 3]")],
    ),
    builtin(
        "lists_mergeby",
        "community.general.lists_mergeby",
        "Merges lists of dicts by a key and sorts by it.",
        lists_mergeby,
        &[(
            "[{'n': 'b', 'x': 1}] | community.general.lists_mergeby([{'n': 'a'}, {'n': 'b', 'y': 2}], 'n')",
            "[{'n': 'a'}, {'n': 'b', 'x': 1, 'y': 2}]",
        )],
    ),
    builtin(
        "accumulate",
        "community.general.accumulate",
        "Gives the sums up to each item.",
        accumulate,
        &[("[1, 2, 3] | community.general.accumulate", "[1, 3, 6]")],
    ),
];

type Step = fn(&[Value], &[Value]) -> Vec<Value>;

fn union(a: &[Value], b: &[Value]) -> Vec<Value> {
    distinct(&[a, b].concat())
}

fn intersection(a: &[Value], b: &[Value]) -> Vec<Value> {
    let other = Seen::of(b);
    distinct(a).into_iter().filter(|item| other.contains(item)).collect()
}

fn difference(a: &[Value], b: &[Value]) -> Vec<Value> {
    let other = Seen::of(b);
    distinct(a).into_iter().filter(|item| !other.contains(item)).collect()
}

fn symmetric(a: &[Value], b: &[Value]) -> Vec<Value> {
    [difference(a, b), difference(b, a)].concat()
}

fn several(name: &str, value: Value, args: &Args, step: Step) -> Result<Value, Stop> {
    let unknown: Vec<String> = args
        .keyword
        .keys()
        .filter(|key| key.as_str() != Some("flatten"))
        .map(Key::to_string)
        .collect();
    if !unknown.is_empty() {
        let names = unknown.join(", ");
        return Err(Stop::fault(format!("{name}() got unexpected keywords arguments: {names}")));
    }
    let mut lists: Vec<Value> = std::iter::once(value).chain(args.positional.clone()).collect();
    if args.keyword.get(&Key::from("flatten")).is_some_and(Value::is_true) {
        lists = opened(&lists, "All arguments must be lists.")?;
    }
    let Some((first, rest)) = lists.split_first() else { return Ok(Value::list(Vec::new())) };
    if rest.is_empty() {
        return Ok(first.clone());
    }
    let mut result = items(first)?.into_owned();
    for list in rest {
        result = step(&result, &items(list)?);
    }
    Ok(Value::list(result))
}

/// Lists of lists as their lists.
fn opened(lists: &[Value], failure: &str) -> Result<Vec<Value>, Stop> {
    let mut opened = Vec::new();
    for list in lists {
        let Some(inner) = list.as_list() else {
            let (shown, class) = (shown_text(list), class_of(list));
            return Err(Stop::fault(format!("{failure} {shown} is {class}")));
        };
        if inner.iter().all(is_sequence) {
            opened.extend(inner.iter().cloned())
        } else {
            opened.push(list.clone())
        }
    }
    Ok(opened)
}

fn lists_mergeby(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let (mut recursive, mut lists) = (false, Lists::Replace);
    for (key, given) in &args.keyword {
        match key.as_str() {
            Some("recursive") => recursive = given.is_true(),
            Some("list_merge") => lists = Lists::named(&given.text())?,
            _ => {
                return Err(Stop::fault(
                    "'recursive' and 'list_merge' are the only valid keyword arguments.",
                ));
            }
        }
    }
    let Some((index, more)) = args.positional.split_last() else {
        return Err(Stop::fault("At least one list and index are needed."));
    };
    let terms: Vec<Value> = std::iter::once(value).chain(more.iter().cloned()).collect();
    let failure = "All arguments before the argument index for community.general.lists_mergeby must be lists.";
    let terms = opened(&terms, failure)?;
    let mut terms = terms.into_iter().rev();
    let Some(mut result) = terms.next() else { return Ok(Value::list(Vec::new())) };
    if terms.len() > 0 && index.as_str().is_none() {
        return Err(Stop::fault(format!(
            "First argument after the lists for community.general.lists_mergeby must be string. {} is {}",
            shown_text(index),
            class_of(index)
        )));
    }
    for term in terms {
        result = merged_by(&term, &result, &key_of(index)?, recursive, lists)?;
    }
    Ok(result)
}

fn merged_by(
    a: &Value,
    b: &Value,
    index: &Key,
    recursive: bool,
    lists: Lists,
) -> Result<Value, Stop> {
    let mut made: Map = Map::new();
    for item in items(a)?.iter().chain(items(b)?.iter()) {
        let Some(map) = item.as_map() else {
            return Err(Stop::fault(format!(
                "Elements of list arguments for lists_mergeby must be dictionaries. {} is {}",
                shown_text(item),
                class_of(item)
            )));
        };
        let Some(name) = map.get(index) else { continue };
        let key = key_of(name)?;
        let before = made.get(&key).and_then(Value::as_map).cloned().unwrap_or_default();
        let after = merge(&before, map, recursive, lists);
        made.insert(key, Value::map(after));
    }
    let keys: Vec<Value> = made.keys().map(Key::value).collect();
    let order = sorted(&keys, false)?;
    Ok(Value::list(
        order.into_iter().filter_map(|i| made.get_index(i)).map(|(_, v)| v.clone()).collect(),
    ))
}

fn accumulate(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    crate::template::filters::bind::Bound::of("accumulate", args, &[], 0)?;
    if !is_sequence(&value) && value.as_str().is_none() {
        let (class, shown) = (class_of(&value), crate::template::filters::bind::shown(&value));
        let text = format!("Invalid value type ({class}) for accumulate ({shown})");
        return Err(Stop::fault(text));
    }
    let mut sums: Vec<Value> = Vec::new();
    for item in items(&value)?.iter() {
        let sum = match sums.last() {
            Some(before) => add(before, item)?,
            None => item.clone(),
        };
        sums.push(sum);
    }
    Ok(Value::list(sums))
}
