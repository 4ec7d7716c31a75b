//! The marks an edge should have once a snapshot is on both sides, and what is to be done to get there.

use super::edge::Edge;
use super::marks;
use crate::zfs::capability::Capability;
use crate::zfs::listing::{Guid, Listed, Snapshot};
use std::collections::BTreeMap;

/// Commands on both sides that leave an edge's marks right. All lists hold short names (behind `@` or `#`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keeping {
    /// Bookmark to make on the source: of this snapshot, under this name.
    pub bookmark: Option<(String, String)>,
    /// Snapshot to hold on the source: where bookmarks can't be made.
    pub hold_source: Option<String>,
    /// Snapshot to hold on the target.
    pub hold_target: Option<String>,
    /// Holds to release on the target, once the new one is there.
    pub release_target: Vec<String>,
    /// Holds to release on the source, last.
    pub release_source: Vec<String>,
    /// Bookmarks to destroy on the source, last.
    pub forget: Vec<String>,
}

impl Keeping {
    /// Whether everything is as it should be.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Holds by full name of the snapshot; a host that can't list them has none here.
pub type Holds = BTreeMap<String, Vec<String>>;

/// What is to be done for the newest common snapshot `guid`. `sent`: behind a stream; then holds whose tags the host can't
/// list are tried, too.
#[must_use]
pub fn keeping(
    edge: &Edge,
    source: (&Listed, &Holds),
    target: (&Listed, &Holds),
    guid: Guid,
    from: &Capability,
    sent: bool,
) -> Keeping {
    let (source, source_holds) = source;
    let (target, target_holds) = target;
    let tag = marks::hold(edge);
    let mut keeping = Keeping::default();
    let here = source.snapshot(guid);
    let marked = source
        .bookmarks
        .iter()
        .any(|mark| mark.guid == guid && marks::is_ours(edge, source.name.as_str(), mark));
    if from.marks() {
        let name = marks::bookmark(edge, source.name.as_str(), guid);
        keeping.bookmark = here.filter(|_| !marked).map(|one| (one.name.clone(), name));
    }
    let stays = if from.marks() { None } else { here };
    if let Some(one) = stays.filter(|one| !held(source, one, source_holds, &tag)) {
        keeping.hold_source = Some(one.name.clone());
    }
    if let Some(one) = target.snapshot(guid).filter(|one| !held(target, one, target_holds, &tag)) {
        keeping.hold_target = Some(one.name.clone());
    }
    let ours = |listed: &Listed, holds: &Holds, but: Option<&Snapshot>| {
        let full = |one: &Snapshot| format!("{}@{}", listed.name, one.name);
        let tagged = |one: &&Snapshot| match holds.get(&full(one)) {
            Some(tags) => tags.contains(&tag),
            None => sent && one.holds > 0,
        };
        let others =
            listed.snapshots.iter().filter(|one| but.is_none_or(|but| but.guid != one.guid));
        others.filter(tagged).map(|one| one.name.clone()).collect()
    };
    keeping.release_source = ours(source, source_holds, stays);
    keeping.release_target = ours(target, target_holds, target.snapshot(guid));
    let old = source
        .bookmarks
        .iter()
        .filter(|mark| mark.guid != guid && marks::is_ours(edge, source.name.as_str(), mark));
    // The last bookmark stays until there is a newer one.
    if marked || keeping.bookmark.is_some() {
        keeping.forget = old.map(|mark| mark.name.clone()).collect();
    }
    keeping
}

/// Whether the edge holds a snapshot. Where tags can't be listed, any hold counts.
pub(super) fn held(listed: &Listed, one: &Snapshot, holds: &Holds, tag: &str) -> bool {
    match holds.get(&format!("{}@{}", listed.name, one.name)) {
        Some(tags) => tags.iter().any(|there| there == tag),
        None => one.holds > 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zfs::replication::tests::{ancient, dataset, edge, modern};

    fn holds(all: &[&str]) -> Holds {
        all.iter()
            .map(|name| ((*name).to_owned(), vec!["tank_e1".to_owned(), "other".to_owned()]))
            .collect()
    }

    #[test]
    fn s25_marks_that_are_missing_are_made_and_old_ones_go() {
        let edge = edge("pa/d", "pb/d");
        let source = dataset("pa/d", "a:1 b:2 #tank_e1_0000000000000001:1 #mine:1");
        let target = dataset("pb/d", "a:1 b:2");
        let found = keeping(
            &edge,
            (&source, &holds(&["pa/d@a", "pa/d@b"])),
            (&target, &holds(&["pb/d@a"])),
            Guid(2),
            &modern(),
            false,
        );
        assert_eq!(found.bookmark, Some(("b".to_owned(), "tank_e1_0000000000000002".to_owned())));
        assert_eq!((found.hold_source.as_deref(), found.hold_target.as_deref()), (None, Some("b")));
        assert_eq!(found.release_source, ["a", "b"]);
        assert_eq!(found.release_target, ["a"]);
        assert_eq!(found.forget, ["tank_e1_0000000000000001"]);
    }

    #[test]
    fn nothing_is_done_twice() {
        let edge = edge("pa/d", "pb/d");
        let source = dataset("pa/d", "a:1 #tank_e1_0000000000000001:1");
        let target = dataset("pb/d", "a:1");
        let found = keeping(
            &edge,
            (&source, &Holds::new()),
            (&target, &holds(&["pb/d@a"])),
            Guid(1),
            &modern(),
            false,
        );
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn old_pools_hold_instead() {
        let edge = edge("pa/d", "pb/d");
        let mut source = dataset("pa/d", "a:1 b:2");
        let mut target = dataset("pb/d", "a:1 b:2");
        let found = keeping(
            &edge,
            (&source, &Holds::new()),
            (&target, &Holds::new()),
            Guid(2),
            &ancient(),
            false,
        );
        assert_eq!(
            (found.hold_source.as_deref(), found.hold_target.as_deref()),
            (Some("b"), Some("b"))
        );
        assert_eq!(found.bookmark, None);
        // Tags can't be listed there: a hold is taken for ours.
        source.snapshots[1].holds = 1;
        target.snapshots[1].holds = 1;
        let found = keeping(
            &edge,
            (&source, &Holds::new()),
            (&target, &Holds::new()),
            Guid(2),
            &ancient(),
            false,
        );
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn the_only_bookmark_of_a_gone_snapshot_stays() {
        let edge = edge("pa/d", "pb/d");
        let source = dataset("pa/d", "b:2 #tank_e1_0000000000000001:1");
        let target = dataset("pb/d", "a:1");
        let found = keeping(
            &edge,
            (&source, &Holds::new()),
            (&target, &holds(&["pb/d@a"])),
            Guid(1),
            &modern(),
            false,
        );
        assert!(found.is_empty(), "{found:?}");
    }
}
