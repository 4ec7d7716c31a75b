//! Verifies copies: asks both ends of every edge what they have, reads snapshots whole on both at once, compares
//! (`zfs::verify`), and marks what differs.

use super::hosts::Hosts;
use super::survey::{self, AllSeen};
use super::verify_read::{self, Item};
use super::{Job, Level as Ended, Seen, edge, verify_mark};
use crate::zfs::listing::Listed;
use crate::zfs::name::Dataset;
use crate::zfs::replication::tree;
use crate::zfs::topology::Link;
use crate::zfs::verify::{self, Copy, Level, State, Verdict, Verified};

/// How copies are verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closely {
    /// How deep.
    pub level: Level,
    /// Which snapshot's content; none: the newest that both ends have.
    pub snapshot: Option<String>,
}

/// Verifies all edges, one after the other. With `check` nothing is written: no marks, no holds, no clones.
pub async fn verify(job: &Job, how: &Closely, hosts: &dyn Hosts) -> Vec<Verified> {
    let links: Vec<Link> = job.working().cloned().collect();
    let seen = survey::all(&links, hosts).await;
    let mut all = Vec::new();
    for link in &links {
        all.push(one(job, how, link, &seen).await);
    }
    all
}

async fn one(job: &Job, how: &Closely, link: &Link, seen: &AllSeen) -> Verified {
    let way = &link.edge;
    let mut found = Verified {
        id: way.id.clone(),
        source: way.source.to_string(),
        target: way.target.to_string(),
        level: how.level,
        failed: None,
        copies: Vec::new(),
        notes: Vec::new(),
        changed: false,
    };
    let (source, target) = match both(link, seen) {
        Ok(both) => both,
        Err(failed) => {
            found.failed = Some(failed);
            return found;
        }
    };
    let items = listed(how, link, source, target, &mut found);
    if how.level >= Level::Content {
        let read = verify_read::read(job, how.level, link, (source, target), &items).await;
        found.notes.extend(read.notes);
        for (item, verdicts) in items.iter().zip(read.verdicts) {
            if let Some(copy) = found.copies.get_mut(item.copy) {
                copy.levels.extend(verdicts);
            }
        }
    }
    verify_mark::mark(job, link, target, &mut found).await;
    found
}

/// Both ends, if both were asked and have their pools.
fn both<'a>(link: &Link, seen: &'a AllSeen) -> Result<(&'a Seen, &'a Seen), (State, String)> {
    let at =
        |host: &str| survey::at(seen, host).map_err(|error| (State::Unreachable, error.to_owned()));
    let (source, target) = (at(&link.edge.source.host)?, at(&link.edge.target.host)?);
    if let Some((level, text)) = edge::absent(link, source, target) {
        let state = if level == Ended::Absent { State::Absent } else { State::Unknown };
        return Err((state, text));
    }
    if !source.survey.listing.datasets.contains_key(&link.edge.source.dataset) {
        return Err((State::Unknown, format!("there is no {}", link.edge.source)));
    }
    Ok((source, target))
}

/// What the listings tell, and what is to be read.
fn listed(
    how: &Closely,
    link: &Link,
    source: &Seen,
    target: &Seen,
    found: &mut Verified,
) -> Vec<Item> {
    let (here, there) = (&source.survey.listing, &target.survey.listing);
    let tree = tree::tree(&link.edge, here, there);
    let mut items = Vec::new();
    for (from, to) in &tree.pairs {
        let Some(own) = here.datasets.get(from) else { continue };
        let mut copy = fresh(from, to);
        match tree.copy(there, to) {
            _ if own.snapshots.is_empty() => {
                copy.notes.push("the source has no snapshots".to_owned());
            }
            None => {
                let why = "there is no copy".to_owned();
                copy.levels.push((Level::Guid, Verdict::Unknown(why)));
            }
            Some(other) => items.extend(pair(how, own, other, found.copies.len(), &mut copy)),
        }
        found.copies.push(copy);
    }
    for (name, why) in tree.unnameable {
        let mut copy = fresh(&name, &link.edge.target.dataset);
        copy.levels.push((Level::Guid, Verdict::Unknown(why)));
        found.copies.push(copy);
    }
    let kept = tree.vanished.iter().map(|name| format!("{name} is kept: its source is gone"));
    found.notes.extend(kept);
    items
}

/// What the listings tell of one copy, and what of it is to be read.
fn pair(
    how: &Closely,
    source: &Listed,
    target: &Listed,
    at: usize,
    copy: &mut Copy,
) -> Option<Item> {
    copy.target = target.name.clone();
    let named = how.snapshot.as_deref();
    let (lineage, notes) = verify::lineage(source, target, named);
    copy.levels.push((Level::Guid, lineage));
    copy.notes = notes;
    if how.level >= Level::Written {
        copy.levels.push((Level::Written, verify::written(source, target)));
    }
    if how.level < Level::Content {
        return None;
    }
    match verify::pick(source, target, named) {
        Ok(pick) => Some(Item {
            copy: at,
            source: source.name.clone(),
            target: target.name.clone(),
            volume: source.volume,
            pick,
        }),
        Err(why) => {
            let deep = [Level::Content, Level::Drill].into_iter().filter(|one| *one <= how.level);
            copy.levels.extend(deep.map(|level| (level, Verdict::Unknown(why.clone()))));
            None
        }
    }
}

fn fresh(source: &Dataset, target: &Dataset) -> Copy {
    Copy { source: source.clone(), target: target.clone(), levels: Vec::new(), notes: Vec::new() }
}
