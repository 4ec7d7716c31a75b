//! Software that the system's package managers install.

mod apt;
mod glob;
mod package;
mod pkgng;

use crate::base::Value;
use crate::spec::{Entry, Fields, Ran};

/// Held while a package manager works.
const LOCK: &str = "pkg";

/// The family's part of the table.
pub static FAMILY: &[Entry] =
    &[Entry::state(&apt::Apt), Entry::state(&package::Package), Entry::state(&pkgng::Pkgng)];

/// What all commands said, each stream in order.
fn said(ran: &[Ran]) -> (String, String) {
    let out = ran.iter().map(|ran| ran.answer.text()).collect();
    let err = ran.iter().map(|ran| ran.answer.error_text()).collect();
    (out, err)
}

/// Adds a text; for `stdout` and `stderr` its lines too, as Ansible does.
fn add_text(fields: &mut Fields, name: &str, text: &str) {
    fields.insert(name.into(), Value::from(text));
    if matches!(name, "stdout" | "stderr") {
        let lines = text.lines().map(Value::from).collect();
        fields.insert(format!("{name}_lines").as_str().into(), Value::list(lines));
    }
}

#[cfg(test)]
mod tests;
