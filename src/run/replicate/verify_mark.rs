//! Puts the mark of a suspect on copies that differ, and takes it away.

use super::lock::Taken;
use super::marks::{change, changing};
use super::{Job, Seen, edge, now};
use crate::zfs::replication::marks;
use crate::zfs::topology::Link;
use crate::zfs::verify::{Marking, Verified, marking};

/// Marks the copies of an edge. A mark is set under the edge's lock where that is free: a pruning that took its look before
/// then looks again.
pub async fn mark(job: &Job, link: &Link, target: &Seen, found: &mut Verified) {
    let mut words = vec![marks::SUSPECT.to_owned()];
    let (mut sets, mut notes) = (false, Vec::new());
    for (at, copy) in found.copies.iter_mut().enumerate() {
        let there = target.survey.listing.datasets.get(&copy.target);
        let old = there.and_then(|there| there.property(marks::SUSPECT));
        let marking = marking(&link.edge.id, copy, old, now());
        match &marking {
            Marking::Keep => {
                let text = |old| format!("it is marked as suspect: {old}");
                copy.notes.extend(old.map(text));
            }
            Marking::Set(value) => {
                sets = true;
                words.extend([copy.target.to_string(), value.clone()]);
            }
            Marking::Clear => words.extend([copy.target.to_string(), String::new()]),
        }
        notes.extend(marking.note(job.check).map(|note| (at, note)));
    }
    if !job.check
        && words.len() > 1
        && let Err(error) = put(job, link, target, (words, sets), found).await
    {
        // What was not done is not told.
        return found.notes.push(format!("the marks could NOT be set: {error}"));
    }
    for (at, note) in notes {
        found.copies[at].notes.push(note);
    }
}

async fn put(
    job: &Job,
    link: &Link,
    target: &Seen,
    (words, sets): (Vec<String>, bool),
    found: &mut Verified,
) -> Result<(), String> {
    let lock = edge::lock(job, link, target);
    let locked = sets && matches!(lock.take().await, Ok(Taken::Ours { .. }));
    let done =
        change(target.host.as_ref(), changing!("verify_mark.sh"), words, &mut found.changed).await;
    if locked && let Err(error) = lock.free().await {
        found.notes.push(error);
    }
    done
}
