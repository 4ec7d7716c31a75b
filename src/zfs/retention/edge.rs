//! What edges need of the snapshots on one of their ends.

use std::collections::{BTreeMap, BTreeSet};

use super::reason::{Reason, Warning};
use super::{Absent, Deck};
use crate::zfs::listing::{Bookmark, Guid, Snapshot};

/// Which end of an edge the snapshots are on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// They are sent from here: a bookmark here is a base too.
    Sender,
    /// They are received here: only the snapshot itself is a base.
    Receiver,
}

/// What is known of the other end. A failed listing is not an empty one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// It was listed whole: the identities of its snapshots, and, where it is the sender, of its bookmarks. Empty means that
    /// the dataset was seen to have none, or seen to be missing in a pool that is there.
    Listed(BTreeSet<Guid>),
    /// It can't be reached, or its pool is absent.
    Offline,
    /// It was reached, but the listing failed, and why.
    Failed(String),
    /// Nothing may be destroyed for this edge, and why (a verification found a difference).
    Frozen(String),
}

/// An edge as one of its ends sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// `pa/data -> host-b:pb/data`.
    pub name: String,
    /// Which end this is.
    pub side: Side,
    /// What is known of the other.
    pub peer: Peer,
    /// The last common snapshot that is recorded; it counts where the listing shows none or can't be had.
    pub recorded: Option<Guid>,
    /// What an unfinished transfer needs: both ends of a resume token's step.
    pub needs: BTreeSet<Guid>,
}

/// An edge with what is looked up in its deck.
struct View<'a> {
    edge: &'a Edge,
    ordered: &'a [&'a Snapshot],
    /// What can stand in for a snapshot as a base: on the sender its bookmarks, on the receiver nothing.
    marks: BTreeMap<Guid, &'a Bookmark>,
}

/// What one edge says of the snapshots, one list of reasons each; the snapshots are ordered.
pub(super) fn reasons(
    edge: &Edge,
    deck: &Deck<'_>,
    ordered: &[&Snapshot],
    absent: Absent,
) -> Vec<Vec<Reason>> {
    let sender = edge.side == Side::Sender;
    let marks = deck.bookmarks.iter().filter(|_| sender).map(|mark| (mark.guid, mark)).collect();
    let view = View { edge, ordered, marks };
    let mut found: Vec<Vec<Reason>> = match &edge.peer {
        Peer::Listed(guids) => view.listed(guids),
        Peer::Offline | Peer::Failed(_) => view.unasked(absent),
        Peer::Frozen(why) => view.all(&Reason::Frozen(edge.name.clone(), why.clone())),
    };
    for (snapshot, reasons) in ordered.iter().zip(&mut found) {
        if edge.needs.contains(&snapshot.guid) {
            reasons.push(Reason::Needed(edge.name.clone()));
        }
    }
    found
}

/// What to say of an edge whose other end was not seen.
pub(super) fn warning(edge: &Edge) -> Option<Warning> {
    let why = match &edge.peer {
        Peer::Listed(_) => return None,
        Peer::Offline => "the other end is offline".to_owned(),
        Peer::Failed(why) => format!("the other end could not be listed: {why}"),
        Peer::Frozen(why) => format!("pruning is frozen: {why}"),
    };
    Some(Warning::Edge(edge.name.clone(), why))
}

impl View<'_> {
    fn all(&self, reason: &Reason) -> Vec<Vec<Reason>> {
        vec![vec![reason.clone()]; self.ordered.len()]
    }

    /// The newest common snapshot; where there is none, the recorded one. A newer bookmark is the base in their place.
    fn listed(&self, guids: &BTreeSet<Guid>) -> Vec<Vec<Reason>> {
        let mut found = vec![Vec::new(); self.ordered.len()];
        let name = self.edge.name.clone();
        let common = self.ordered.iter().rposition(|snapshot| guids.contains(&snapshot.guid));
        let marks = self.marks.values().filter(|mark| guids.contains(&mark.guid));
        let mark = marks.map(|mark| mark.createtxg).max();
        match common {
            Some(at) if mark.is_none_or(|mark| mark <= self.ordered[at].createtxg) => {
                found[at].push(self.unless_marked(self.ordered[at], Reason::Common(name)));
            }
            None if mark.is_none() => {
                let recorded = |snapshot: &&Snapshot| Some(snapshot.guid) == self.edge.recorded;
                if let Some(at) = self.ordered.iter().rposition(recorded) {
                    found[at].push(self.unless_marked(self.ordered[at], Reason::Recorded(name)));
                }
            }
            _ => {}
        }
        found
    }

    /// The recorded one and, since the other end may have got them unrecorded, all newer ones.
    fn unasked(&self, absent: Absent) -> Vec<Vec<Reason>> {
        let name = &self.edge.name;
        let base = self.edge.recorded.and_then(|guid| Some((guid, self.place(guid)?)));
        let Some((guid, base)) = base else {
            return self.all(&Reason::Unknown(name.clone()));
        };
        let newer = self.edge.side == Side::Receiver || absent == Absent::Newer;
        let judge = |snapshot: &&Snapshot| {
            let reason = if snapshot.guid == guid {
                Reason::Recorded(name.clone())
            } else if newer && snapshot.createtxg > base {
                Reason::Newer(name.clone())
            } else {
                return Vec::new();
            };
            vec![self.unless_marked(snapshot, reason)]
        };
        self.ordered.iter().map(judge).collect()
    }

    /// Where in this pool's order the base is.
    fn place(&self, guid: Guid) -> Option<u64> {
        let snapshot = self.ordered.iter().find(|snapshot| snapshot.guid == guid);
        let mark = self.marks.get(&guid).map(|mark| mark.createtxg);
        snapshot.map(|snapshot| snapshot.createtxg).or(mark)
    }

    /// On the sender a bookmark of the same identity is as good a base.
    fn unless_marked(&self, snapshot: &Snapshot, reason: Reason) -> Reason {
        match self.marks.get(&snapshot.guid) {
            Some(mark) => Reason::Bookmarked(self.edge.name.clone(), mark.name.clone()),
            None => reason,
        }
    }
}
