//! The table of lookups. Each gives a list; `lookup()` joins it, `query()` does not.

mod config;
mod csvfile;
mod files;
mod filetree;
mod first_found;
mod ini;
mod lists;
mod merge_variables;
mod options;
mod password;
mod programs;
mod random;
mod sequence;
mod subelements;
mod variables;

use super::filters::routed;
use super::table::{Env, Example, LookupPlugin, Stop};
use crate::base::{Map, Value};
use std::collections::HashMap;
use std::sync::LazyLock;

type Apply = fn(&dyn Env, &[Value], &Map) -> Result<Vec<Value>, Stop>;

/// An entry that depends on its terms and on variables alone.
const fn plain(
    name: &'static str,
    full_name: &'static str,
    doc: &'static str,
    apply: Apply,
    examples: &'static [Example],
) -> LookupPlugin {
    LookupPlugin { name, full_name, doc, pure: true, apply, examples }
}

/// An entry that reads files, the environment, time or chance, or runs programs.
const fn impure(
    name: &'static str,
    full_name: &'static str,
    doc: &'static str,
    apply: Apply,
    examples: &'static [Example],
) -> LookupPlugin {
    LookupPlugin { name, full_name, doc, pure: false, apply, examples }
}

const FAMILIES: &[&[LookupPlugin]] = &[
    config::LOOKUPS,
    csvfile::LOOKUPS,
    files::LOOKUPS,
    filetree::LOOKUPS,
    first_found::LOOKUPS,
    ini::LOOKUPS,
    lists::LOOKUPS,
    merge_variables::LOOKUPS,
    password::LOOKUPS,
    programs::LOOKUPS,
    random::LOOKUPS,
    sequence::LOOKUPS,
    subelements::LOOKUPS,
    variables::LOOKUPS,
];

const BUILTIN: &str = "ansible.builtin.";

static TABLE: LazyLock<HashMap<&'static str, &'static LookupPlugin>> = LazyLock::new(|| {
    let mut table = HashMap::new();
    for lookup in all() {
        let own = lookup.full_name.starts_with(BUILTIN);
        table.insert(if own { lookup.name } else { lookup.full_name }, lookup);
    }
    table
});

/// Short names that moved to collections.
const MOVED: &[(&str, &str)] = &[
    ("cartesian", "community.general"),
    ("filetree", "community.general"),
    ("flattened", "community.general"),
];

/// All entries, in the order of their families.
pub fn all() -> impl Iterator<Item = &'static LookupPlugin> {
    FAMILIES.iter().copied().flatten()
}

/// The lookup of a short or full name.
pub fn find(name: &str) -> Option<&'static LookupPlugin> {
    TABLE.get(routed(name, MOVED).as_ref()).copied()
}

/// All names by which [`find`] finds something, sorted.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = TABLE.keys().copied().collect();
    names.sort_unstable();
    names
}
