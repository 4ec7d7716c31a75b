//! The table of filters. One file per family; each entry has its examples, and a test runs them.

pub mod attribute;
pub mod bind;
pub mod csv;
pub mod glob;
pub mod hashes;
pub mod ini_file;
pub mod iterate;
pub mod order;
pub mod passwords;
pub mod paths;
pub mod printf;
pub mod regex;
pub mod sum;
pub mod text;
pub mod twister;

mod community;
mod crypt;
mod dates;
mod defaults;
mod dicts;
mod encoding;
mod escape;
mod integer;
mod json;
mod json_read;
mod layout;
mod lists;
mod merge;
pub mod network;
mod numbers;
mod pprint;
mod random;
mod selection;
mod sets;
mod sizes;
mod sorting;
mod strftime;
mod strptime;
pub mod url;
mod urls;
mod winpaths;
mod wrap;
mod yaml;

use super::table::{Args, Env, Example, Filter, Stop};
use crate::base::{Kind, Value};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

type Apply = fn(&dyn Env, Value, &Args) -> Result<Value, Stop>;

/// An entry of Jinja's own.
const fn jinja(
    name: &'static str,
    doc: &'static str,
    apply: Apply,
    examples: &'static [Example],
) -> Filter {
    builtin(name, "", doc, apply, examples)
}

/// An entry of Ansible or a collection.
const fn builtin(
    name: &'static str,
    full_name: &'static str,
    doc: &'static str,
    apply: Apply,
    examples: &'static [Example],
) -> Filter {
    Filter { name, full_name, doc, pure: true, takes_undefined: false, apply, examples }
}

/// The same, reading files, time, chance or the environment.
const fn impure(filter: Filter) -> Filter {
    Filter { pure: false, ..filter }
}

/// The same, taking undefined values.
const fn undefinable(filter: Filter) -> Filter {
    Filter { takes_undefined: true, ..filter }
}

/// A Python tuple.
pub fn tuple(items: Vec<Value>) -> Value {
    Value::new(Kind::Tuple(Arc::new(items)))
}

