//! Which snapshots stay and which go: a pure function of a policy, a listing, what rests on it, and the time.
//!
//! Buckets count as restic and borg do: of each of the last N hours (days, weeks, months, years) *that have snapshots* the
//! newest stays, so a machine that was off keeps its history. What no rule knows how to judge stays: snapshots that are not
//! ours, of the future, held, cloned, or the base of an edge. The order within a pool is `createtxg`'s; names say nothing.

mod carried;
mod edge;
mod guard;
mod keep;
mod marked;
mod preview;
#[cfg(test)]
mod properties;
mod reason;
mod rules;
#[cfg(test)]
mod tests;
mod written;

use std::collections::BTreeMap;

use super::listing::{Bookmark, Guid, Snapshot};
use super::name::Dataset;

pub use carried::{DESTROY, Outcome, groups, words};
pub use edge::{Edge, Peer, Side};
pub use guard::summed;
pub use keep::{Absent, Keep, KeepError, Pattern, Scope};
pub use marked::{edge_of, marked};
pub use preview::{COMMAND_BYTES, PER_COMMAND, argument, batches, preview};
pub use reason::{Reason, Refusal, Warning};
pub use written::{RULES, policy, rules};

/// The snapshots of a dataset, whole, with what rests on them.
#[derive(Debug, Clone, Copy)]
pub struct Deck<'a> {
    /// Whose they are.
    pub dataset: &'a Dataset,
    /// All of them, in any order.
    pub snapshots: &'a [Snapshot],
    /// All bookmarks of the same dataset.
    pub bookmarks: &'a [Bookmark],
    /// Tags of the held ones, as far as they were asked for; a snapshot's count of holds counts without them too.
    pub tags: &'a BTreeMap<Guid, Vec<String>>,
    /// All edges that begin or end here, those that can't be reached too.
    pub edges: &'a [Edge],
}

/// What becomes of one snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict<'a> {
    /// Which.
    pub snapshot: &'a Snapshot,
    /// Whether it stays.
    pub keep: bool,
    /// Why; never empty.
    pub reasons: Vec<Reason>,
}

/// What becomes of a dataset's snapshots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision<'a> {
    /// One of each snapshot, the oldest first.
    pub verdicts: Vec<Verdict<'a>>,
    /// What the owner should hear.
    pub warnings: Vec<Warning>,
    /// How many of them are ours.
    pub ours: usize,
    /// Why the run is refused.
    refusal: Option<Refusal>,
}

impl<'a> Decision<'a> {
    /// What is to be destroyed, the oldest first.
    ///
    /// # Errors
    /// It would be too much at once, or the policy is none: then nothing may be destroyed.
    pub fn destroys(&self) -> Result<Vec<&'a Snapshot>, Refusal> {
        match &self.refusal {
            Some(refusal) => Err(refusal.clone()),
            None => Ok(self.going().collect()),
        }
    }

    /// What the rules alone would destroy; for previews, since a refusal does not count here.
    pub fn going(&self) -> impl Iterator<Item = &'a Snapshot> {
        self.verdicts.iter().filter(|verdict| !verdict.keep).map(|verdict| verdict.snapshot)
    }
}

/// Decides. `now` is in seconds since 1970.
#[must_use]
pub fn decide<'a>(keep: &Keep, deck: &Deck<'a>, now: i64) -> Decision<'a> {
    let mut ordered: Vec<&Snapshot> = deck.snapshots.iter().collect();
    ordered.sort_by_key(|s| (s.createtxg, s.creation, s.guid, s.name.as_str()));
    let (mut found, mut warnings) = rules::judge(keep, &ordered, now);
    for edge in deck.edges {
        let said = edge::reasons(edge, deck, &ordered, keep.absent);
        found.iter_mut().zip(said).for_each(|(reasons, more)| reasons.extend(more));
    }
    for (snapshot, reasons) in ordered.iter().zip(&mut found) {
        reasons.extend(rests(deck, snapshot));
    }
    rules::fill(keep, &mut found);
    let ours = found.iter().filter(|reasons| is_ours(reasons)).count();
    let verdicts: Vec<Verdict<'_>> = ordered
        .into_iter()
        .zip(found)
        .map(|(snapshot, reasons)| verdict(snapshot, reasons))
        .collect();
    warnings.extend(deck.edges.iter().filter_map(edge::warning));
    let refusal = refusal(keep, &verdicts, ours);
    Decision { verdicts, warnings, ours, refusal }
}

/// What forbids to destroy a snapshot where it is.
fn rests(deck: &Deck<'_>, snapshot: &Snapshot) -> Vec<Reason> {
    let mut found = Vec::new();
    let tags = deck.tags.get(&snapshot.guid).cloned().unwrap_or_default();
    if snapshot.holds > 0 || !tags.is_empty() {
        found.push(Reason::Held(tags));
    }
    for clone in &snapshot.clones {
        let hidden = clone.rsplit('/').next().is_some_and(|part| part.starts_with('%'));
        found.push(if hidden { Reason::Receiving } else { Reason::Clone(clone.clone()) });
    }
    found
}

fn is_ours(reasons: &[Reason]) -> bool {
    !reasons.contains(&Reason::Foreign)
}

fn stays(reasons: &[Reason]) -> bool {
    reasons.iter().any(|reason| !reason.destroys())
}

fn verdict<'a>(snapshot: &'a Snapshot, mut reasons: Vec<Reason>) -> Verdict<'a> {
    let keep = stays(&reasons);
    if keep {
        reasons.retain(|reason| !reason.destroys());
    } else {
        reasons.insert(0, Reason::NoRule);
    }
    Verdict { snapshot, keep, reasons }
}

fn refusal(keep: &Keep, verdicts: &[Verdict<'_>], ours: usize) -> Option<Refusal> {
    if let Err(error) = keep.check() {
        return Some(Refusal::Policy(error));
    }
    let destroys = verdicts.iter().filter(|verdict| !verdict.keep).count();
    let mass = destroys > keep.few && destroys * 100 > ours * usize::from(keep.max_share);
    (mass && !keep.allow_mass_prune).then_some(Refusal::Mass {
        destroys,
        ours,
        max_share: keep.max_share,
    })
}
