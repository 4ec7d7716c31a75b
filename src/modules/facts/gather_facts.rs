//! `gather_facts`: what a play does before its tasks.

use super::setup::{Args, Setup};
use crate::spec::{Doc, Example, Support};

static DOC: Doc = Doc {
    name: "gather_facts",
    full_names: &["ansible.builtin.gather_facts", "ansible.legacy.gather_facts"],
    short: "Gather facts of a host, as a play does before its tasks.",
    args: <Args as crate::spec::ArgStruct>::TABLE,
    check: Support::Full,
    diff: Support::None,
    examples: &[Example { title: "All facts", yaml: "gather_facts:" }],
    returns: &[("ansible_facts", "the facts")],
};

/// The module.
pub static GATHER_FACTS: Setup = Setup { doc: &DOC };
