//! Back to a snapshot.

use super::seen::{Seen, Snap};
use super::{Args, Newer, planning, removal};
use crate::base::{Map, Value};
use crate::modules::zfs::list;
use crate::spec::{Change, ChangeKind, Command, Diff, Failure, Op, Plan, Risk};

/// Goes back, or says why not. Never `-r` or `-R`: what is newer is destroyed by name, and whatever else turns up makes
/// the rollback fail.
pub fn plan(args: &Args, seen: &Seen) -> Result<Plan, Failure> {
    planning::check_guid(args, seen)?;
    let lost: Vec<&Snap> = seen.newer.values().flatten().collect();
    for (dataset, names) in &seen.wanted {
        let Some(name) = names.iter().find(|name| !seen.snaps.contains_key(*name)) else {
            continue;
        };
        let text = format!("{dataset} can't go back: cannot open '{name}': dataset does not exist");
        return Err(Failure::new(text).missing());
    }
    permitted(args, &lost)?;
    removal::refuse(&lost, seen, |_| true)?;
    let mut changes = Vec::new();
    let mut plan = Plan::default();
    for (dataset, names) in &seen.wanted {
        let newer = seen.newer.get(dataset).map_or(&[][..], Vec::as_slice);
        let written = seen.written.get(dataset);
        if newer.is_empty() && written == Some(&0) {
            continue;
        }
        if !newer.is_empty() {
            changes.push(removal::destroy(&newer.iter().collect::<Vec<_>>(), "give up the newer"));
        } else if written.is_none() {
            plan.warnings.push(format!(
                "this host's ZFS does not tell whether {dataset} was written to; it goes back each time"
            ));
        }
        changes.extend(names.iter().map(|name| back(dataset, name)));
    }
    plan.parts = Plan::of(changes).parts;
    if plan.has_work() {
        tell(&mut plan, seen, &lost);
    }
    Ok(plan)
}

fn back(dataset: &str, name: &str) -> Change {
    let command = Command::new(["zfs", "rollback", name]);
    let change = Change::new(Op::Run(command), format!("take {dataset} back to {name}"));
    change.risk(Risk::Critical).kind(ChangeKind::Act)
}

/// Says what is lost.
fn tell(plan: &mut Plan, seen: &Seen, lost: &[&Snap]) {
    let names: Vec<Value> = lost.iter().map(|snap| Value::from(snap.name.as_str())).collect();
    let bytes = |n: u64| i64::try_from(n).map_or(Value::NULL, Value::from);
    let written = seen.written.iter().map(|(name, n)| (name.as_str().into(), bytes(*n)));
    let written: Map = written.collect();
    let side = |names: Vec<Value>, written: Map| -> Option<Value> {
        let all = [("newer", Value::list(names)), ("written", Value::map(written))];
        Some(all.into_iter().collect())
    };
    let zero = written.keys().map(|name| (name.clone(), Value::from(0))).collect();
    plan.diff.push(Diff {
        before: side(names, written.clone()),
        after: side(Vec::new(), zero),
        ..Diff::default()
    });
    plan.fields.insert("discarded".into(), Value::map(written));
}

/// Whether exactly what is newer may be destroyed.
fn permitted(args: &Args, lost: &[&Snap]) -> Result<(), Failure> {
    let names: Vec<String> = lost.iter().map(|snap| snap.name.clone()).collect();
    match args.newer() {
        Newer::All => Ok(()),
        Newer::None if names.is_empty() => Ok(()),
        Newer::None => {
            let text = format!(
                "going back would destroy what is newer: {}. `destroy_newer` allows it: a list of exactly these, or true",
                list(&names)
            );
            Err(Failure::new(text).with("newer", names))
        }
        Newer::These(allowed) => {
            let is = |allowed: &String, name: &String| {
                let short = name.find(['@', '#']).map_or("", |at| &name[at..]);
                allowed == name || allowed == short || format!("@{allowed}") == short
            };
            let more: Vec<String> = names
                .iter()
                .filter(|name| !allowed.iter().any(|own| is(own, name)))
                .cloned()
                .collect();
            // A second run finds them gone: that is no error.
            let lacks = allowed.iter().filter(|own| !names.iter().any(|name| is(own, name)));
            let lacks: Vec<String> = lacks.cloned().collect();
            let text = match (more.is_empty(), lacks.is_empty() || names.is_empty()) {
                (true, true) => return Ok(()),
                (false, _) => format!("destroy_newer does not name {}", list(&more)),
                (true, false) => format!("destroy_newer names what is not there: {}", list(&lacks)),
            };
            Err(Failure::new(text).with("newer", names))
        }
    }
}

/// Whether nothing newer is left. What was written since the rollback is none of its failures.
pub fn verify(after: &Seen) -> Result<(), String> {
    match after.newer.values().flatten().next() {
        Some(snap) => Err(format!("{} is still there", snap.name)),
        None => Ok(()),
    }
}
