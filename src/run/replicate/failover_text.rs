//! What fail-overs look like for people.

use super::{FailoverEnd, Job, Level};
use std::fmt::Write as _;

/// The report of all edges of a job.
#[must_use]
pub fn failover_text(job: &Job, ends: &[FailoverEnd]) -> String {
    let mut out = String::new();
    for (link, end) in job.working().zip(ends) {
        let edge = &link.edge;
        let _ = writeln!(out, "{}: {} -> {}", edge.id, edge.source, edge.target);
        for line in &end.lines {
            let _ = writeln!(out, "  {line}");
        }
        if let Some((error, hint)) = &end.error {
            let _ = writeln!(out, "  {error}");
            let _ = hint.as_ref().map(|hint| writeln!(out, "    {hint}"));
        }
        let verdict = match (end.level, job.check) {
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
