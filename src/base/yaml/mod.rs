//! YAML as `PyYAML` reads it for Ansible: YAML 1.1 types, and a position on every value.

mod analysis;
mod anchors;
mod compose;
mod construct;
mod dump;
mod emit;
mod events;
mod json;
mod problem;
mod scalar;
mod tag;
mod timestamp;
mod write;

use super::{Diagnostic, Origin, Source, Value};
pub use analysis::Style;
pub use dump::{DumpOptions, dump, dump_shared};

use compose::Document;
use construct::Builder;
use problem::Problem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// What happens to a key that is written twice in one mapping: the last one wins in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duplicates {
    /// A warning at the second key.
    Warn,
    /// An error at the second key.
    Error,
    /// Nothing is said.
    Ignore,
}

/// How a text is read.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Whether its texts are templates that the operator wrote.
    pub trusted: bool,
    /// Whether a text that is JSON is read as JSON (`1e5` is a number there).
    pub json: bool,
    /// Whether `!vault` and `!unsafe` are known.
    pub ansible_tags: bool,
    /// What is said about keys written twice.
    pub duplicates: Duplicates,
}

impl Options {
    /// A file of the operator: playbook, variables, inventory.
    pub const FILE: Self =
        Self { trusted: true, json: true, ansible_tags: true, duplicates: Duplicates::Warn };
    /// Data from elsewhere: the filter `from_yaml`, what a program printed.
    pub const DATA: Self =
        Self { trusted: false, json: false, ansible_tags: false, duplicates: Duplicates::Warn };
}

/// A document, and what there was to say about it.
#[derive(Debug)]
pub struct Loaded {
    /// Its content; None for an empty one.
    pub value: Value,
    /// Keys written twice and deprecated tags, in order.
    pub warnings: Vec<Diagnostic>,
}

/// What operator's files get said about keys written twice: 0 warn, 1 error, 2 nothing.
static DUPLICATES: AtomicU8 = AtomicU8::new(0);

/// Sets once for the process what is said about keys written twice (`DUPLICATE_YAML_DICT_KEY`).
pub fn set_duplicates(duplicates: Duplicates) {
    let number = match duplicates {
        Duplicates::Warn => 0,
        Duplicates::Error => 1,
        Duplicates::Ignore => 2,
    };
    DUPLICATES.store(number, Ordering::Relaxed);
}

fn of_file() -> Options {
    let duplicates = match DUPLICATES.load(Ordering::Relaxed) {
        1 => Duplicates::Error,
        2 => Duplicates::Ignore,
        _ => Duplicates::Warn,
    };
    Options { duplicates, ..Options::FILE }
}

/// Reads the one document of an operator's file.
pub fn load(text: &str, source: &Arc<Source>) -> Result<Loaded, Diagnostic> {
    load_with(text, source, of_file())
}

/// Reads all documents of an operator's file.
pub fn load_all(text: &str, source: &Arc<Source>) -> Result<Vec<Loaded>, Diagnostic> {
    load_all_with(text, source, of_file())
}

/// Reads the one document of a text; a second one is an error.
pub fn load_with(text: &str, source: &Arc<Source>, options: Options) -> Result<Loaded, Diagnostic> {
    if options.json
        && let Some(value) = json::load(text, source, options)
    {
        return Ok(Loaded { value, warnings: Vec::new() });
    }
    load_yaml(text, source, options)
}

fn load_yaml(text: &str, source: &Arc<Source>, options: Options) -> Result<Loaded, Diagnostic> {
    let found = || -> Result<Loaded, Problem> {
        let documents = compose::documents(events::read(text)?)?;
        if let Some(second) = documents.get(1) {
            let message = "expected a single document in the stream but found another document";
            return Err(Problem::at(second.line, second.column, message));
        }
        match documents.first() {
            Some(document) => build(document, source, options),
            None => {
                Ok(Loaded { value: Value::NULL.at(Origin::whole(source)), warnings: Vec::new() })
            }
        }
    };
    found().map_err(|problem| problem.diagnostic(text, source))
}

/// Reads all documents of a text.
pub fn load_all_with(
    text: &str,
    source: &Arc<Source>,
    options: Options,
) -> Result<Vec<Loaded>, Diagnostic> {
    let found = || -> Result<Vec<Loaded>, Problem> {
        let documents = compose::documents(events::read(text)?)?;
        documents.iter().map(|document| build(document, source, options)).collect()
    };
    found().map_err(|problem| problem.diagnostic(text, source))
}

fn build(document: &Document, source: &Arc<Source>, options: Options) -> Result<Loaded, Problem> {
    let mut builder = Builder::new(source, options);
    let value = builder.value(&document.root, None)?;
    Ok(Loaded { value, warnings: builder.warnings })
}

#[cfg(test)]
mod tests;
