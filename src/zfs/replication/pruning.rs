//! Pruning with full knowledge of a topology: which datasets a policy prunes, and what all edges need of each.

use super::edge::{Edge, Place};
use super::marks;
use crate::zfs::listing::{Guid, Listed, Listing, Snapshot};
use crate::zfs::name::Dataset;
use crate::zfs::retention::{self, Absent, Decision, Deck, Keep, Peer, Side};
use crate::zfs::survey::Survey;
use crate::zfs::topology::Link;
use std::collections::{BTreeMap, BTreeSet};

/// What a host has; an error is why it could not be asked.
pub type Look<'a> = dyn Fn(&str) -> Result<&'a Survey, String> + 'a;

/// A dataset that is pruned.
#[derive(Debug, Clone)]
pub struct Pruned<'a> {
    /// Where.
    pub host: &'a str,
    /// What is there.
    pub listed: &'a Listed,
    /// What is kept.
    pub keep: Keep,
    /// What the host's clock says.
    pub now: i64,
    /// All edges that touch it.
    pub edges: Vec<retention::Edge>,
    /// Who holds what.
    pub tags: BTreeMap<Guid, Vec<String>>,
}

impl Pruned<'_> {
    /// What becomes of its snapshots.
    #[must_use]
    pub fn decide(&self) -> Decision<'_> {
        let deck = Deck {
            dataset: &self.listed.name,
            snapshots: &self.listed.snapshots,
            bookmarks: &self.listed.bookmarks,
            tags: &self.tags,
            edges: &self.edges,
        };
        retention::decide(&self.keep, &deck, self.now)
    }
}

/// The datasets of one end of a link that its policy prunes; none where there is no policy.
///
/// # Errors
/// The host could not be asked, its pool is not there.
pub fn of<'a>(
    links: &'a [Link],
    link: &'a Link,
    side: Side,
    look: &Look<'a>,
) -> Result<Vec<Pruned<'a>>, String> {
    let (place, keep) = match side {
        Side::Sender => (&link.edge.source, &link.keep_source),
        Side::Receiver => (&link.edge.target, &link.keep_target),
    };
    let Some(keep) = keep else { return Ok(Vec::new()) };
    let survey = look(&place.host)?;
    if !has_pool(survey, &place.dataset) {
        return Err(format!("there is no pool {} on {}", place.dataset.pool(), place.host));
    }
    let edges: Vec<&Edge> = links.iter().map(|link| &link.edge).collect();
    let taken = |one: &&Listed| {
        let below = place.dataset.below(&one.name);
        below.is_some_and(|below| link.edge.takes(below)) && !one.snapshots.is_empty()
    };
    let one = |listed: &'a Listed| Pruned {
        host: &place.host,
        listed,
        // Newer snapshots of an absent target stay: it may have got them.
        keep: Keep { absent: Absent::Newer, ..keep.clone() },
        now: survey.now,
        edges: touching(&edges, &place.host, listed, survey, look),
        tags: tags(listed, survey),
    };
    Ok(survey.listing.datasets.values().filter(taken).map(one).collect())
}

/// Whether anything of the dataset's pool was seen.
#[must_use]
pub fn has_pool(survey: &Survey, dataset: &Dataset) -> bool {
    survey.listing.datasets.keys().any(|one| one.pool() == dataset.pool())
}

fn tags(listed: &Listed, survey: &Survey) -> BTreeMap<Guid, Vec<String>> {
    let of = |one: &Snapshot| {
        let tags = survey.holds.get(&format!("{}@{}", listed.name, one.name))?;
        Some((one.guid, tags.clone()))
    };
    listed.snapshots.iter().filter_map(of).collect()
}

/// All edges that begin or end at a dataset, as it sees them.
fn touching<'a>(
    edges: &[&Edge],
    host: &str,
    listed: &Listed,
    survey: &Survey,
    look: &Look<'a>,
) -> Vec<retention::Edge> {
    let mut found = Vec::new();
    for edge in edges {
        for (side, own, other) in [
            (Side::Sender, &edge.source, &edge.target),
            (Side::Receiver, &edge.target, &edge.source),
        ] {
            let below = own.dataset.below(&listed.name).filter(|_| own.host == host);
            let Some(below) = below.filter(|below| edge.takes(below)) else { continue };
            found.push(retention::Edge {
                name: edge.id.clone(),
                side,
                peer: frozen(edge, listed, look)
                    .unwrap_or_else(|| peer(side, listed, other, below, look)),
                recorded: recorded(edge, side, listed, survey),
                needs: BTreeSet::new(),
            });
        }
    }
    found
}

