//! What edges need, as far as the marks on a dataset alone tell: for a host whose edges are not known.

use std::collections::{BTreeMap, BTreeSet};

use super::edge::{Edge, Peer, Side};
use crate::zfs::listing::{Bookmark, Guid, Listed, Snapshot};
use crate::zfs::replication::marks;

/// The name of edges whose holds can't be told from others.
const UNKNOWN: &str = "of an unknown hold";

/// The edge whose bookmark this is, by its name: `tank_EDGE_GUID` with the guid in 16 hexadecimal digits.
#[must_use]
pub fn edge_of(mark: &Bookmark) -> Option<&str> {
    let rest = mark.name.strip_prefix(marks::PREFIX)?;
    let (edge, guid) = rest.rsplit_once('_')?;
    (!edge.is_empty() && guid == format!("{:016x}", mark.guid.0)).then_some(edge)
}

/// The edges whose marks a dataset bears. `tags`: who holds what, None where the host can't tell.
///
/// A sender's bookmark is a base by itself; where an edge has several marks, a transfer was not finished, and the target may
/// have any snapshot between them. On a receiver the oldest snapshot that is held for an edge and all newer ones are needed;
/// where none is held, nobody knows.
#[must_use]
pub fn marked(listed: &Listed, tags: Option<&BTreeMap<Guid, Vec<String>>>) -> Vec<Edge> {
    if let Some(why) = listed.property(marks::SUSPECT) {
        let why = format!("{} is {why}", marks::SUSPECT);
        return vec![unasked("that was verified", Side::Receiver, Peer::Frozen(why))];
    }
    let mut edges: Vec<Edge> = senders(listed, tags)
        .into_iter()
        .map(|(name, found)| {
            let (first, last) = (found.first().map(|one| one.0), found.last().map(|one| one.0));
            let between = |one: &&Snapshot| {
                first.is_some_and(|first| one.createtxg >= first)
                    && last.is_some_and(|last| one.createtxg <= last)
            };
            let all = listed.snapshots.iter().filter(between).filter(|_| found.len() > 1);
            Edge {
                recorded: found.first().map(|one| one.1),
                needs: all.map(|one| one.guid).collect(),
                ..unasked(&name, Side::Sender, Peer::Offline)
            }
        })
        .collect();
    if listed.property(marks::SOURCE).is_some() {
        let held = listed.snapshots.iter().find(|one| is_held(one, tags));
        let recorded = held.map(|one| one.guid);
        edges.push(Edge {
            recorded,
            ..unasked("that made this copy", Side::Receiver, Peer::Offline)
        });
    }
    edges
}

fn unasked(name: &str, side: Side, peer: Peer) -> Edge {
    Edge { name: name.to_owned(), side, peer, recorded: None, needs: BTreeSet::new() }
}

/// The order and identity of all that is marked, by edge.
fn senders(
    listed: &Listed,
    tags: Option<&BTreeMap<Guid, Vec<String>>>,
) -> BTreeMap<String, BTreeSet<(u64, Guid)>> {
    let mut found: BTreeMap<String, BTreeSet<(u64, Guid)>> = BTreeMap::new();
    let mut mark = |edge: &str, txg, guid| {
        found.entry(edge.to_owned()).or_default().insert((txg, guid));
    };
    for one in &listed.bookmarks {
        if let Some(edge) = edge_of(one) {
            mark(edge, one.createtxg, one.guid);
        }
    }
    for one in listed.snapshots.iter().filter(|one| one.holds > 0) {
        match tags {
            Some(tags) => {
                let own = tags.get(&one.guid).into_iter().flatten();
                for edge in own.filter_map(|tag| tag.strip_prefix(marks::PREFIX)) {
                    mark(edge, one.createtxg, one.guid);
                }
            }
            None => mark(UNKNOWN, one.createtxg, one.guid),
        }
    }
    // The hold itself keeps its snapshot.
    found.retain(|name, marks| name != UNKNOWN || marks.len() > 1);
    found
}

/// Whether an edge holds a snapshot. Where the tags are not known, any hold counts.
fn is_held(one: &Snapshot, tags: Option<&BTreeMap<Guid, Vec<String>>>) -> bool {
    let Some(tags) = tags else { return one.holds > 0 };
    let mut own = tags.get(&one.guid).into_iter().flatten();
    own.any(|tag| tag.starts_with(marks::PREFIX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zfs::replication::tests::dataset;
    use crate::zfs::retention::{Absent, Deck, Keep, Scope, decide};

    const HEX: &str = "tank_e1_000000000000000";

    /// What would go, with the last one kept.
    fn going(listed: &Listed, tags: Option<&BTreeMap<Guid, Vec<String>>>) -> Vec<String> {
        let edges = marked(listed, tags);
        let none = BTreeMap::new();
        let deck = Deck {
            dataset: &listed.name,
            snapshots: &listed.snapshots,
            bookmarks: &listed.bookmarks,
            tags: tags.unwrap_or(&none),
            edges: &edges,
        };
        let keep = Keep {
            last: 1,
            absent: Absent::Base,
            allow_mass_prune: true,
            ..Keep::new(Scope::new("s", None).unwrap())
        };
        let found = decide(&keep, &deck, 1_800_000_000);
        found.destroys().unwrap().iter().map(|one| one.name.clone()).collect()
    }

    #[test]
    fn bookmarks_of_ours_are_known_by_their_guid() {
        let mark =
            |name: &str| Bookmark { name: name.into(), guid: Guid(10), createtxg: 1, creation: 1 };
        assert_eq!(edge_of(&mark("tank_a_b_000000000000000a")), Some("a_b"));
        for other in
            ["tank_a_000000000000000b", "tank__000000000000000a", "mine_000000000000000a", "tank_a"]
        {
            assert_eq!(edge_of(&mark(other)), None, "{other}");
        }
    }

    #[test]
    fn a_sender_needs_no_more_than_its_bookmark() {
        let listed = dataset("pa/d", &format!("s1:1 s2:2 s3:3 s4:4 #{HEX}2:2"));
        let tags = BTreeMap::new();
        assert_eq!(going(&listed, Some(&tags)), ["s1", "s2", "s3"]);
        // Two marks: what lies between may be the newest that arrived.
        let listed = dataset("pa/d", &format!("s1:1 s2:2 s3:3 s4:4 s5:5 #{HEX}2:2 #{HEX}4:4"));
        assert_eq!(going(&listed, Some(&tags)), ["s1"]);
    }

    #[test]
    fn a_receiver_needs_what_is_held_and_all_behind_it() {
        let mut listed = dataset("pb/d", "s1:1 s2:2 s3:3 s4:4 org.tank:source=77");
        assert_eq!(going(&listed, None), [""; 0], "nobody knows");
        listed.snapshots[1].holds = 1;
        let tags = BTreeMap::from([(Guid(2), vec!["tank_e1".to_owned()])]);
        assert_eq!(going(&listed, Some(&tags)), ["s1"]);
        assert_eq!(going(&listed, None), ["s1"]);
        let other = BTreeMap::from([(Guid(2), vec!["mine".to_owned()])]);
        assert_eq!(going(&listed, Some(&other)), [""; 0]);
    }

    #[test]
    fn a_suspect_prunes_nothing() {
        let listed = dataset("pb/d", "s1:1 s2:2 s3:3 org.tank:suspect=e1");
        assert_eq!(going(&listed, None), [""; 0]);
        assert!(matches!(marked(&listed, None)[..], [Edge { peer: Peer::Frozen(_), .. }]));
    }
}
