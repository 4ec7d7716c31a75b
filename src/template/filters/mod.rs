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

pub mod community;
mod crypt;
mod dates;
mod defaults;
mod dicts;
mod encoding;
mod encryption;
mod escape;
mod integer;
mod json;
mod json_read;
mod layout;
mod lists;
pub mod merge;
pub mod network;
mod numbers;
mod pprint;
mod pyset;
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

#[cfg(test)]
mod recorded;

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
    encryption::FILTERS,
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