/// What is known of the other end.
fn peer<'a>(side: Side, listed: &Listed, other: &Place, below: &str, look: &Look<'a>) -> Peer {
    let survey = match look(&other.host) {
        Ok(survey) => survey,
        Err(error) => return Peer::Failed(error),
    };
    let Ok(name) = other.dataset.join(below) else {
        return Peer::Listed(BTreeSet::new());
    };
    let there = counterparts(side, listed, &name, &survey.listing);
    if !has_pool(survey, &other.dataset) {
        return Peer::Offline;
    }
    let mut guids: BTreeSet<Guid> = BTreeSet::new();
    for one in there {
        guids.extend(one.snapshots.iter().map(|one| one.guid));
        if side == Side::Receiver {
            guids.extend(one.bookmarks.iter().map(|one| one.guid));
        }
    }
    Peer::Listed(guids)
}

/// A suspect among the edge's copies, or the dataset itself, freezes all of the edge: what is wrong with one copy may be wrong
/// with others, and older snapshots of either end may be the last good ones.
fn frozen<'a>(edge: &Edge, listed: &Listed, look: &Look<'a>) -> Option<Peer> {
    let copies = || {
        let survey = look(&edge.target.host).ok()?;
        let ours = |one: &&Listed| {
            edge.target.dataset.below(&one.name).is_some_and(|below| edge.takes(below))
        };
        survey.listing.datasets.values().filter(ours).find_map(suspect)
    };
    suspect(listed).or_else(copies)
}

fn suspect(listed: &Listed) -> Option<Peer> {
    let why = listed.property(marks::SUSPECT)?;
    Some(Peer::Frozen(format!("{} of {} is {why}", marks::SUSPECT, listed.name)))
}

/// The other end by its name, and any that the marks say it is: one of the two may have been renamed since.
fn counterparts<'l>(
    side: Side,
    listed: &Listed,
    name: &Dataset,
    listing: &'l Listing,
) -> Vec<&'l Listed> {
    let is_it = |one: &&Listed| {
        let (source, copy) = match side {
            Side::Sender => (listed.property("guid"), one.property(marks::SOURCE)),
            Side::Receiver => (one.property("guid"), listed.property(marks::SOURCE)),
        };
        one.name == *name || (source.is_some() && source == copy)
    };
    listing.datasets.values().filter(is_it).collect()
}

