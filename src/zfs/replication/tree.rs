//! Which datasets of an edge are planned, and in which order.

use super::edge::Edge;
use super::marks;
use crate::zfs::listing::{Listed, Listing};
use crate::zfs::name::{self, Dataset};
use std::collections::{BTreeMap, BTreeSet};

/// The datasets of an edge.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// What is copied to where: parents before children, origins before their clones.
    pub pairs: Vec<(Dataset, Dataset)>,
    /// Datasets of the target whose source is gone: they are kept and told of.
    pub vanished: Vec<Dataset>,
    /// Datasets of the target whose source has another name now: from, to.
    pub renamed: Vec<(Dataset, Dataset)>,
    /// Names that cannot be given on the target, with the reason.
    pub unnameable: Vec<(Dataset, String)>,
}

impl Tree {
    /// The copy of a dataset by the name that it is to have; it may still have the one that its source had.
    #[must_use]
    pub fn copy<'a>(&self, target: &'a Listing, to: &Dataset) -> Option<&'a Listed> {
        let was = self.renamed.iter().find_map(|(was, now)| was.join(now.below(to)?).ok());
        target.datasets.get(&was.unwrap_or_else(|| to.clone()))
    }
}

/// Pairs the datasets of two listings. `target` may be empty: nothing is there yet.
#[must_use]
pub fn tree(edge: &Edge, source: &Listing, target: &Listing) -> Tree {
    let mut tree = Tree::default();
    let taken: Vec<&Listed> =
        source.datasets.values().filter(|one| takes(edge, &one.name)).collect();
    for one in in_order(&taken) {
        let below = edge.source.dataset.below(&one.name).unwrap_or_default();
        match edge.target.dataset.join(below) {
            Ok(name) => tree.pairs.push((one.name.clone(), name)),
            Err(error) => tree
                .unnameable
                .push((one.name.clone(), format!("{}{below}: {error}", edge.target.dataset))),
        }
    }
    let wanted: BTreeSet<&Dataset> = tree.pairs.iter().map(|(_, target)| target).collect();
    let copies = target.datasets.values().filter(|one| edge.target.dataset.contains(&one.name));
    let orphans: Vec<&Listed> = copies
        .filter(|one| one.property(marks::SOURCE).is_some() && !wanted.contains(&one.name))
        .collect();
    let by_guid: BTreeMap<&str, &Dataset> =
        taken.iter().filter_map(|one| Some((one.property("guid")?, &one.name))).collect();
    let (mut vanished, mut renamed) = (Vec::new(), Vec::new());
    for orphan in orphans {
        let now = orphan.property(marks::SOURCE).and_then(|guid| by_guid.get(guid));
        let to = now
            .and_then(|now| tree.pairs.iter().find(|(source, _)| source == *now))
            .map(|(_, to)| to);
        match to.filter(|to| !target.datasets.contains_key(*to)) {
            Some(to) => renamed.push((orphan.name.clone(), to.clone())),
            // What is excluded is not gone.
            None if edge_takes_copy(edge, &orphan.name) => vanished.push(orphan.name.clone()),
            None => {}
        }
    }
    // A renamed parent takes its children with it.
    let moved: Vec<Dataset> = renamed.iter().map(|(from, _)| from.clone()).collect();
    let inner = |one: &Dataset| moved.iter().any(|above| above != one && above.contains(one));
    renamed.retain(|(from, _)| !inner(from));
    tree.vanished = vanished;
    tree.renamed = renamed;
    tree
}

fn takes(edge: &Edge, name: &Dataset) -> bool {
    edge.source.dataset.below(name).is_some_and(|below| edge.takes(below))
}

fn edge_takes_copy(edge: &Edge, copy: &Dataset) -> bool {
    edge.target.dataset.below(copy).is_some_and(|below| edge.takes(below))
}

/// Parents before children (names do that), origins before clones; a circle is left in the order of names, and its clones
/// are sent in full.
fn in_order<'a>(all: &[&'a Listed]) -> Vec<&'a Listed> {
    let names: BTreeSet<&str> = all.iter().map(|one| one.name.as_str()).collect();
    let mut done: BTreeSet<&str> = BTreeSet::new();
    let mut ordered: Vec<&Listed> = Vec::new();
    let mut waiting: Vec<&Listed> = all.to_vec();
    while !waiting.is_empty() {
        let ready = |one: &&Listed| {
            let origin = origin_of(one).filter(|origin| names.contains(origin));
            let parent = one.name.as_str().rsplit_once('/').map(|(parent, _)| parent);
            let parent = parent.filter(|parent| names.contains(parent));
            [origin, parent].into_iter().flatten().all(|other| done.contains(other))
        };
        let at = waiting.iter().position(ready).unwrap_or(0);
        let one = waiting.remove(at);
        done.insert(one.name.as_str());
        ordered.push(one);
    }
    ordered
}

/// The dataset that a clone was made of.
#[must_use]
pub fn origin_of(one: &Listed) -> Option<&str> {
    one.property("origin").map(|origin| name::split(origin).0)
}

