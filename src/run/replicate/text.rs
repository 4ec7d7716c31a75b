//! What a plan and its end look like for people.

use super::{EdgeEnd, Level};
use crate::zfs::listing::Snapshot;
use crate::zfs::replication::plan::{Copying, Preparation, Step};
use crate::zfs::replication::whole::Part;
use crate::zfs::topology::Link;
use std::fmt::Write as _;

/// Bytes in words: `6.0 MiB`.
fn size(bytes: u64) -> String {
    indicatif::HumanBytes(bytes).to_string()
}

/// The report of edges that came to an end. `check`: nothing was done yet.
#[must_use]
pub fn text(links: &[Link], ends: &[EdgeEnd], check: bool) -> String {
    let mut out = String::new();
    let link = |end: &EdgeEnd| links.iter().find(|link| link.edge.id == end.id);
    for (link, end) in ends.iter().filter_map(|end| Some((link(end)?, end))) {
        let edge = &link.edge;
        let _ = writeln!(
            out,
            "{}: {} -> {} ({}; {})",
            edge.id,
            edge.source,
            edge.target,
            edge.policy.encryption.word(),
            link.passage.path(edge).words()
        );
        let verdict = match (end.level, check) {
            (Level::Idle, _) => "up to date",
            (Level::Done, true) => "to be copied",
            (Level::Done, false) => "copied",
            (Level::Absent, _) => "absent",
            (Level::Busy, _) => "busy",
            (Level::Failed, _) => "FAILED",
            (Level::Unreachable, _) => "UNREACHABLE",
        };
        if let Some(error) = &end.error {
            let _ = writeln!(out, "  {error}");
        }
        parts(&mut out, end);
        let _ = writeln!(out, "  {verdict}");
    }
    out
}

fn parts(out: &mut String, end: &EdgeEnd) {
    let planned: &[Part] = end.plan.as_ref().map_or(&[], |plan| &plan.parts);
    for part in planned {
        let done = end.parts.iter().find(|one| one.target == part.target.as_str());
        if let (Ok(copying), false) = (&part.copying, part.is_idle()) {
            let _ = writeln!(out, "  {} -> {}", part.source, part.target);
            let sizes = end.sizes.get(part.target.as_str()).map_or(&[][..], Vec::as_slice);
            plan(out, part, copying, sizes);
        } else if let Ok(copying) = &part.copying {
            for warning in &copying.warnings {
                let _ = writeln!(out, "  {}: {warning}", part.target);
            }
        }
        if let Some(done) = done.filter(|done| done.streams > 0) {
            let _ = writeln!(out, "    {} stream(s), {}", done.streams, size(done.bytes));
        }
        if let Some((error, hint)) = done.and_then(|done| done.error.as_ref()) {
            let _ = writeln!(out, "  {}: {error}", part.target);
            if let Some(hint) = hint {
                let _ = writeln!(out, "    {hint}");
            }
        }
    }
    for warning in end.plan.iter().flat_map(|plan| &plan.warnings) {
        let _ = writeln!(out, "  {warning}");
    }
}

fn plan(out: &mut String, part: &Part, copying: &Copying, sizes: &[Option<u64>]) {
    if let Some(was) = &part.rename {
        let _ = writeln!(out, "    rename {was} to {}", part.target);
    }
    for parent in &part.parents {
        let _ = writeln!(out, "    make {parent}");
    }
    for one in &copying.before {
        let _ = writeln!(out, "    {}", preparation(one));
    }
    if let Some(base) = &copying.base {
        let _ = writeln!(out, "    base {} (guid {})", base.from.suffix(), base.from.guid().0);
    }
    for (at, step) in copying.steps.iter().enumerate() {
        let weight = sizes
            .get(at)
            .copied()
            .flatten()
            .map(|bytes| format!(", about {}", size(bytes)))
            .unwrap_or_default();
        let _ = writeln!(out, "    {}{weight}", self::step(step));
    }
    if !part.repair.is_empty() {
        let _ = writeln!(out, "    marks are put right");
    }
    if copying.base.is_some() && !copying.flags.set_later.is_empty() {
        let set = copying.flags.set_later.iter().map(|(name, value)| format!("{name}={value}"));
        let _ = writeln!(out, "    set {}", set.collect::<Vec<_>>().join(" "));
    }
    for warning in &copying.warnings {
        let _ = writeln!(out, "    {warning}");
    }
}

fn preparation(one: &Preparation) -> String {
    let names = |all: &[Snapshot]| {
        all.iter()
            .map(|one| format!("@{} (guid {})", one.name, one.guid.0))
            .collect::<Vec<_>>()
            .join(", ")
    };
    match one {
        Preparation::Abort(stale) => format!("drop the interrupted receive: {stale}"),
        Preparation::Rollback { to, destroys, loses } if destroys.is_empty() => {
            format!("roll back to @{}: {} written behind it are lost", to.name, size(*loses))
        }
        Preparation::Rollback { to, destroys, loses } => {
            format!(
                "roll back to @{}: destroys {}, {} are lost",
                to.name,
                names(destroys),
                size(*loses)
            )
        }
        Preparation::SetAside(name) => format!("set aside as {name}"),
        Preparation::Recreate(all) => format!("destroy it with {}", names(all)),
    }
}

fn step(step: &Step) -> String {
    match step {
        Step::Resume(token) => format!("go on with {} behind {}", token.toname, size(token.bytes)),
        Step::Full(to) => format!("send @{} in full", to.name),
        Step::Clone { origin, to, .. } => format!("send @{} as a clone of {origin}", to.name),
        Step::Increment { from, to } => format!("send {} to @{}", from.suffix(), to.name),
        Step::Package { from, to, count } => {
            format!("send @{} to @{}, {count} snapshots in one stream", from.name, to.name)
        }
    }
}
