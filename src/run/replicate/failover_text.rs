//! What fail-overs look like for people.

use super::{FailoverEnd, Level};
use crate::zfs::topology::Link;
use std::fmt::Write as _;

/// The report of all edges. `check`: nothing was done yet.
#[must_use]
pub fn failover_text(links: &[Link], ends: &[FailoverEnd], check: bool) -> String {
    let mut out = String::new();
    for (link, end) in links.iter().zip(ends) {
        let edge = &link.edge;
        let _ = writeln!(out, "{}: {} -> {}", edge.id, edge.source, edge.target);
        for line in &end.lines {
            let _ = writeln!(out, "  {line}");
        }
        if let Some((error, hint)) = &end.error {
            let _ = writeln!(out, "  {error}");
            let _ = hint.as_ref().map(|hint| writeln!(out, "    {hint}"));
        }
        let verdict = match (end.level, check) {
            (Level::Idle, _) => "nothing to do",
            (Level::Done, true) => "to be done",
            (Level::Done, false) => "done",
            (Level::Absent, _) => "absent",
            (Level::Busy, _) => "busy",
            (Level::Failed, _) => "FAILED",
            (Level::Unreachable, _) => "UNREACHABLE",
        };
        let _ = writeln!(out, "  {verdict}");
        if let Some(reverse) = &end.reverse {
            let _ = write!(out, "  the edge back, in the place of {}:\n{reverse}", edge.id);
        }
    }
    out
}
