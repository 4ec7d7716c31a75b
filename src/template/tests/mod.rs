//! The table of tests: what may stand behind `is`. One file per family.

mod collections;
mod compare;
mod files;
mod general;
mod network;
mod patterns;
mod results;
mod types;
mod uris;
mod vaults;
pub mod version;

use super::filters::routed;
use super::table::{Args, Env, Example, Stop, Test};
use crate::base::Value;
use std::collections::HashMap;
use std::sync::LazyLock;

type Apply = fn(&dyn Env, &Value, &Args) -> Result<bool, Stop>;

/// An entry of Jinja's own.
const fn jinja(
    name: &'static str,
    doc: &'static str,
    apply: Apply,
    examples: &'static [Example],
) -> Test {
    builtin(name, "", doc, apply, examples)
}

/// An entry of Ansible or a collection.
const fn builtin(
    name: &'static str,
    full_name: &'static str,
    doc: &'static str,
    apply: Apply,
    examples: &'static [Example],
) -> Test {
    Test { name, full_name, doc, pure: true, takes_undefined: false, apply, examples }
}

/// The same, looking at files or the network.
const fn impure(test: Test) -> Test {
    Test { pure: false, ..test }
}

/// The same, taking undefined values.
const fn undefinable(test: Test) -> Test {
    Test { takes_undefined: true, ..test }
}

const FAMILIES: &[&[Test]] = &[
    collections::TESTS,
    compare::TESTS,
    files::TESTS,
    general::TESTS,
    network::TESTS,
    patterns::TESTS,
    results::TESTS,
    types::TESTS,
    uris::TESTS,
    vaults::TESTS,
    version::TESTS,
];

const BUILTIN: &str = "ansible.builtin.";

static TABLE: LazyLock<HashMap<&'static str, &'static Test>> = LazyLock::new(|| {
    let mut table = HashMap::new();
    for test in all() {
        let own = test.full_name.is_empty() || test.full_name.starts_with(BUILTIN);
        table.insert(if own { test.name } else { test.full_name }, test);
    }
    table
});

/// All entries, in the order of their families.
pub fn all() -> impl Iterator<Item = &'static Test> {
    FAMILIES.iter().copied().flatten()
}

/// The test of a short or full name; those of collections have full names only.
pub fn find(name: &str) -> Option<&'static Test> {
    TABLE.get(routed(name, &[]).as_ref()).copied()
}

/// All names by which [`find`] finds something, sorted.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = TABLE.keys().copied().collect();
    names.sort_unstable();
    names
}
