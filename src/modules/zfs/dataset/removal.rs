//! From a dataset that is there to none.

use super::{Args, Seen};
use crate::base::Value;
use crate::modules::zfs::predicted::{self, DATASET, SNAPSHOT};
use crate::modules::zfs::{held, list};
use crate::spec::{Change, Command, Diff, Effect, Failure, Op, Plan, Probe, Risk};

/// Destroys it, or says why not.
pub fn plan(args: &Args, seen: &Seen) -> Result<Plan, Failure> {
    let name = &args.name;
    if !name.contains(['/', '@']) {
        let text = format!("{name} is a whole pool: `zpool` with `state: absent` destroys that");
        return Err(Failure::new(text));
    }
    refuse_dependents(seen)?;
    let names: Vec<String> = seen.victims.iter().map(|victim| victim.name.clone()).collect();
    let inside: Vec<String> = names.iter().filter(|own| *own != name).cloned().collect();
    if !inside.is_empty() && !args.recursive {
        let text = format!(
            "{name} is not destroyed: it has children: {}. With `recursive: true` they are destroyed as well",
            list(&inside)
        );
        return Err(Failure::new(text).with("children", inside));
    }
    // A snapshot is never busy for a moment, as a file system is.
    let op = if args.is_snapshot() {
        Op::Run(Command::new(["zfs", "destroy", name]))
    } else {
        let script = Probe::new("zfs_destroy", include_str!("destroy.sh"));
        Op::Script(script.words([name.as_str()]).words(inside.iter()))
    };
    let why = match inside.len() {
        0 => format!("destroy {name}"),
        n => format!("destroy {name} and {n} datasets and snapshots in it"),
    };
    let mut change = Change::new(op, why).risk(Risk::Critical);
    for victim in &seen.victims {
        let kind = if victim.name.contains('@') { SNAPSHOT } else { DATASET };
        change = change.effect(predicted::gone(kind, &victim.name));
        if let Some(path) = &victim.mounted {
            change = change.effect(Effect::Path(path.clone(), None));
        }
    }
    let mut before = vec![("state", Value::from("present"))];
    if !inside.is_empty() {
        before.push(("destroys", Value::from(names)));
    }
    let after = [("state", Value::from("absent"))].into_iter().collect();
    let diff =
        Diff { before: Some(before.into_iter().collect()), after: Some(after), ..Diff::default() };
    Ok(Plan::of(vec![change]).diff(diff))
}

/// Holds, and clones that lie elsewhere, are never destroyed.
fn refuse_dependents(seen: &Seen) -> Result<(), Failure> {
    let kept: Vec<String> = seen.held().iter().map(|name| held(name, &seen.tags)).collect();
    if !kept.is_empty() {
        let text = format!("nothing is destroyed: held snapshots: {}", list(&kept));
        return Err(Failure::new(text).with("held", kept));
    }
    let is_victim = |name: &String| seen.victims.iter().any(|victim| victim.name == *name);
    let clones: Vec<String> = seen
        .victims
        .iter()
        .flat_map(|victim| victim.clones.iter().map(|clone| (clone, &victim.name)))
        .filter(|(clone, _)| !is_victim(clone))
        .map(|(clone, origin)| format!("{clone} (of {origin})"))
        .collect();
    if clones.is_empty() {
        return Ok(());
    }
    let text = format!("nothing is destroyed: there are clones: {}", list(&clones));
    Err(Failure::new(text).with("clones", clones))
}