/// The copy of a clone's origin on the target: the snapshot of the same identity in the dataset that the edge copies the
/// origin's dataset to. Any other place is left alone: two copies in one pool have nothing to do with each other.
#[must_use]
pub fn origin_copy(
    one: &Listed,
    pairs: &[(Dataset, Dataset)],
    source: &Listing,
    target: &Listing,
) -> Option<String> {
    let (dataset, mark) = name::split(one.property("origin")?);
    let (_, snapshot) = mark?;
    let (from, to) = pairs.iter().find(|(from, _)| from.as_str() == dataset)?;
    let guid =
        source.datasets.get(from)?.snapshots.iter().find(|there| there.name == snapshot)?.guid;
    let copy = target.datasets.get(to)?.snapshot(guid)?;
    Some(format!("{to}@{}", copy.name))
}

/// The datasets above a new one that have to be made, topmost first. `there`: whether the target has a dataset.
#[must_use]
pub fn missing_parents(name: &Dataset, there: &dyn Fn(&Dataset) -> bool) -> Vec<Dataset> {
    let mut missing = Vec::new();
    let mut above = name.parent();
    while let Some(one) = above.filter(|one| !there(one)) {
        above = one.parent();
        missing.push(one);
    }
    missing.reverse();
    missing
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zfs::replication::tests::{dataset, edge};

    fn listing(all: &[(&str, &str)]) -> Listing {
        let listed = all.iter().map(|(name, words)| dataset(name, words));
        Listing { datasets: listed.map(|one| (one.name.clone(), one)).collect() }
    }

    fn recursive() -> Edge {
        Edge { recursive: true, ..edge("pa/d", "pb/x/d") }
    }

    fn shown(tree: &Tree) -> String {
        tree.pairs.iter().map(|(from, to)| format!("{from}>{to}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn excluded_trees_are_left_out_and_clones_come_late() {
        let source = listing(&[
            ("pa/d", ""),
            ("pa/d/a", "origin=pa/d/z@s"),
            ("pa/d/tmp", ""),
            ("pa/d/tmp/x", ""),
            ("pa/d/tmpx", ""),
            ("pa/d/z", ""),
            ("pa/dd", ""),
        ]);
        let edge = Edge { exclude: vec!["tmp".to_owned()], ..recursive() };
        let tree = tree(&edge, &source, &Listing::default());
        assert_eq!(
            shown(&tree),
            "pa/d>pb/x/d pa/d/tmpx>pb/x/d/tmpx pa/d/z>pb/x/d/z pa/d/a>pb/x/d/a"
        );
        let alone = super::tree(&Edge { recursive: false, ..edge }, &source, &Listing::default());
        assert_eq!(shown(&alone), "pa/d>pb/x/d");
    }

    #[test]
    fn circles_of_clones_end() {
        let source =
            listing(&[("pa/d", ""), ("pa/d/a", "origin=pa/d/b@s"), ("pa/d/b", "origin=pa/d/a@s")]);
        assert_eq!(tree(&recursive(), &source, &Listing::default()).pairs.len(), 3);
    }

    #[test]
    fn s06_s40_renamed_and_vanished_datasets_are_told_apart() {
        let source =
            listing(&[("pa/d", "guid=1"), ("pa/d/new", "guid=2"), ("pa/d/new/c", "guid=3")]);
        let target = listing(&[
            ("pb/x/d", "org.tank:source=1"),
            ("pb/x/d/old", "org.tank:source=2"),
            ("pb/x/d/old/c", "org.tank:source=3"),
            ("pb/x/d/gone", "org.tank:source=9"),
            ("pb/x/d/own", ""),
        ]);
        let tree = tree(&recursive(), &source, &target);
        let name = |text: &str| Dataset::new(text).unwrap();
        assert_eq!(tree.renamed, [(name("pb/x/d/old"), name("pb/x/d/new"))]);
        assert_eq!(tree.vanished, [name("pb/x/d/gone")]);
    }

    #[test]
    fn s39_the_origin_is_found_by_identity() {
        let source = listing(&[("pa/d", ""), ("pa/d/o", "x:7"), ("pa/d/c", "y:8 origin=pa/d/o@x")]);
        let target = listing(&[("pb/x/d/o", "renamed:7")]);
        let pairs = tree(&recursive(), &source, &target).pairs;
        let clone = &source.datasets[&Dataset::new("pa/d/c").unwrap()];
        assert_eq!(
            origin_copy(clone, &pairs, &source, &target),
            Some("pb/x/d/o@renamed".to_owned())
        );
        assert_eq!(origin_copy(clone, &pairs, &source, &Listing::default()), None);
    }

    #[test]
    fn parents_are_made_from_the_top() {
        let there = |name: &Dataset| name.as_str() == "pb";
        let missing = missing_parents(&Dataset::new("pb/x/y/z").unwrap(), &there);
        assert_eq!(missing.iter().map(Dataset::as_str).collect::<Vec<_>>(), ["pb/x", "pb/x/y"]);
    }
}
