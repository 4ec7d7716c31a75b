//! From snapshots that are there to none.

use super::seen::{Seen, Snap};
use super::{Args, tags};
use crate::base::Value;
use crate::modules::zfs::predicted::{self, SNAPSHOT};
use crate::modules::zfs::{held, list};
use crate::spec::{Change, Diff, Failure, Op, Plan, Probe, Risk};

/// Destroys them, or says why not.
pub fn plan(args: &Args, seen: &Seen) -> Result<Plan, Failure> {
    let (own, others): (Vec<&Snap>, Vec<&Snap>) =
        seen.there().partition(|snap| args.guid.as_ref().is_none_or(|guid| snap.guid == *guid));
    let mut plan = Plan::default();
    for snap in others {
        plan.warnings.push(format!("{} is left alone: its guid is {}", snap.name, snap.guid));
    }
    refuse(&own, seen, |snap| {
        let tags = seen.tags_of(snap);
        tags.is_none_or(|tags| tags.iter().any(|tag| !args.release.contains(tag)))
    })?;
    if own.is_empty() {
        return Ok(plan);
    }
    let mut changes = tags::release(args, seen);
    changes.push(destroy(&own, "destroy"));
    let names: Vec<Value> = own.iter().map(|snap| Value::from(snap.name.as_str())).collect();
    let side = |names: Vec<Value>| Some([("snapshots", Value::list(names))].into_iter().collect());
    plan.parts = Plan::of(changes).parts;
    Ok(plan.diff(Diff { before: side(names), after: side(Vec::new()), ..Diff::default() }))
}

/// Refuses to destroy what has clones or stays held.
pub fn refuse(
    snaps: &[&Snap],
    seen: &Seen,
    stays_held: impl Fn(&Snap) -> bool,
) -> Result<(), Failure> {
    let kept = snaps.iter().filter(|snap| snap.holds > 0 && stays_held(snap));
    let kept: Vec<String> = kept.map(|snap| held(&snap.name, &seen.tags)).collect();
    if !kept.is_empty() {
        let text = format!("nothing is destroyed: held snapshots: {}", list(&kept));
        return Err(Failure::new(text).with("held", kept));
    }
    let cloned = snaps.iter().filter(|snap| !snap.clones.is_empty());
    let cloned: Vec<String> =
        cloned.map(|snap| format!("{} (of {})", snap.clones.join(", "), snap.name)).collect();
    if cloned.is_empty() {
        return Ok(());
    }
    let text = format!("nothing is destroyed: there are clones: {}", list(&cloned));
    Err(Failure::new(text).with("clones", cloned))
}

/// Destroys exactly these, in this order.
pub fn destroy(snaps: &[&Snap], verb: &str) -> Change {
    let words = snaps.iter().flat_map(|snap| [snap.name.clone(), snap.guid.clone()]);
    let script = Probe::new("zfs_destroy_snapshots", include_str!("destroy.sh")).words(words);
    let names: Vec<String> = snaps.iter().map(|snap| snap.name.clone()).collect();
    let change = Change::new(Op::Script(script), format!("{verb} {}", list(&names)));
    let effects = names.iter().map(|name| predicted::gone(SNAPSHOT, name));
    effects.fold(change.risk(Risk::Critical), Change::effect)
}

/// Whether they are gone.
pub fn verify(args: &Args, change: &Change, after: &Seen) -> Result<(), String> {
    let is_meant = |snap: &&Snap| args.guid.as_ref().is_none_or(|guid| snap.guid == *guid);
    match after.there().find(is_meant) {
        Some(snap) if !change.effects.is_empty() => Err(format!("{} is still there", snap.name)),
        _ => Ok(()),
    }
}