/// The last common snapshot that the marks on this end record. Several marks are those of an unfinished transfer: what lies
/// behind the oldest may have arrived. Where tags can't be listed, any hold counts.
fn recorded(edge: &Edge, side: Side, listed: &Listed, survey: &Survey) -> Option<Guid> {
    let tag = marks::hold(edge);
    let held = |one: &&Snapshot| match survey.holds.get(&format!("{}@{}", listed.name, one.name)) {
        Some(tags) => tags.contains(&tag),
        None => one.holds > 0,
    };
    let held = listed.snapshots.iter().find(held).map(|one| (one.createtxg, one.guid));
    let own = |mark: &&crate::zfs::listing::Bookmark| {
        side == Side::Sender && marks::is_ours(edge, listed.name.as_str(), mark)
    };
    let marked = listed.bookmarks.iter().find(own).map(|mark| (mark.createtxg, mark.guid));
    held.into_iter().chain(marked).min().map(|(_, guid)| guid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Source, yaml};
    use crate::zfs::replication::tests::dataset;
    use crate::zfs::topology;

    const FAN: &str = "defaults: {encryption: plain, recursive: yes}
edges:
  - {id: e, source: 'a:pa/d', target: 'b:pb/d', keep_source: {prefix: s, last: 1}, keep_target: {prefix: s, last: 1}}
  - {id: f, source: 'a:pa/d', target: 'c:pc/d'}
  - {id: g, source: 'a:pa/d', target: 'd:pd/d'}
";
    const TEN: &str = "s01:1 s02:2 s03:3 s04:4 s05:5 s06:6 s07:7 s08:8 s09:9 s10:10";

    fn survey(all: &[(&str, &str)]) -> Survey {
        let mut survey = Survey { now: 1_700_000_100, ..Survey::default() };
        for (name, words) in all {
            let listed = dataset(name, words);
            survey.listing.datasets.insert(listed.name.clone(), listed);
        }
        survey
    }

    /// What goes on a side of the first edge.
    fn going(side: Side, hosts: &[(&str, Survey)]) -> Vec<String> {
        let file = yaml::load(FAN, &Source::described("test")).unwrap();
        let links = topology::read(&file.value).unwrap().links;
        let look = |name: &str| {
            let found = hosts.iter().find(|(host, _)| *host == name);
            found.map(|(_, survey)| survey).ok_or_else(|| format!("{name}: no route"))
        };
        let found = of(&links, &links[0], side, &look).unwrap();
        let mut all = Vec::new();
        for mut one in found {
            one.keep.allow_mass_prune = true;
            let going = one.decide();
            all.extend(going.going().map(|gone| format!("{}@{}", one.listed.name, gone.name)));
        }
        all
    }

    fn names(range: std::ops::RangeInclusive<u32>) -> Vec<String> {
        range.map(|n| format!("pa/d@s{n:02}")).collect()
    }

    #[test]
    fn s45_what_the_offline_target_of_a_fan_out_starts_from_stays() {
        let b = || ("b", survey(&[("pb/d", "s08:8 s09:9 s10:10")]));
        let c = || ("c", survey(&[("pc/d", "s10:10")]));
        // The bookmark is as good a base as the snapshot; what is newer may have arrived.
        let marked = format!("{TEN} #tank_g_0000000000000003:3");
        let found = going(Side::Sender, &[("a", survey(&[("pa/d", &marked)])), b(), c()]);
        assert_eq!(found, names(1..=3));
        // With the bookmark alone.
        let left = marked.replace("s01:1 s02:2 s03:3 ", "");
        assert_eq!(going(Side::Sender, &[("a", survey(&[("pa/d", &left)])), b(), c()]), [""; 0]);
        // It is back, and has got what it was sent.
        let d = ("d", survey(&[("pd/d", "s03:3 s09:9")]));
        let found = going(Side::Sender, &[("a", survey(&[("pa/d", &marked)])), b(), c(), d]);
        assert_eq!(found, names(1..=8));
        // Nothing is recorded: nobody knows.
        assert_eq!(going(Side::Sender, &[("a", survey(&[("pa/d", TEN)])), b(), c()]), [""; 0]);
    }

    #[test]
    fn a_pool_that_is_absent_is_no_empty_one() {
        let hosts = |d: Survey| {
            let here = survey(&[("pa/d", TEN)]);
            let there = |name: &str| survey(&[(name, "s10:10")]);
            [("a", here), ("b", there("pb/d")), ("c", there("pc/d")), ("d", d)]
        };
        assert_eq!(going(Side::Sender, &hosts(survey(&[]))), [""; 0]);
        // The pool is there and the copy is not.
        assert_eq!(going(Side::Sender, &hosts(survey(&[("pd", "")]))), names(1..=9));
    }

    #[test]
    fn a_receiver_keeps_the_last_common_one_and_what_it_can_not_ask_about() {
        let b = || ("b", survey(&[("pb/d", "s01:1 s02:2 s03:3 s04:4")]));
        let a = ("a", survey(&[("pa/d", "s03:3 #tank_e_0000000000000002:2 s09:9")]));
        assert_eq!(going(Side::Receiver, &[a, b()]), ["pb/d@s01", "pb/d@s02"]);
        assert_eq!(going(Side::Receiver, &[b()]), [""; 0]);
        let mut held = b();
        let d = held.1.listing.datasets.values_mut().next().unwrap();
        d.snapshots[1].holds = 1;
        assert_eq!(going(Side::Receiver, &[held]), ["pb/d@s01"]);
    }

    #[test]
    fn a_renamed_source_is_known_by_its_identity() {
        let a = ("a", survey(&[("pa/d", ""), ("pa/d/new", "guid=77 s02:2 s09:9")]));
        let b =
            ("b", survey(&[("pb/d", ""), ("pb/d/old", "org.tank:source=77 s01:1 s02:2 s03:3")]));
        assert_eq!(going(Side::Receiver, &[a, b]), ["pb/d/old@s01"]);
    }

    #[test]
    fn a_suspect_freezes_both_ends() {
        let hosts = || {
            let copy = format!("org.tank:suspect=e {TEN}");
            let two = [("c", survey(&[("pc/d", "s10:10")])), ("d", survey(&[("pd/d", "s10:10")]))];
            let [c, d] = two;
            [("a", survey(&[("pa/d", TEN)])), ("b", survey(&[("pb/d", &copy)])), c, d]
        };
        assert_eq!(going(Side::Sender, &hosts()), [""; 0]);
        assert_eq!(going(Side::Receiver, &hosts()), [""; 0]);
    }

    #[test]
    fn a_suspect_freezes_the_whole_edge() {
        let hosts = |mark: &str| {
            let here = survey(&[("pa/d", TEN), ("pa/d/x", TEN)]);
            let there = survey(&[("pb/d", "s01:1 s10:10"), ("pb/d/x", &format!("{mark} s10:10"))]);
            let (c, d) = (survey(&[("pc/d", "s10:10")]), survey(&[("pd/d", "s10:10")]));
            [("a", here), ("b", there), ("c", c), ("d", d)]
        };
        let mark = "org.tank:suspect=e";
        assert_eq!(going(Side::Sender, &hosts(mark)), [""; 0]);
        assert_eq!(going(Side::Receiver, &hosts(mark)), [""; 0]);
        assert_eq!(going(Side::Receiver, &hosts("")), ["pb/d@s01"]);
        assert!(!going(Side::Sender, &hosts("")).is_empty());
    }
}
