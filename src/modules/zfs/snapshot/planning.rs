//! From what was seen to snapshots that are there.

use super::seen::{Seen, Snap};
use super::{Args, tags};
use crate::base::Value;
use crate::modules::zfs::predicted::{self, SNAPSHOT};
use crate::modules::zfs::wish::{self, Type, Wishes};
use crate::spec::{Change, Command, Ctx, Diff, Failure, Op, Plan};

/// Takes what is missing, sets properties, holds and releases.
pub fn plan(args: &Args, seen: &Seen, ctx: Ctx<'_>) -> Result<Plan, Failure> {
    check_guid(args, seen)?;
    let wishes = args.wishes()?;
    wish::check(&wishes, Type::Snapshot, None)?;
    let mut plan = Plan::default();
    let mut changes = Vec::new();
    let (whole, single) = missing(args, seen);
    if !single.is_empty() && args.recursive {
        plan.warnings.push(format!(
            "some snapshots are there from another moment; only these are taken now: {}",
            crate::modules::zfs::list(&single)
        ));
    }
    if !seen.several && whole.len() + single.len() > 1 {
        plan.warnings.push(
            "this host's ZFS takes one snapshot after the other: they are not of one moment".into(),
        );
    }
    for (names, recursive) in [(&whole, true), (&single, false)] {
        changes.extend(take(args, seen, names, recursive, &wishes));
    }
    changes.extend(set_properties(seen, &wishes, ctx)?);
    let all: Vec<String> = seen.wanted.iter().flat_map(|(_, names)| names.clone()).collect();
    changes.extend(tags::release(args, seen));
    changes.extend(tags::hold(args, seen, &all));
    let side = |there: bool| {
        let mut names = all.iter().filter(|name| there || seen.snaps.contains_key(*name));
        let names: Vec<Value> = names.by_ref().map(|name| Value::from(name.as_str())).collect();
        Some([("snapshots", Value::list(names))].into_iter().collect())
    };
    if !changes.is_empty() {
        plan = plan.diff(Diff { before: side(false), after: side(true), ..Diff::default() });
    }
    plan.parts = Plan::of(changes).parts;
    Ok(plan)
}

/// One snapshot of another identity is no reason to call things fine.
pub fn check_guid(args: &Args, seen: &Seen) -> Result<(), Failure> {
    let Some(wanted) = &args.guid else { return Ok(()) };
    match seen.there().next() {
        Some(snap) if snap.guid == *wanted || snap.guid.is_empty() => Ok(()),
        Some(snap) => Err(Failure::new(format!(
            "{} is another snapshot than the one that is wanted: its guid is {}, not {wanted}",
            snap.name, snap.guid
        ))),
        None => Err(Failure::new(format!(
            "there is no snapshot with the guid {wanted}, and none can be made: a new one has its own"
        ))),
    }
}

/// Targets that are taken with all below them at once, and single snapshots where some are there already.
fn missing(args: &Args, seen: &Seen) -> (Vec<String>, Vec<String>) {
    let (mut whole, mut single) = (Vec::new(), Vec::new());
    for (_, names) in &seen.wanted {
        let due: Vec<&String> =
            names.iter().filter(|name| !seen.snaps.contains_key(*name)).collect();
        match names.first() {
            Some(top) if args.recursive && due.len() == names.len() => whole.push(top.clone()),
            _ => single.extend(due.into_iter().cloned()),
        }
    }
    (whole, single)
}

fn take(
    args: &Args,
    seen: &Seen,
    names: &[String],
    recursive: bool,
    wishes: &Wishes,
) -> Vec<Change> {
    let groups: Vec<&[String]> = match names.len() {
        0 => Vec::new(),
        _ if seen.several => vec![names],
        _ => names.chunks(1).collect(),
    };
    let group = |names: &[String]| {
        let mut argv = vec!["zfs".to_string(), "snapshot".to_string()];
        argv.extend(recursive.then(|| "-r".to_string()));
        for (name, value) in wishes {
            argv.extend(["-o".to_string(), format!("{name}={value}")]);
        }
        argv.extend(names.iter().cloned());
        let all = if recursive { " and of all below" } else { "" };
        let why = format!("take the snapshot {}{all}", crate::modules::zfs::list(names));
        let mut change = Change::new(Op::Run(Command::new(argv)), why);
        let taken = seen
            .wanted
            .iter()
            .filter(|(_, all)| recursive && all.first().is_some_and(|top| names.contains(top)));
        let below = taken.flat_map(|(_, all)| all.clone());
        for name in names.iter().cloned().chain(below) {
            change = change.effect(made(args, &name, wishes));
        }
        change
    };
    groups.into_iter().map(group).collect()
}

fn made(args: &Args, name: &str, wishes: &Wishes) -> crate::spec::Effect {
    let mut known = wishes.clone();
    known.push(("type".into(), "snapshot".into()));
    known.push(("userrefs".into(), args.hold.len().to_string()));
    // Newer than all that is there now.
    known.push(("createtxg".into(), u64::MAX.to_string()));
    predicted::made(SNAPSHOT, name, &known)
}

fn set_properties(seen: &Seen, wishes: &Wishes, ctx: Ctx<'_>) -> Result<Vec<Change>, Failure> {
    let mut changes = Vec::new();
    for snap in seen.there() {
        let due = wish::differing(&snap.name, wishes, &snap.properties, None)?;
        for (name, value) in due {
            let argv =
                ["zfs".to_string(), "set".into(), format!("{name}={value}"), snap.name.clone()];
            let why = format!("set {name}={value} of {}", snap.name);
            let effect = predicted::set(SNAPSHOT, &snap.name, &[(name, value)], ctx);
            changes.push(Change::new(Op::Run(Command::new(argv)), why).effect(effect));
        }
    }
    Ok(changes)
}

/// Whether all are there as they are wanted.
pub fn verify(args: &Args, after: &Seen) -> Result<(), String> {
    let wishes = args.wishes().map_err(|failure| failure.msg)?;
    for name in after.wanted.iter().flat_map(|(_, names)| names) {
        let Some(snap) = after.snaps.get(name) else { return Err(format!("{name} is not there")) };
        let wrong = |(name, wanted): &&(String, String)| {
            !wish::agrees(name, wanted, &snap.properties, None)
        };
        if let Some((property, wanted)) = wishes.iter().find(wrong) {
            return Err(format!("{property} of {name} is not {wanted}"));
        }
        verify_tags(args, after, snap)?;
    }
    Ok(())
}

fn verify_tags(args: &Args, after: &Seen, snap: &Snap) -> Result<(), String> {
    let Some(tags) = after.tags_of(snap) else { return Ok(()) };
    if let Some(tag) = args.hold.iter().find(|tag| !tags.contains(tag)) {
        return Err(format!("{} is not held by {tag}", snap.name));
    }
    match args.release.iter().find(|tag| tags.contains(tag)) {
        Some(tag) => Err(format!("{} is still held by {tag}", snap.name)),
        None => Ok(()),
    }
}
