//! What pruning looks like for people.

use super::{Level, PruneEnd};
use std::fmt::Write as _;

/// The report of all ends. `check`: nothing was done yet.
#[must_use]
pub fn prune_text(ends: &[PruneEnd], check: bool) -> String {
    let mut out = String::new();
    if ends.is_empty() {
        out.push_str("no edge has keep_source or keep_target\n");
    }
    for end in ends {
        let _ = writeln!(out, "{}: {}", end.edge, end.place);
        for line in end.preview.lines() {
            let _ = writeln!(out, "  {line}");
        }
        for (name, why) in &end.stayed {
            let _ = writeln!(out, "  {name} stays: {why}");
        }
        // The preview has those of its datasets.
        for error in end.errors.iter().filter(|error| !end.preview.contains(*error)) {
            let _ = writeln!(out, "  {error}");
        }
        let _ = writeln!(out, "  {}", verdict(end, check));
    }
    out
}

fn verdict(end: &PruneEnd, check: bool) -> String {
    let done = if check {
        format!("{} to be destroyed", end.going.len())
    } else {
        format!("{} destroyed", end.destroyed.len())
    };
    match end.level {
        Level::Idle => "nothing to destroy".to_owned(),
        Level::Absent => "absent".to_owned(),
        Level::Done => done,
        Level::Busy => "busy".to_owned(),
        Level::Failed => format!("FAILED, {done}"),
        Level::Unreachable => format!("UNREACHABLE, {done}"),
    }
}
