//! Lookups over lists and dicts.

use super::options::Options;
use super::plain;
use crate::base::{Key, Map, Value};
use crate::template::filters::bind::{class_of, shown_text};
use crate::template::filters::iterate::{is_sequence, items, mapping};
use crate::template::filters::tuple;
use crate::template::table::{Env, LookupPlugin, Stop};

pub(super) const LOOKUPS: &[LookupPlugin] = &[
    plain(
        "items",
        "ansible.builtin.items",
        "Gives the terms; lists among them are opened once.",
        items_of,
        &[("query('items', [1, [2]], 3)", "[1, [2], 3]")],
    ),
    plain(
        "list",
        "ansible.builtin.list",
        "Gives the terms as they are.",
        list,
        &[("query('list', [1, 2], 3)", "[[1, 2], 3]")],
    ),
    plain(
        "dict",
        "ansible.builtin.dict",
        "Gives the entries of dicts as dicts with `key` and `value`.",
        dict,
        &[("query('dict', {'a': 1})", "[{'key': 'a', 'value': 1}]")],
    ),
    plain(
        "nested",
        "ansible.builtin.nested",
        "Gives all lists with one item of each term.",
        nested,
        &[("query('nested', [1, 2], ['a'])", "[[1, 'a'], [2, 'a']]")],
    ),
    plain(
        "cartesian",
        "community.general.cartesian",
        "Gives all lists with one item of each term.",
        cartesian,
        &[("query('cartesian', [1], ['a', 'b'])", "[[1, 'a'], [1, 'b']]")],
    ),
    plain(
        "together",
        "ansible.builtin.together",
        "Pairs items by place; none where a list is short.",
        together,
        &[("query('together', [1, 2], ['a'])", "[[1, 'a'], [2, none]]")],
    ),
    plain(
        "indexed_items",
        "ansible.builtin.indexed_items",
        "Pairs items with their place from 0.",
        indexed_items,
        &[("query('indexed_items', ['a', 'b'])", "[(0, 'a'), (1, 'b')]")],
    ),
    plain(
        "flattened",
        "community.general.flattened",
        "Opens all lists, however deep.",
        flattened,
        &[("query('flattened', [1, [2, [3]]])", "[1, 2, 3]")],
    ),
];

/// Terms with the items of lists in their place, one level deep.
pub fn flat(terms: &[Value]) -> Vec<Value> {
    let mut flat = Vec::new();
    for term in terms {
        match term.as_list() {
            Some(items) => flat.extend(items.iter().cloned()),
            None => flat.push(term.clone()),
        }
    }
    flat
}

fn items_of(_: &dyn Env, terms: &[Value], given: &Map) -> Result<Vec<Value>, Stop> {
    Options::of("items", given, &[])?;
    Ok(flat(terms))
}

fn list(_: &dyn Env, terms: &[Value], given: &Map) -> Result<Vec<Value>, Stop> {
    Options::of("list", given, &[])?;
    Ok(terms.to_vec())
}

fn dict(_: &dyn Env, terms: &[Value], given: &Map) -> Result<Vec<Value>, Stop> {
    Options::of("dict", given, &[])?;
    let mut entries = Vec::new();
    for term in terms {
        let Some(map) = mapping(term)? else {
            return Err(Stop::fault(format!(
                "the 'dict' lookup plugin expects a dictionary, got '{}' of type {})",
                shown_text(term),
                class_of(term)
            )));
        };
        let entry = |(key, item): (&Key, &Value)| -> Value {
            [("key", key.value()), ("value", item.clone())].into_iter().collect()
        };
        entries.extend(map.iter().map(entry));
    }
    Ok(entries)
}

fn nested(_: &dyn Env, terms: &[Value], given: &Map) -> Result<Vec<Value>, Stop> {
    Options::of("nested", given, &[])?;
    if terms.is_empty() {
        return Err(Stop::fault("with_nested requires at least one element in the nested list"));
    }
    product(terms)
}

fn cartesian(_: &dyn Env, terms: &[Value], given: &Map) -> Result<Vec<Value>, Stop> {
    Options::of("cartesian", given, &[])?;
    if terms.is_empty() {
        return Err(Stop::fault("with_cartesian requires at least one element in each list"));
    }
    // A term that is no list stands for a list of itself.
    let listed = |term: &Value| {
        if is_sequence(term) { term.clone() } else { Value::list(vec![term.clone()]) }
    };
    product(&terms.iter().map(listed).collect::<Vec<_>>())
}

/// All rows with one item of each term, the last changing fastest; lists inside rows are opened.
fn product(terms: &[Value]) -> Result<Vec<Value>, Stop> {
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for term in terms {
        let items = items(term)?;
        let mut longer = Vec::with_capacity(rows.len() * items.len());
        for row in &rows {
            longer.extend(
                items
                    .iter()
                    .map(|item| [row.as_slice(), &flat(std::slice::from_ref(item))].concat()),
            );
        }
        rows = longer;
    }
    Ok(rows.into_iter().map(Value::list).collect())
}

fn together(_: &dyn Env, terms: &[Value], given: &Map) -> Result<Vec<Value>, Stop> {
    Options::of("together", given, &[])?;
    if terms.is_empty() {
        return Err(Stop::fault("with_together requires at least one element in each list"));
    }
    let columns = terms.iter().map(items).collect::<Result<Vec<_>, Stop>>()?;
    let longest = columns.iter().map(|column| column.len()).max().unwrap_or(0);
    let row = |i: usize| -> Vec<Value> {
        columns.iter().map(|column| column.get(i).cloned().unwrap_or_default()).collect()
    };
    Ok((0..longest).map(|i| Value::list(flat(&row(i)))).collect())
}

fn indexed_items(_: &dyn Env, terms: &[Value], given: &Map) -> Result<Vec<Value>, Stop> {
    Options::of("indexed_items", given, &[])?;
    let pair = |(i, item): (usize, Value)| tuple(vec![Value::from(i as i64), item]);
    Ok(flat(terms).into_iter().enumerate().map(pair).collect())
}

fn flattened(_: &dyn Env, terms: &[Value], given: &Map) -> Result<Vec<Value>, Stop> {
    Options::of("flattened", given, &[])?;
    Ok(opened(terms))
}

fn opened(terms: &[Value]) -> Vec<Value> {
    let mut flat = Vec::new();
    for term in terms {
        let term = only(term);
        if matches!(term.as_str(), Some("None" | "null")) {
            break;
        }
        match term.as_list() {
            Some(items) => flat.extend(opened(items)),
            None => flat.push(term.clone()),
        }
    }
    flat
}

/// The item of a list of one, however deep.
fn only(term: &Value) -> &Value {
    match term.as_list() {
        Some([one]) => only(one),
        _ => term,
    }
}
