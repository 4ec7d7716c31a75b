//! What can be refused before connecting: arguments and controller files.

mod arguments;
mod files;
mod hosts;
mod templates;
mod unbuilt;

pub(super) use arguments::arguments;
pub use files::files;
pub use hosts::names_hosts_later;
pub(super) use templates::templates;
pub use unbuilt::{entries as unbuilt_tasks, play as unbuilt, strategy};

use super::literal::{is_template, truth};
use super::model::Task;
use crate::base::{Kind, Value};

/// Whether a task never runs: one of its conditions is false as it was written.
fn is_off(task: &Task) -> bool {
    let never = |condition: &Value| match &condition.kind {
        Kind::Bool(b) => !b,
        Kind::Str(text) => matches!(text.trim(), "false" | "False"),
        _ => false,
    };
    task.inheriting().flat_map(|keywords| &keywords.when).any(never)
}

/// Whether the task itself says what becomes of its failure.
fn is_caught(task: &Task) -> bool {
    let ignored = task.inherited(|k| k.ignore_errors.as_ref());
    let ignores = ignored.is_some_and(|v| is_template(v) || truth(v) == Some(true));
    ignores || task.failed_when.is_some()
}
