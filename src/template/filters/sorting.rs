//! Filters that sort and group.

use super::attribute::{Path, folded};
use super::bind::Bound;
use super::iterate::{lazy_items, need_mapping};
use super::order::sorted;
use super::{builtin, jinja, tuple};
use crate::base::Value;
use crate::template::table::{Args, Env, Filter, Stop};

pub(super) const FILTERS: &[Filter] = &[
    jinja(
        "sort",
        "Sorts; capitals count as small letters unless said otherwise.",
        sort,
        &[
            ("['b', 'A', 'a'] | sort", "['A', 'a', 'b']"),
            ("['b', 'A', 'a'] | sort(case_sensitive=true)", "['A', 'a', 'b']"),
            ("[1, 3, 2] | sort(reverse=true)", "[3, 2, 1]"),
            ("[{'n': 2}, {'n': 1}] | sort(attribute='n')", "[{'n': 1}, {'n': 2}]"),
        ],
    ),
    jinja(
        "dictsort",
        "Gives the pairs of a dict sorted by key or value.",
        dictsort,
        &[
            ("{'b': 1, 'A': 2} | dictsort", "[('A', 2), ('b', 1)]"),
            ("{'b': 1, 'a': 2} | dictsort(by='value')", "[('b', 1), ('a', 2)]"),
        ],
    ),
    builtin(
        "groupby",
        "ansible.builtin.groupby",
        "Sorts by an attribute and gives pairs of its value and the items that have it.",
        groupby,
        &[(
            "[{'k': 'b', 'n': 1}, {'k': 'a', 'n': 2}, {'k': 'b', 'n': 3}] | groupby('k')",
            "[('a', [{'k': 'a', 'n': 2}]), ('b', [{'k': 'b', 'n': 1}, {'k': 'b', 'n': 3}])]",
        )],
    ),
];

fn sort(env: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("do_sort", args, &["reverse", "case_sensitive", "attribute"], 0)?;
    let items = lazy_items(&value)?;
    let paths = Path::several(bound.get("attribute"));
    let sensitive = bound.flag("case_sensitive", false);
    let keys = keys(env, &items, &paths, sensitive)?;
    let order = sorted(&keys, bound.flag("reverse", false))?;
    Ok(Value::list(order.into_iter().map(|i| items[i].clone()).collect()))
}

fn keys(
    env: &dyn Env,
    items: &[Value],
    paths: &[Path],
    sensitive: bool,
) -> Result<Vec<Value>, Stop> {
    let key = |item: &Value| -> Result<Value, Stop> {
        let mut parts = Vec::with_capacity(paths.len());
        for path in paths {
            let part = path.get(env, item, None)?;
            super::bind::defined(&part)?;
            parts.push(if sensitive { part } else { folded(&part) });
        }
        match <[Value; 1]>::try_from(parts) {
            Ok([only]) => Ok(only),
            Err(parts) => Ok(Value::list(parts)),
        }
    };
    items.iter().map(key).collect()
}

fn dictsort(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("do_dictsort", args, &["case_sensitive", "by", "reverse"], 0)?;
    let by = bound.text("by", "key");
    if by != "key" && by != "value" {
        return Err(Stop::fault("You can only sort by either \"key\" or \"value\""));
    }
    let map = need_mapping(&value, |_| {
        format!("'{}' object has no attribute 'items'", value.type_name())
    })?;
    let sensitive = bound.flag("case_sensitive", false);
    let keys: Vec<Value> = map
        .iter()
        .map(|(key, item)| if by == "key" { key.value() } else { item.clone() })
        .map(|key| if sensitive { key } else { folded(&key) })
        .collect();
    let pairs: Vec<Value> = map.iter().map(|(k, v)| tuple(vec![k.value(), v.clone()])).collect();
    let order = sorted(&keys, bound.flag("reverse", false))?;
    Ok(Value::list(order.into_iter().map(|i| pairs[i].clone()).collect()))
}

fn groupby(env: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("sync_do_groupby", args, &["attribute", "default", "case_sensitive"], 1)?;
    let path = Path::of(Some(bound.need("attribute")?));
    let sensitive = bound.flag("case_sensitive", false);
    let items = lazy_items(&value)?;
    let mut real = Vec::with_capacity(items.len());
    let mut keys = Vec::with_capacity(items.len());
    for item in items.iter() {
        let key = path.get(env, item, bound.some("default"))?;
        super::bind::defined(&key)?;
        keys.push(if sensitive { key.clone() } else { folded(&key) });
        real.push(key);
    }
    let mut groups: Vec<(usize, Vec<Value>)> = Vec::new();
    for i in sorted(&keys, false)? {
        match groups.last_mut() {
            Some((first, group)) if keys[*first] == keys[i] => group.push(items[i].clone()),
            _ => groups.push((i, vec![items[i].clone()])),
        }
    }
    let pair =
        |(first, group): (usize, Vec<Value>)| tuple(vec![real[first].clone(), Value::list(group)]);
    Ok(Value::list(groups.into_iter().map(pair).collect()))
}
