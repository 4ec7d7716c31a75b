//! From what hosts answered to what is judged.

use super::{Common, Edge, Hold, Pool, PoolState, Token};
use crate::zfs::listing::{Guid, Listed, Listing, Snapshot};
use crate::zfs::name::Dataset;
use crate::zfs::replication::base::{self, Base, From};
use crate::zfs::replication::edge::{Edge as Way, Place};
use crate::zfs::replication::marks;
use crate::zfs::replication::token::TokenAnswer;
use crate::zfs::replication::tree;
use crate::zfs::survey::Survey;
use std::collections::{BTreeMap, BTreeSet};

#[cfg(test)]
mod tests;

/// What the tag is where the host can't list any.
const NO_TAG: &str = "(tags can't be listed)";

/// What is known of both ends of an edge.
#[derive(Clone, Copy)]
pub struct Sides<'a> {
    /// The source's host; an error says why it could not be asked.
    pub source: Result<&'a Survey, &'a str>,
    /// The target's.
    pub target: Result<&'a Survey, &'a str>,
    /// Whether the target's pool comes and goes.
    pub removable: bool,
    /// What the source said of tokens, by dataset of the target.
    pub tokens: &'a BTreeMap<Dataset, TokenAnswer>,
}

/// One end.
enum Reach<'a> {
    Seen(&'a Survey),
    Away,
    Unseen(String),
}

/// What an edge looks like at a time (seconds since 1970). What could not be listed is never taken for what is not there.
#[must_use]
pub fn edge(way: &Way, sides: &Sides<'_>, now: i64) -> Edge {
    let from = source(way, sides.source);
    let to = reach(&way.target, sides.target, sides.removable);
    match (from, to) {
        (Reach::Seen(source), Reach::Seen(target)) => both(way, source, target, sides.tokens, now),
        (Reach::Seen(source), to) => {
            let recorded = recorded(way, &way.source, source);
            let common = match to {
                Reach::Unseen(why) => Common::Unseen { why, recorded },
                _ => Common::Away { recorded },
            };
            let holds = holds(way, &way.source, source, &BTreeMap::new());
            Edge { holds, ..blind(way, common) }
        }
        (Reach::Unseen(why), Reach::Seen(target)) => {
            let recorded = recorded(way, &way.target, target);
            Edge {
                holds: holds(way, &way.target, target, &BTreeMap::new()),
                token: token(way, None, target, sides.tokens),
                suspects: suspects(way, target),
                last_success: last_success(way, target),
                ..blind(way, Common::Unseen { why, recorded })
            }
        }
        (Reach::Unseen(why), _) => blind(way, Common::Unseen { why, recorded: None }),
        (Reach::Away, _) => blind(way, Common::Away { recorded: None }),
    }
}

/// An edge without what takes two ends.
fn blind(way: &Way, common: Common) -> Edge {
    Edge {
        name: way.id.clone(),
        common,
        worst: None,
        checked: None,
        lag: None,
        last_success: None,
        bytes: None,
        token: Token::Unseen,
        suspects: Vec::new(),
        holds: Vec::new(),
    }
}

fn reach<'a>(place: &Place, end: Result<&'a Survey, &str>, removable: bool) -> Reach<'a> {
    let survey = match end {
        Ok(survey) => survey,
        Err(why) => return Reach::Unseen(why.to_owned()),
    };
    let (pool, host) = (place.dataset.pool(), &place.host);
    match (has_datasets(survey, pool), health(survey, pool)) {
        (true, _) => Reach::Seen(survey),
        (false, Some(health)) => Reach::Unseen(format!("pool {pool} on {host} is {health}")),
        (false, None) if removable => Reach::Away,
        (false, None) => Reach::Unseen(format!("there is no pool {pool} on {host}")),
    }
}

/// A source that is gone has no snapshots to compare with.
fn source<'a>(way: &Way, end: Result<&'a Survey, &str>) -> Reach<'a> {
    match reach(&way.source, end, false) {
        Reach::Seen(survey) if !survey.listing.datasets.contains_key(&way.source.dataset) => {
            Reach::Unseen(format!("there is no {}", way.source))
        }
        reach => reach,
    }
}

fn has_datasets(survey: &Survey, pool: &str) -> bool {
    survey.listing.datasets.keys().any(|name| name.pool() == pool)
}

fn health<'a>(survey: &'a Survey, pool: &str) -> Option<&'a str> {
    survey.pools.get(pool)?.property("health")
}

/// A dataset's newest common snapshot: its creation, and whether nothing was written since.
struct At {
    name: Dataset,
    base: Option<(i64, bool)>,
}

