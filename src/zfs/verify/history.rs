//! What listings alone tell: identities, order, and what was written since.

use super::Verdict;
use crate::zfs::listing::{Guid, Listed, Snapshot};
use crate::zfs::replication::base;
use std::collections::BTreeSet;

/// The snapshot whose content is compared: the same one under the names that both ends give it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pick {
    /// Its identity.
    pub guid: Guid,
    /// Its name on the source.
    pub source: String,
    /// Its name on the target.
    pub target: String,
}

/// Compares the histories of a dataset and its copy; `named`: a snapshot that has to be on both. Gives notes, too.
#[must_use]
pub fn lineage(source: &Listed, target: &Listed, named: Option<&str>) -> (Verdict, Vec<String>) {
    let mut notes = Vec::new();
    if target.snapshots.is_empty() {
        return (Verdict::Unknown("the copy has no snapshots".to_owned()), notes);
    }
    let Some(base) = base::find(source, target) else {
        let text =
            format!("none of the copy's {} snapshots is the source's", target.snapshots.len());
        return (Verdict::Differs(vec![text]), notes);
    };
    let mut wrong = retaken(source, target);
    wrong.extend(order(source, target));
    wrong.extend(dates(source, target));
    for one in base.newer.iter().filter(|one| !same_name(source, one)) {
        // An empty one of the target's own stands in nobody's way.
        match one.written {
            Some(0) => notes.push(format!("@{} is the target's own; it is empty", one.name)),
            _ => wrong.push(format!(
                "@{} is only on the target, and newer than all that is common",
                one.name
            )),
        }
    }
    notes.extend(only_there(source, target, &base.on_target));
    notes.extend(renamed(source, target));
    let missing = named.and_then(|name| missing(source, target, name));
    let verdict = match (wrong.is_empty(), missing) {
        (false, _) => Verdict::Differs(wrong),
        (true, Some(why)) => Verdict::Unknown(why),
        (true, None) => {
            let common = target.snapshots.iter().filter(|one| knows(source, one.guid)).count();
            Verdict::Same(format!("{common} of {} snapshots are common", target.snapshots.len()))
        }
    };
    (verdict, notes)
}

/// Which end does not have a snapshot that was asked for.
fn missing(source: &Listed, target: &Listed, name: &str) -> Option<String> {
    match source.snapshots.iter().find(|one| one.name == name) {
        None => Some(format!("the source has no @{name}")),
        Some(one) if target.snapshot(one.guid).is_none() => {
            Some(format!("the copy has no @{name}"))
        }
        Some(_) => None,
    }
}

fn knows(source: &Listed, guid: Guid) -> bool {
    source.snapshot(guid).is_some() || source.bookmarks.iter().any(|mark| mark.guid == guid)
}

fn same_name(source: &Listed, one: &Snapshot) -> bool {
    source.snapshots.iter().any(|other| other.name == one.name && other.guid != one.guid)
}

/// Snapshots of the same name that are not the same.
fn retaken(source: &Listed, target: &Listed) -> Vec<String> {
    let found =
        target.snapshots.iter().filter(|one| same_name(source, one) && !knows(source, one.guid));
    found
        .map(|one| format!("@{} is another snapshot than the source's of that name", one.name))
        .collect()
}

/// Snapshots that stand in another order than on the source.
fn order(source: &Listed, target: &Listed) -> Option<String> {
    let there: Vec<Guid> = target.snapshots.iter().map(|one| one.guid).collect();
    let both: BTreeSet<Guid> =
        there.iter().copied().filter(|guid| source.snapshot(*guid).is_some()).collect();
    let here = source.snapshots.iter().map(|one| one.guid).filter(|guid| both.contains(guid));
    let wrong = here.zip(there.iter().filter(|guid| both.contains(guid))).find(|(a, b)| a != *b)?;
    let name = &source.snapshot(wrong.0)?.name;
    Some(format!("@{name} stands elsewhere in the copy's order"))
}

