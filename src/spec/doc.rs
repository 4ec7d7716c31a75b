//! Documentation of a module as data: feeds `tank doc`, argument checks and the reference.

use super::args::ArgTable;

/// How far a mode is supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// Always.
    Full,
    /// Sometimes, for the given reason.
    Partial(&'static str),
    /// Never.
    None,
    /// It makes no sense here.
    NotApplicable,
}

/// One executable example.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// What it shows.
    pub title: &'static str,
    /// A task in YAML.
    pub yaml: &'static str,
}

/// What a module is for and how it is used.
#[derive(Clone, Copy, Debug)]
pub struct Doc {
    /// Short name, as tasks use it.
    pub name: &'static str,
    /// Full names it answers to, its own collection first, such as `ansible.builtin.copy`.
    pub full_names: &'static [&'static str],
    /// One sentence.
    pub short: &'static str,
    /// Its arguments and rules.
    pub args: &'static ArgTable,
    /// Check mode.
    pub check: Support,
    /// Diff mode.
    pub diff: Support,
    /// Examples; a test reads each as a task of a playbook.
    pub examples: &'static [Example],
    /// Keys of the result and what they mean.
    pub returns: &'static [(&'static str, &'static str)],
}
