//! Holds.

use super::Args;
use super::seen::{Seen, Snap};
use crate::modules::zfs::list;
use crate::spec::{Change, ChangeKind, Command, Op, Probe};

/// So many snapshots for one command.
const BATCH: usize = 64;

/// Holds all of these that are not held by the wanted tags.
pub fn hold(args: &Args, seen: &Seen, names: &[String]) -> Vec<Change> {
    let mut changes = Vec::new();
    for tag in &args.hold {
        let (mut sure, mut unsure) = (Vec::new(), Vec::new());
        for name in names {
            match seen.snaps.get(name).map(|snap| seen.tags_of(snap)) {
                Some(Some(tags)) if tags.contains(tag) => {}
                Some(None) => unsure.push(name.clone()),
                Some(Some(_)) | None => sure.push(name.clone()),
            }
        }
        changes.extend(tagging("hold", tag, &sure, &unsure));
    }
    changes
}

/// Takes the tags off that are not wanted.
pub fn release(args: &Args, seen: &Seen) -> Vec<Change> {
    let mut changes = Vec::new();
    for tag in &args.release {
        let has = |snap: &&Snap| seen.tags_of(snap).is_some_and(|tags| tags.contains(tag));
        let unknown = |snap: &&Snap| seen.tags_of(snap).is_none();
        let sure: Vec<String> = seen.there().filter(has).map(|snap| snap.name.clone()).collect();
        let unsure: Vec<String> =
            seen.there().filter(unknown).map(|snap| snap.name.clone()).collect();
        changes.extend(tagging("release", tag, &sure, &unsure));
    }
    changes
}

fn tagging(verb: &str, tag: &str, sure: &[String], unsure: &[String]) -> Vec<Change> {
    let why = |names: &[String]| match verb {
        "hold" => format!("hold {} by {tag}", list(names)),
        _ => format!("release {} from {tag}", list(names)),
    };
    let plain = sure.chunks(BATCH).map(|names| {
        let argv = ["zfs", verb, tag].into_iter().map(str::to_string).chain(names.iter().cloned());
        Change::new(Op::Run(Command::new(argv)), why(names))
    });
    let script = |names: &[String]| {
        let script = Probe::new("zfs_tag", include_str!("tag.sh")).words([verb, tag]);
        Change::new(Op::Script(script.words(names.iter())), why(names)).kind(ChangeKind::May)
    };
    plain.chain(unsure.chunks(BATCH).map(script)).collect()
}
