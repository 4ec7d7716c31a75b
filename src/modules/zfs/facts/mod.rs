//! `zfs_facts` and `zpool_facts`: what a host has, as facts.

mod datasets;
mod pools;
#[cfg(test)]
mod tests;

pub use datasets::ZfsFacts;
pub use pools::ZpoolFacts;

use crate::base::{Key, Map, Value};
use crate::spec::Failure;

/// Facts that were read.
pub struct Seen(Vec<Value>);

/// Dicts of properties by name, in the order in which the names come.
fn dicts(lines: impl Iterator<Item = (String, String, String)>) -> Vec<Value> {
    let mut all: Vec<(String, Map)> = Vec::new();
    for (name, property, value) in lines {
        let at = all.iter().rposition(|(own, _)| *own == name);
        let at = at.unwrap_or_else(|| {
            all.push((name.clone(), Map::new()));
            all.len() - 1
        });
        all[at].1.insert(Key::from(property.as_str()), Value::from(value));
    }
    let done = all.into_iter().map(|(name, mut map)| {
        map.insert("name".into(), Value::from(name));
        Value::map(map)
    });
    done.collect()
}

/// Lines of name, property and value. A value may hold tabs and newlines.
fn lines(text: &str) -> Result<Vec<(String, String, String)>, Failure> {
    let mut found: Vec<(String, String, String)> = Vec::new();
    for line in text.lines() {
        let mut fields = line.splitn(3, '\t');
        match (fields.next(), fields.next(), fields.next()) {
            (Some(name), Some(property), Some(value)) => {
                found.push((name.into(), property.into(), value.into()));
            }
            _ => match found.last_mut() {
                Some((_, _, value)) => {
                    value.push('\n');
                    value.push_str(line);
                }
                None => return Err(Failure::new(format!("the answer of zfs get: {line}"))),
            },
        }
    }
    Ok(found)
}

/// A word that must not be an option.
fn no_option(what: &str, text: &str) -> Result<(), Failure> {
    if text.is_empty() || text.starts_with('-') || text.contains(['\0', '\n']) {
        return Err(Failure::new(format!("{text:?} is no {what}")));
    }
    Ok(())
}
