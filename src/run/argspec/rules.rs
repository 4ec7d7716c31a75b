//! Rules over several options of an option.

use super::check::{attribute, texts};
use crate::base::{Key, Map, Value};

/// At most one of some options.
pub fn exclusive(around: Option<&Value>, given: &Map, found: &str) -> Option<String> {
    let groups = groups(around, "mutually_exclusive");
    let broken: Vec<String> = groups
        .iter()
        .filter(|names| names.iter().filter(|name| has(given, name)).count() > 1)
        .map(|names| names.join("|"))
        .collect();
    let text = format!("parameters are mutually exclusive: {}{found}", broken.join(", "));
    (!broken.is_empty()).then_some(text)
}

/// The other rules: together, one of, if, by.
pub fn together(around: Option<&Value>, given: &Map, found: &str) -> Vec<String> {
    let absent = |names: &[String]| names.iter().filter(|name| !has(given, name)).count();
    let together = groups(around, "required_together").into_iter().find(|names| {
        let missing = absent(names);
        missing > 0 && missing < names.len()
    });
    let one_of =
        groups(around, "required_one_of").into_iter().find(|names| absent(names) == names.len());
    let told = [
        together.map(|n| format!("parameters are required together: {}{found}", n.join(", "))),
        one_of.map(|n| format!("one of the following is required: {}{found}", n.join(", "))),
        required_if(around, given, found),
        required_by(around, given, found),
    ];
    told.into_iter().flatten().collect()
}

/// Whether a name was given a value.
fn has(given: &Map, name: &str) -> bool {
    given.get(&Key::from(name)).is_some_and(|value| !value.is_null())
}

/// A list of lists of names; one list stands for itself.
fn groups(around: Option<&Value>, rule: &str) -> Vec<Vec<String>> {
    let Some(items) = around.and_then(|a| attribute(a, rule)).and_then(Value::as_list) else {
        return Vec::new();
    };
    if items.iter().all(|item| item.as_list().is_none()) {
        return vec![texts(Some(&Value::list(items.to_vec())))];
    }
    items.iter().map(|item| texts(Some(item))).collect()
}

fn required_if(around: Option<&Value>, given: &Map, found: &str) -> Option<String> {
    let all = around.and_then(|a| attribute(a, "required_if")).and_then(Value::as_list)?;
    all.iter().find_map(|rule| {
        let [name, value, needs, rest @ ..] = rule.as_list()? else { return None };
        if given.get(&Key::of(name)?) != Some(value) {
            return None;
        }
        let any = rest.first().is_some_and(Value::is_true);
        let needs = texts(Some(needs));
        let missing: Vec<&str> =
            needs.iter().map(String::as_str).filter(|name| !has(given, name)).collect();
        let broken = if any { missing.len() == needs.len() } else { !missing.is_empty() };
        let (word, missing) = (if any { "any" } else { "all" }, missing.join(", "));
        broken.then(|| {
            let (name, value) = (name.text(), value.masked().text());
            format!("{name} is {value} but {word} of the following are missing: {missing}{found}")
        })
    })
}

fn required_by(around: Option<&Value>, given: &Map, found: &str) -> Option<String> {
    let all = around.and_then(|a| attribute(a, "required_by")).and_then(Value::as_map)?;
    all.iter().find_map(|(name, needs)| {
        let name = name.as_str().filter(|name| has(given, name))?;
        let missing: Vec<String> =
            texts(Some(needs)).into_iter().filter(|need| !has(given, need)).collect();
        let list = missing.join(", ");
        let text = format!("missing parameter(s) required by '{name}': {list}{found}");
        (!missing.is_empty()).then_some(text)
    })
}
