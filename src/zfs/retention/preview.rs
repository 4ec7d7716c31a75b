//! A decision as text, and as commands.

use std::fmt::Write;

use super::{Decision, Reason};
use crate::zfs::calendar::utc;
use crate::zfs::name::Dataset;

/// How many snapshots one command destroys at most.
pub const PER_COMMAND: usize = 64;

/// How many bytes the argument of one command has at most: far below what any host's kernel takes.
pub const COMMAND_BYTES: usize = 32 * 1024;

/// One line of each snapshot, the oldest first: `KEEP` or `DESTROY`, its full name, its creation in UTC, the reasons. Then
/// what was warned of and why the run is refused, behind `! `.
#[must_use]
pub fn preview(dataset: &Dataset, decision: &Decision<'_>) -> String {
    let names: Vec<String> =
        decision.verdicts.iter().map(|v| format!("{dataset}@{}", v.snapshot.name)).collect();
    let width = names.iter().map(String::len).max().unwrap_or(0);
    let mut text = String::new();
    for (verdict, name) in decision.verdicts.iter().zip(&names) {
        let word = if verdict.keep { "KEEP" } else { "DESTROY" };
        let created = utc(verdict.snapshot.creation);
        let reasons: Vec<String> = verdict.reasons.iter().map(Reason::to_string).collect();
        // Writing to a String does not fail.
        let _ = writeln!(text, "{word:<7}  {name:<width$}  {created}  {}", reasons.join("; "));
    }
    for warning in &decision.warnings {
        let _ = writeln!(text, "! {dataset}: {warning}");
    }
    if let Err(refusal) = decision.destroys() {
        let _ = writeln!(text, "! {dataset}: {refusal}");
    }
    text
}

/// Groups names (what stands behind the `@`), in their order, for one command each: `most` names at most, and an
/// [`argument`] of at most `bytes`. A name that is longer alone gets a command of its own; `most` of 0 counts as 1.
#[must_use]
pub fn batches(dataset: &Dataset, names: &[&str], most: usize, bytes: usize) -> Vec<Vec<String>> {
    let mut groups: Vec<Vec<String>> = Vec::new();
    let mut length = 0;
    for name in names {
        // Its comma, or the dataset's `@`.
        length += name.len() + 1;
        match groups.last_mut() {
            Some(group) if group.len() < most && length <= bytes => group.push((*name).to_owned()),
            _ => {
                groups.push(vec![(*name).to_owned()]);
                length = dataset.as_str().len() + 1 + name.len();
            }
        }
    }
    groups
}

/// The argument that names a group to `zfs destroy`: `pool/a@x,y`.
#[must_use]
pub fn argument(dataset: &Dataset, group: &[String]) -> String {
    format!("{dataset}@{}", group.join(","))
}