/// An identity has one date.
fn dates(source: &Listed, target: &Listed) -> Vec<String> {
    let wrong = |one: &&Snapshot| {
        source.snapshot(one.guid).is_some_and(|other| other.creation != one.creation)
    };
    target
        .snapshots
        .iter()
        .filter(wrong)
        .map(|one| format!("@{} has another date than the source's", one.name))
        .collect()
}

/// Older ones that the source has no more, or never had: nobody can tell.
fn only_there(source: &Listed, target: &Listed, base: &Snapshot) -> Option<String> {
    let older = target.snapshots.iter().filter(|one| one.createtxg < base.createtxg);
    let count = older.filter(|one| !knows(source, one.guid) && !same_name(source, one)).count();
    (count > 0).then(|| format!("{count} older snapshots are only on the target"))
}

fn renamed(source: &Listed, target: &Listed) -> Vec<String> {
    let name = |one: &Snapshot| source.snapshot(one.guid).map(|other| other.name.clone());
    let other = target.snapshots.iter().filter_map(|one| Some((one, name(one)?)));
    let other = other.filter(|(one, name)| one.name != *name);
    other.map(|(one, name)| format!("@{} is called @{name} on the source", one.name)).collect()
}

/// Whether anything was written on the target since the newest common snapshot.
#[must_use]
pub fn written(source: &Listed, target: &Listed) -> Verdict {
    let Some(base) = base::find(source, target) else {
        return Verdict::Unknown("nothing is common".to_owned());
    };
    if target.property("receive_resume_token").is_some() {
        return Verdict::Unknown("a receive is unfinished".to_owned());
    }
    let since = &base.on_target.name;
    let last = target.property("written").and_then(|bytes| bytes.parse::<u64>().ok());
    let newer: Option<u64> = base.newer.iter().map(|one| one.written).sum();
    match last.zip(newer).map(|(last, newer)| last.saturating_add(newer)) {
        Some(0) => Verdict::Same(format!("nothing since @{since}")),
        Some(bytes) => Verdict::Differs(vec![format!("{bytes} bytes were written since @{since}")]),
        None => guessed(target, &base),
    }
}

/// Releases without the property: what a snapshot alone still keeps was overwritten since. The other way round nothing
/// follows.
fn guessed(target: &Listed, base: &base::Base) -> Verdict {
    let name = &base.on_target.name;
    let kept = target.snapshot(base.on_target.guid).map_or(0, |one| one.used);
    match (kept, base.newer.is_empty()) {
        (0, true) => Verdict::Unknown("this release of ZFS can't tell".to_owned()),
        (0, false) => Verdict::Unknown(format!(
            "this release of ZFS can't tell, and there are snapshots behind @{name}"
        )),
        (bytes, _) => {
            Verdict::Differs(vec![format!("{bytes} bytes of @{name} were overwritten since")])
        }
    }
}

/// The snapshot whose content is compared: `named`, else the newest that both have.
///
/// # Errors
/// There is none; why.
pub fn pick(source: &Listed, target: &Listed, named: Option<&str>) -> Result<Pick, String> {
    if let Some(listed) = [source, target].into_iter().find(|one| locked(one)) {
        return Err(format!("the key of {} is not loaded", listed.name));
    }
    let both = |one: &&Snapshot| target.snapshot(one.guid).is_some();
    let found = match named {
        Some(name) => source.snapshots.iter().filter(both).find(|one| one.name == name),
        None => source.snapshots.iter().rfind(both),
    };
    let one = found.ok_or_else(|| match named {
        Some(name) => format!("@{name} is not on both ends"),
        None => "no snapshot is on both ends".to_owned(),
    })?;
    if source.volume != target.volume {
        return Err("one of them is a volume, the other is not".to_owned());
    }
    let there = target.snapshot(one.guid).map_or(&one.name, |there| &there.name);
    Ok(Pick { guid: one.guid, source: one.name.clone(), target: there.clone() })
}

fn locked(listed: &Listed) -> bool {
    listed.property("keystatus") == Some("unavailable")
}
