//! What edges start from on a host: it must not go while they are behind.

use super::base;
use super::edge::{Edge, Place};
use super::marks;
use crate::zfs::listing::{Guid, Listed};
use crate::zfs::name::Dataset;
use crate::zfs::survey::Survey;
use std::collections::{BTreeMap, BTreeSet};

/// The identities of snapshots of a host that edges from it start from, by dataset. `here`: what the host has; `far`: a
/// survey that was asked about a place. Where there is none, what the edge marked here is what it needs.
#[must_use]
pub fn needed<'s>(
    edges: &[&Edge],
    host: &str,
    here: &Survey,
    far: &dyn Fn(&Place) -> Option<&'s Survey>,
) -> BTreeMap<Dataset, BTreeSet<Guid>> {
    let mut all: BTreeMap<Dataset, BTreeSet<Guid>> = BTreeMap::new();
    for edge in edges.iter().filter(|edge| edge.source.host == host) {
        let there = far(&edge.target);
        for one in here.listing.datasets.values() {
            let Some(below) = edge.source.dataset.below(&one.name) else { continue };
            if !edge.takes(below) {
                continue;
            }
            let copy = edge.target.dataset.join(below).ok();
            let copy = copy.and_then(|name| there?.listing.datasets.get(&name));
            // A copy that is not under its name may be somewhere else.
            let guids = match copy.and_then(|copy| base::find(one, copy)) {
                Some(base) => [base.on_target.guid].into(),
                None => marked(edge, one, here),
            };
            all.entry(one.name.clone()).or_default().extend(guids);
        }
    }
    all
}

/// What an edge has marked on a dataset that it copies from.
fn marked(edge: &Edge, one: &Listed, here: &Survey) -> BTreeSet<Guid> {
    let tag = marks::hold(edge);
    let full = |name: &str| format!("{}@{name}", one.name);
    let tagged = |name: &str| here.holds.get(&full(name)).is_some_and(|tags| tags.contains(&tag));
    let held = one.snapshots.iter().filter(|one| tagged(&one.name)).map(|one| one.guid);
    let own = one.bookmarks.iter().filter(|mark| marks::is_ours(edge, one.name.as_str(), mark));
    held.chain(own.map(|mark| mark.guid)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zfs::replication::tests::{dataset, edge};

    fn survey(all: &[(&str, &str)]) -> Survey {
        let mut survey = Survey::default();
        for (name, words) in all {
            let listed = dataset(name, words);
            survey.listing.datasets.insert(listed.name.clone(), listed);
        }
        survey
    }

    /// From b to c, recursively.
    fn behind() -> Edge {
        let mut edge = Edge { recursive: true, ..edge("pb/d", "pc/d") };
        (edge.source.host, edge.target.host) = ("b".to_owned(), "c".to_owned());
        edge
    }

    fn shown(here: &Survey, there: Option<&Survey>) -> String {
        let needed = needed(&[&behind(), &edge("pa/d", "pb/d")], "b", here, &|_| there);
        let one = |(name, guids): (&Dataset, &BTreeSet<Guid>)| {
            format!("{name} {:?}", guids.iter().map(|guid| guid.0).collect::<Vec<_>>())
        };
        needed.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn the_newest_common_one_is_needed() {
        let here = survey(&[("pb/d", "a:1 b:2"), ("pb/d/e", "a:3 b:4"), ("pb/other", "a:9")]);
        let there = survey(&[("pc/d", "a:1"), ("pc/d/e", "a:3 b:4")]);
        assert_eq!(shown(&here, Some(&there)), "pb/d [1], pb/d/e [4]");
    }

    #[test]
    fn marks_say_what_nobody_can_be_asked_about() {
        let mark = marks::bookmark(&behind(), "pb/d", Guid(1));
        let mut here = survey(&[("pb/d", &format!("a:1 b:2 c:3 #{mark}:1 #other:2"))]);
        assert_eq!(shown(&here, None), "pb/d [1]");
        for (name, tag) in [("pb/d@b", "another"), ("pb/d@c", "tank_e1")] {
            here.holds.insert(name.to_owned(), vec![tag.to_owned()]);
        }
        assert_eq!(shown(&here, None), "pb/d [1, 3]");
        // Known to be there, and with nothing in common.
        assert_eq!(shown(&here, Some(&survey(&[("pc/d", "")]))), "pb/d [1, 3]");
        assert_eq!(shown(&here, Some(&survey(&[("pc/d", "x:2")]))), "pb/d [2]");
    }
}