impl At {
    /// The time that counts; what is not there is worst.
    fn rank(&self, now: i64) -> i64 {
        match self.base {
            None => i64::MIN,
            Some((time, true)) => time.max(now),
            Some((time, false)) => time,
        }
    }
}

fn both(
    way: &Way,
    source: &Survey,
    target: &Survey,
    tokens: &BTreeMap<Dataset, TokenAnswer>,
    now: i64,
) -> Edge {
    let tree = tree::tree(way, &source.listing, &target.listing);
    let (mut bases, mut lag, mut all) = (BTreeMap::new(), 0, Vec::new());
    for (from, to) in &tree.pairs {
        let Some(here) = source.listing.datasets.get(from) else { continue };
        let there = tree.copy(&target.listing, to);
        let base = there.and_then(|there| base::find(here, there));
        lag += lacking(way, here, base.as_ref());
        if let (Some(base), Some(there)) = (&base, there) {
            bases.insert((true, from.clone()), base.on_target.guid);
            bases.insert((false, there.name.clone()), base.on_target.guid);
        }
        let base = base.map(|base| (base.on_target.creation, is_all(here, &base)));
        all.push(At { name: from.clone(), base });
    }
    for (name, _) in &tree.unnameable {
        lag += source.listing.datasets.get(name).map_or(0, |here| lacking(way, here, None));
        all.push(At { name: name.clone(), base: None });
    }
    let several = all.len() > 1;
    let worst = all.into_iter().min_by_key(|one| one.rank(now));
    let base = worst.as_ref().and_then(|one| one.base);
    let side = |is_source: bool| -> BTreeMap<Dataset, Guid> {
        let own = bases.iter().filter(|((side, _), _)| *side == is_source);
        own.map(|((_, name), guid)| (name.clone(), *guid)).collect()
    };
    let mut held = holds(way, &way.source, source, &side(true));
    held.extend(holds(way, &way.target, target, &side(false)));
    Edge {
        worst: worst.filter(|_| several).map(|one| one.name.to_string()),
        checked: base.filter(|(_, all)| *all).map(|_| now),
        lag: Some(lag),
        token: token(way, Some(source), target, tokens),
        suspects: suspects(way, target),
        last_success: last_success(way, target),
        holds: held,
        ..blind(way, base.map_or(Common::None, |(time, _)| Common::At(time)))
    }
}

fn lacking(way: &Way, here: &Listed, base: Option<&Base>) -> u64 {
    let behind = base.map(|base| base.from.createtxg());
    base::wanted(here, &way.policy, behind).len() as u64
}

/// Whether the copy has all that there is: its base is the newest snapshot, and nothing was written since.
fn is_all(here: &Listed, base: &Base) -> bool {
    let newest = here.snapshots.last().map(|one| one.guid);
    matches!(&base.from, From::Snapshot(from) if newest == Some(from.guid))
        && here.property("written") == Some("0")
}

/// The datasets of a place that the edge is about.
fn taken<'a>(
    way: &'a Way,
    place: &'a Place,
    listing: &'a Listing,
) -> impl Iterator<Item = &'a Listed> {
    let takes = |one: &&Listed| place.dataset.below(&one.name).is_some_and(|it| way.takes(it));
    listing.datasets.values().filter(takes)
}

/// When a run that copied ended well: `EDGE SECONDS` on the target. Runs that found nothing to do leave nothing.
fn last_success(way: &Way, target: &Survey) -> Option<i64> {
    let there = target.listing.datasets.get(&way.target.dataset)?;
    let (edge, time) = there.property(marks::DONE)?.split_once(' ')?;
    time.parse().ok().filter(|_| edge == way.id)
}

/// Copies that differ, by a verification's mark.
fn suspects(way: &Way, target: &Survey) -> Vec<(String, String)> {
    let all = taken(way, &way.target, &target.listing);
    let marked =
        |one: &Listed| Some((one.name.to_string(), one.property(marks::SUSPECT)?.to_owned()));
    all.filter_map(marked).collect()
}

fn full(listed: &Listed, snapshot: &Snapshot) -> String {
    format!("{}@{}", listed.name, snapshot.name)
}

/// The newest snapshot that the edge has marked, by a hold or a bookmark.
fn marked(way: &Way, survey: &Survey, listed: &Listed) -> Option<(u64, Guid, i64)> {
    let tag = marks::hold(way);
    let held = |one: &&Snapshot| {
        survey.holds.get(&full(listed, one)).is_some_and(|tags| tags.contains(&tag))
    };
    let held = listed.snapshots.iter().filter(held);
    let held = held.map(|one| (one.createtxg, one.guid, one.creation));
    let ours = listed
        .bookmarks
        .iter()
        .filter(|mark| marks::is_ours(way, listed.name.as_str(), mark))
        .map(|mark| (mark.createtxg, mark.guid, mark.creation));
    held.chain(ours).max()
}