const FAMILIES: &[&[Filter]] = &[
    dates::FILTERS,
    defaults::FILTERS,
    dicts::FILTERS,
    escape::FILTERS,
    hashes::FILTERS,
    json::FILTERS,
    layout::FILTERS,
    lists::FILTERS,
    merge::FILTERS,
    numbers::FILTERS,
    passwords::FILTERS,
    paths::FILTERS,
    pprint::FILTERS,
    random::FILTERS,
    regex::FILTERS,
    selection::FILTERS,
    sets::FILTERS,
    sizes::FILTERS,
    sorting::FILTERS,
    text::FILTERS,
    urls::FILTERS,
    winpaths::FILTERS,
    yaml::FILTERS,
static ALL: &[Filter] = &[
    filter("default", true, |_, v, a| {
        let default = a.positional.first().cloned().unwrap_or_else(|| Value::from(""));
        let falsy =
            a.positional.get(1).is_some_and(Value::is_true) && !v.is_undefined() && !v.is_true();
        Ok(if v.is_undefined() || falsy { default } else { v })
    }),
    filter("upper", false, |_, v, _| Ok(Value::from(v.text().to_uppercase()))),
    filter("lower", false, |_, v, _| Ok(Value::from(v.text().to_lowercase()))),
    filter("string", false, |_, v, _| Ok(Value::from(v.text()))),
    filter("list", false, |_, v, _| {
        Ok(match &v.kind {
            Kind::Map(m) => Value::list(m.keys().map(Key::value).collect()),
            _ => Value::list(v.as_list().unwrap_or_default().to_vec()),
        })
    }),
    filter("length", false, |_, v, _| {
        Ok(Value::from(match &v.kind {
            Kind::Map(m) => m.len() as u64,
            Kind::Str(s) => s.chars().count() as u64,
            _ => v.as_list().unwrap_or_default().len() as u64,
        }))
    }),
    filter("first", false, |_, v, _| {
        Ok(v.as_list()
            .unwrap_or_default()
            .first()
            .cloned()
            .unwrap_or_else(|| Value::undefined("empty")))
    }),
    filter("bool", false, |_, v, _| {
        Ok(Value::from(matches!(v.text().as_str(), "yes" | "on" | "1" | "true" | "True")))
    }),
    filter("int", false, |_, v, _| Ok(v.text().parse::<i64>().map_or(Value::from(0), Value::from))),
    filter("select", false, |env, v, a| {
        let mut kept = Vec::new();
        for item in v.as_list().unwrap_or_default() {
            if env.test(&a.positional[0].text(), item, &Args::default())? {
                kept.push(item.clone());
            }
        }
        Ok(Value::list(kept))
    }),
    filter("map", false, |env, v, a| {
        let mut kept = Vec::new();
        for item in v.as_list().unwrap_or_default() {
            kept.push(match a.keyword.get(&Key::from("attribute")) {
                Some(name) => env.attribute(item, name)?,
                None => env.filter(&a.positional[0].text(), item.clone(), &Args::default())?,
            });
        }
        Ok(Value::list(kept))
    }),
    filter("dict2items", false, |_, v, _| {
        Ok(Value::list(
            v.as_map()
                .cloned()
                .unwrap_or_default()
                .iter()
                .map(|(k, v)| [("key", k.value()), ("value", v.clone())].into_iter().collect())
                .collect(),
        ))
    }),
    filter("combine", false, |_, v, a| {
        let mut map = v.as_map().cloned().unwrap_or_default();
        map.extend(a.positional[0].as_map().cloned().unwrap_or_default());
        Ok(Value::map(map))
    }),
    filter("ternary", true, |_, v, a| Ok(a.positional[usize::from(!v.is_true())].clone())),
    filter("mandatory", true, |_, v, _| {
        if v.is_undefined() { Err(Stop::fault("Mandatory variable not defined.")) } else { Ok(v) }
    }),
    filter("type_debug", true, |_, v, _| Ok(Value::from(v.type_name()))),
    filter("from_json", false, |_, v, _| {
        crate::base::value::from_json(&v.text()).map_err(|e| Stop::fault(e.to_string()))
    }),
    filter("to_datetime", false, |_, v, a| {
        let format = a.positional.first().map_or("%Y-%m-%d %H:%M:%S".to_string(), Value::text);
        let at = jiff::civil::DateTime::strptime(&format, v.text())
            .or_else(|_| {
                jiff::civil::Date::strptime(&format, v.text())
                    .map(|d| d.to_datetime(jiff::civil::Time::midnight()))
            })
            .map_err(|e| Stop::fault(e.to_string()))?;
        Ok(Value::new(Kind::Time(crate::base::Time::DateTime(at, None))))
    }),
    filter("dictsort", false, |_, v, _| {
        Ok(Value::list(
            v.as_map()
                .cloned()
                .unwrap_or_default()
                .iter()
                .map(|(k, v)| Value::new(Kind::Tuple(Arc::new(vec![k.value(), v.clone()]))))
                .collect(),
        ))
    }),
];

static TABLE: LazyLock<HashMap<&'static str, &'static Filter>> = LazyLock::new(|| {
    let mut table = HashMap::new();
    for filter in all() {
        let own = filter.full_name.is_empty() || filter.full_name.starts_with(BUILTIN);
        if own {
            table.insert(filter.name, filter);
        } else {
            table.insert(filter.full_name, filter);
        }
    }
    table
});

const BUILTIN: &str = "ansible.builtin.";

/// All entries, in the order of their families.
pub fn all() -> impl Iterator<Item = &'static Filter> {
    FAMILIES.iter().copied().flatten().chain(community::all()).chain(network::all())
}

/// The filter of a short name (Jinja's, Ansible's own, and the collections' that Ansible still
/// knows by a short name) or of a full one.
pub fn find(name: &str) -> Option<&'static Filter> {
    TABLE.get(routed(name, MOVED).as_ref()).copied()
}

/// All names by which [`find`] finds something, sorted: short ones of Ansible, full ones of
/// collections.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = TABLE.keys().copied().collect();
    names.sort_unstable();
    names
}

/// Short names that moved to collections.
const MOVED: &[(&str, &str)] = &[
    ("cidr_merge", "ansible.utils"),
    ("hwaddr", "ansible.utils"),
    ("ip4_hex", "ansible.utils"),
    ("ipaddr", "ansible.utils"),
    ("ipmath", "ansible.utils"),
    ("ipsubnet", "ansible.utils"),
    ("ipv4", "ansible.utils"),
    ("ipv6", "ansible.utils"),
    ("ipwrap", "ansible.utils"),
    ("json_query", "community.general"),
    ("network_in_network", "ansible.utils"),
    ("network_in_usable", "ansible.utils"),
    ("next_nth_usable", "ansible.utils"),
    ("nthhost", "ansible.utils"),
    ("previous_nth_usable", "ansible.utils"),
    ("random_mac", "community.general"),
    ("reduce_on_network", "ansible.utils"),
    ("slaac", "ansible.utils"),
];

/// The name an entry is stored under: `ansible.builtin.x` as `x`, moved ones by their new name.
pub(super) fn routed<'a>(name: &'a str, moved: &[(&str, &str)]) -> std::borrow::Cow<'a, str> {
    let short = name.strip_prefix(BUILTIN).or_else(|| name.strip_prefix("ansible.legacy."));
    let short = short.or_else(|| name.strip_prefix("ansible.netcommon.")).unwrap_or(name);
    match moved.iter().find(|(known, _)| *known == short) {
        Some((known, collection)) => format!("{collection}.{known}").into(),
        None => short.into(),
    }
}
