//! The lookup `subelements`.

use super::options::Options;
use super::plain;
use crate::base::{Key, Kind, Map, Value};
use crate::template::filters::bind::shown_text;
use crate::template::filters::tuple;
use crate::template::table::{Env, LookupPlugin, Stop};

pub(super) const LOOKUPS: &[LookupPlugin] = &[plain(
    "subelements",
    "ansible.builtin.subelements",
    "Pairs each dict, without the list, with each item of a list inside it.",
    subelements,
    &[
        (
            "query('subelements', [{'n': 'x', 'g': [1, 2]}], 'g')",
            "[({'n': 'x'}, 1), ({'n': 'x'}, 2)]",
        ),
        ("query('subelements', [{'n': 'x'}], 'g', {'skip_missing': true})", "[]"),
    ],
)];

fn expects(what: &str) -> Stop {
    Stop::fault(format!("subelements lookup expects a list of two or three items, {what}"))
}

fn subelements(_: &dyn Env, terms: &[Value], given: &Map) -> Result<Vec<Value>, Stop> {
    Options::of("subelements", given, &[])?;
    let (elements, path, flags) = match terms {
        [elements, path] => (elements, path, None),
        [elements, path, flags] => (elements, path, Some(flags)),
        _ => return Err(expects("")),
    };
    let shape = || expects("first a dict or a list, second a string pointing to the subkey");
    let path: Vec<&str> = path.as_str().ok_or_else(shape)?.split('.').collect();
    let elements = match &elements.kind {
        Kind::Map(map) if is_skipped(map) => return Ok(Vec::new()),
        Kind::Map(map) => map.values().cloned().collect(),
        Kind::List(items) => items.to_vec(),
        _ => return Err(shape()),
    };
    let skip_missing = skip_missing(flags)?;
    let mut pairs = Vec::new();
    for element in elements {
        let Kind::Map(map) = &element.kind else {
            let shown = shown_text(&element);
            return Err(Stop::fault(format!(
                "subelements lookup expects a dictionary, got '{shown}'"
            )));
        };
        if is_skipped(map) {
            continue;
        }
        let (rest, list) = taken(map, &path, skip_missing)?;
        let rest = Value::map(rest);
        pairs.extend(list.into_iter().map(|item| tuple(vec![rest.clone(), item])));
    }
    Ok(pairs)
}

fn is_skipped(map: &Map) -> bool {
    map.get(&Key::from("skipped")).is_some_and(|skipped| skipped.as_bool() != Some(false))
}

fn skip_missing(flags: Option<&Value>) -> Result<bool, Stop> {
    let Some(flags) = flags else { return Ok(false) };
    let Some(map) = flags.as_map() else {
        return Err(expects("the optional third item must be a dict with flags ('skip_missing',)"));
    };
    let known = Options::of("subelements", map, &["skip_missing"])?;
    known.flag("skip_missing", false)
}

/// The element without the list at the path, and the list.
fn taken(map: &Map, path: &[&str], skip: bool) -> Result<(Map, Vec<Value>), Stop> {
    let Some((first, deeper)) = path.split_first() else { return Ok((map.clone(), Vec::new())) };
    let key = Key::from(*first);
    let Some(found) = map.get(&key) else {
        if skip {
            return Ok((map.clone(), Vec::new()));
        }
        let shown = shown_text(&Value::map(map.clone()));
        let text = format!("could not find '{first}' key in iterated item '{shown}'");
        return Err(Stop::fault(text));
    };
    let points = |what: &str| {
        let shown = shown_text(found);
        Stop::fault(format!("the key {first} should point to a {what}, got '{shown}'"))
    };
    let mut rest = map.clone();
    if deeper.is_empty() {
        let Kind::List(list) = &found.kind else { return Err(points("list")) };
        rest.shift_remove(&key);
        return Ok((rest, list.to_vec()));
    }
    let Kind::Map(inner) = &found.kind else {
        return if skip { Ok((rest, Vec::new())) } else { Err(points("dictionary")) };
    };
    let (inner, list) = taken(inner, deeper, skip)?;
    rest.insert(key, Value::map(inner));
    Ok((rest, list))
}
