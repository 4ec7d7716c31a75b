//! The newest snapshot that both sides have.

use super::edge::{Policy, Select};
use crate::zfs::listing::{Bookmark, Guid, Listed, Snapshot};

/// What an incremental stream starts at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    /// A snapshot of the source.
    Snapshot(Snapshot),
    /// The snapshot is gone from the source; its bookmark is there.
    Bookmark(Bookmark),
}

impl From {
    /// Its identity.
    #[must_use]
    pub fn guid(&self) -> Guid {
        match self {
            Self::Snapshot(snapshot) => snapshot.guid,
            Self::Bookmark(bookmark) => bookmark.guid,
        }
    }

    /// Its place in the source's order.
    #[must_use]
    pub fn createtxg(&self) -> u64 {
        match self {
            Self::Snapshot(snapshot) => snapshot.createtxg,
            Self::Bookmark(bookmark) => bookmark.createtxg,
        }
    }

    /// Its name with its mark: `@a`, `#b`.
    #[must_use]
    pub fn suffix(&self) -> String {
        match self {
            Self::Snapshot(snapshot) => format!("@{}", snapshot.name),
            Self::Bookmark(bookmark) => format!("#{}", bookmark.name),
        }
    }
}

/// The common base of two datasets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// On the source.
    pub from: From,
    /// On the target.
    pub on_target: Snapshot,
    /// Snapshots of the target behind it.
    pub newer: Vec<Snapshot>,
}

/// The newest snapshot of the target whose identity the source has: as a snapshot, else as a bookmark. Names say nothing.
#[must_use]
pub fn find(source: &Listed, target: &Listed) -> Option<Base> {
    let at =
        target.snapshots.iter().rposition(|snapshot| on_source(source, snapshot.guid).is_some())?;
    let on_target = target.snapshots.get(at)?.clone();
    let from = on_source(source, on_target.guid)?;
    Some(Base { from, on_target, newer: target.snapshots.get(at + 1..)?.to_vec() })
}

fn on_source(source: &Listed, guid: Guid) -> Option<From> {
    let bookmark = || source.bookmarks.iter().find(|bookmark| bookmark.guid == guid);
    let snapshot = source.snapshot(guid).cloned().map(From::Snapshot);
    snapshot.or_else(|| bookmark().cloned().map(From::Bookmark))
}

/// The snapshots that are to be sent, oldest first: those behind the base that the policy takes, or all from the start.
#[must_use]
pub fn wanted<'a>(source: &'a Listed, policy: &Policy, behind: Option<u64>) -> Vec<&'a Snapshot> {
    let newer = |snapshot: &&Snapshot| behind.is_none_or(|txg| snapshot.createtxg > txg);
    let mut all: Vec<&Snapshot> = source
        .snapshots
        .iter()
        .filter(newer)
        .filter(|one| policy.select.takes(&one.name))
        .collect();
    if policy.select == Select::Latest {
        all = all.pop().into_iter().collect();
    }
    all
}