/// The creation of what is marked; of several datasets the oldest.
fn recorded(way: &Way, place: &Place, survey: &Survey) -> Option<i64> {
    let all = taken(way, place, &survey.listing);
    all.filter_map(|one| marked(way, survey, one)).map(|(_, _, creation)| creation).min()
}

/// The edge's holds but for those of its bases, or where those are not known, of the newest that it has marked.
fn holds(way: &Way, place: &Place, survey: &Survey, bases: &BTreeMap<Dataset, Guid>) -> Vec<Hold> {
    let mut found = Vec::new();
    for listed in taken(way, place, &survey.listing) {
        let newest = || marked(way, survey, listed).map(|(_, guid, _)| guid);
        let base = bases.get(&listed.name).copied().or_else(newest);
        let others = listed.snapshots.iter().filter(|one| one.holds > 0 && Some(one.guid) != base);
        found.extend(others.filter_map(|one| hold(way, survey, full(listed, one), one.creation)));
    }
    found
}

fn hold(way: &Way, survey: &Survey, snapshot: String, creation: i64) -> Option<Hold> {
    let tag = match survey.holds.get(&snapshot) {
        Some(tags) => tags.iter().find(|tag| **tag == marks::hold(way))?.clone(),
        None => NO_TAG.to_owned(),
    };
    let since = survey.held_since.get(&(snapshot.clone(), tag.clone())).copied();
    Some(Hold { snapshot, tag, since, after: Some(creation) })
}

/// The oldest of the edge's unfinished receives. ZFS keeps no time of them, but none began before the snapshot that it
/// brings was taken, nor before the newest one that the target has whole.
fn token(
    way: &Way,
    source: Option<&Survey>,
    target: &Survey,
    tokens: &BTreeMap<Dataset, TokenAnswer>,
) -> Token {
    let mut oldest = Token::None;
    for there in taken(way, &way.target, &target.listing) {
        if there.property("receive_resume_token").is_none() {
            continue;
        }
        let brings = match tokens.get(&there.name) {
            Some(TokenAnswer::Known(token)) => token.toguid,
            Some(TokenAnswer::Refused(_)) | None => None,
        };
        let brings = source.zip(brings).and_then(|(source, guid)| {
            source.listing.datasets.values().find_map(|one| one.snapshot(guid))
        });
        let newest = there.snapshots.last();
        let after = [brings, newest].into_iter().flatten().map(|one| one.creation).max();
        oldest = match (oldest, after) {
            (Token::Ageless, _) | (_, None) => Token::Ageless,
            (Token::After(time), Some(after)) => Token::After(time.min(after)),
            (_, Some(after)) => Token::After(after),
        };
    }
    oldest
}

/// The pools of edges (`true`: the target's comes and goes), each once. `survey`: what its host said, or why nothing.
#[must_use]
pub fn pools<'a>(
    edges: &[(&'a Way, bool)],
    survey: &dyn Fn(&str) -> Result<&'a Survey, &'a str>,
) -> Vec<Pool> {
    let key = |place: &'a Place| (place.host.as_str(), place.dataset.pool());
    let removable: BTreeSet<_> =
        edges.iter().filter(|(_, comes)| *comes).map(|(way, _)| key(&way.target)).collect();
    let mut known = BTreeSet::new();
    let places = edges.iter().flat_map(|(way, _)| [&way.source, &way.target]);
    let each = places.map(key).filter(|one| known.insert(*one));
    let pool = |(host, name): (&str, &str)| Pool {
        host: host.to_owned(),
        name: name.to_owned(),
        state: state(survey(host), name, removable.contains(&(host, name))),
    };
    each.map(pool).collect()
}

fn state(survey: Result<&Survey, &str>, pool: &str, removable: bool) -> PoolState {
    let survey = match survey {
        Ok(survey) => survey,
        Err(why) => return PoolState::Unseen(why.to_owned()),
    };
    match health(survey, pool) {
        Some(health) => {
            let full = survey.pools.get(pool).and_then(|pool| pool.property("capacity"));
            let capacity = full.and_then(|full| full.trim_end_matches('%').parse().ok());
            PoolState::Seen { health: health.to_owned(), capacity }
        }
        None if has_datasets(survey, pool) => {
            PoolState::Unseen("zpool did not tell its health".to_owned())
        }
        None => PoolState::Absent { removable },
    }
}
