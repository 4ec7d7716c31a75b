//! Merging of dicts.

use super::bind::shown;
use super::builtin;
use super::iterate::mapping;
use super::lists::flattened;
use crate::base::{Kind, Map, Value};
use crate::template::table::{Args, Env, Filter, Stop};

pub(super) const FILTERS: &[Filter] = &[builtin(
    "combine",
    "ansible.builtin.combine",
    "Merges dicts; later ones win.",
    combine,
    &[
        ("{'a': 1, 'b': 2} | combine({'b': 3})", "{'a': 1, 'b': 3}"),
        ("{'a': {'x': 1}} | combine({'a': {'y': 2}}, recursive=true)", "{'a': {'x': 1, 'y': 2}}"),
        ("{'a': [1]} | combine({'a': [2]}, list_merge='append')", "{'a': [1, 2]}"),
        ("[{'a': 1}, {'b': 2}] | combine", "{'a': 1, 'b': 2}"),
    ],
)];

/// What becomes of lists under one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lists {
    /// The later one.
    Replace,
    /// The earlier one.
    Keep,
    /// Both, the later behind.
    Append,
    /// Both, the later in front.
    Prepend,
    /// As append; items of the later one are taken out of the earlier.
    AppendUnique,
    /// As prepend; items of the later one are taken out of the earlier.
    PrependUnique,
}

impl Lists {
    /// The way of this name.
    ///
    /// # Errors
    /// An unknown name.
    pub fn named(name: &str) -> Result<Self, Stop> {
        Ok(match name {
            "replace" => Self::Replace,
            "keep" => Self::Keep,
            "append" => Self::Append,
            "prepend" => Self::Prepend,
            "append_rp" => Self::AppendUnique,
            "prepend_rp" => Self::PrependUnique,
            _ => {
                return Err(Stop::fault(
                    "merge_hash: 'list_merge' argument can only be equal to 'replace', 'keep', \
                     'append', 'prepend', 'append_rp' or 'prepend_rp'",
                ));
            }
        })
    }

    fn merged(self, old: &Value, new: &Value) -> Value {
        let (Kind::List(a), Kind::List(b)) = (&old.kind, &new.kind) else { return new.clone() };
        let kept = || a.iter().filter(|item| !b.contains(item)).cloned();
        match self {
            Self::Replace => new.clone(),
            Self::Keep => old.clone(),
            Self::Append => Value::list(a.iter().chain(b.iter()).cloned().collect()),
            Self::Prepend => Value::list(b.iter().chain(a.iter()).cloned().collect()),
            Self::AppendUnique => Value::list(kept().chain(b.iter().cloned()).collect()),
            Self::PrependUnique => Value::list(b.iter().cloned().chain(kept()).collect()),
        }
    }
}

/// `old` with the entries of `new` over it.
pub fn merge(old: &Map, new: &Map, recursive: bool, lists: Lists) -> Map {
    if old.is_empty() || old == new {
        return new.clone();
    }
    let mut merged = old.clone();
    for (key, item) in new {
        let value = match merged.get(key) {
            Some(before) => merge_entry(before, item, recursive, lists),
            None => item.clone(),
        };
        merged.insert(key.clone(), value);
    }
    merged
}

fn merge_entry(before: &Value, item: &Value, recursive: bool, lists: Lists) -> Value {
    match (&before.kind, &item.kind) {
        (Kind::Map(a), Kind::Map(b)) if recursive => Value::map(merge(a, b, recursive, lists)),
        (Kind::List(_), Kind::List(_)) => lists.merged(before, item),
        _ => item.clone(),
    }
}

fn combine(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let (mut recursive, mut lists) = (false, Lists::Replace);
    for (key, given) in &args.keyword {
        match key.as_str() {
            Some("recursive") => recursive = given.is_true(),
            Some("list_merge") => lists = Lists::named(&given.text())?,
            _ => {
                return Err(Stop::fault(
                    "'recursive' and 'list_merge' are the only valid keyword arguments",
                ));
            }
        }
    }
    let terms: Vec<Value> = std::iter::once(value).chain(args.positional.iter().cloned()).collect();
    let terms = flattened(&terms, Some(1), true)?;
    // From the last to the first, as the largest dict is the first one in most uses.
    let mut terms = terms.into_iter().rev();
    let Some(mut merged) = terms.next() else { return Ok(Value::map(Map::new())) };
    for term in terms {
        merged = {
            let (Some(old), Some(new)) = (mapping(&term)?, mapping(&merged)?) else {
                return Err(mismatch(&term, &merged));
            };
            Value::map(merge(&old, &new, recursive, lists))
        };
    }
    Ok(merged)
}

fn mismatch(a: &Value, b: &Value) -> Stop {
    Stop::fault(format!(
        "failed to combine variables, expected dicts but got a '{}' and a '{}': \n{}\n{}",
        a.type_name(),
        b.type_name(),
        shown(a),
        shown(b)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Key;

    fn order(map: &Map) -> Vec<String> {
        map.keys().map(Key::to_string).collect()
    }

    fn map(entries: &[(&str, i64)]) -> Map {
        entries.iter().map(|(k, v)| (Key::from(*k), Value::from(*v))).collect()
    }

    #[test]
    fn keys_keep_the_place_of_their_first_dict() {
        let merged =
            merge(&map(&[("b", 1), ("a", 2)]), &map(&[("c", 3), ("b", 4)]), false, Lists::Replace);
        assert_eq!(order(&merged), ["b", "a", "c"]);
    }
}
