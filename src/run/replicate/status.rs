//! How fresh copies are: asks both ends of every edge, and judges (`zfs::freshness`). Nothing is written.

use super::asking;
use super::hosts::Hosts;
use super::survey::{self, AllSeen, at};
use crate::zfs::freshness::{self, Edge, Limit, LimitError, Limits, Report, Sides, judge};
use crate::zfs::replication::edge::Edge as Way;
use crate::zfs::span::Span;
use crate::zfs::topology::Link;
use futures_util::future::join_all;
use std::collections::BTreeMap;

/// What is to be looked at.
pub struct Asked<'a> {
    links: &'a [Link],
    limits: Limits,
    /// The limits of each edge's age.
    ages: Vec<Limit<Span>>,
    now: i64,
}

impl<'a> Asked<'a> {
    /// Edges, judged at a time (seconds since 1970) by these limits; an edge's own go over them.
    ///
    /// # Errors
    /// The edge whose limits are in the wrong order.
    pub fn new(links: &'a [Link], limits: Limits, now: i64) -> Result<Self, (String, LimitError)> {
        let age =
            |link: &Link| link.limit(limits.common).map_err(|error| (link.edge.id.clone(), error));
        let ages = links.iter().map(age).collect::<Result<_, _>>()?;
        Ok(Self { links, limits, ages, now })
    }
}

/// What was seen.
pub struct Status {
    /// The levels.
    pub report: Report,
    /// Why hosts could not be asked.
    pub unasked: Vec<String>,
}

/// Looks at all edges. A host that can't be asked leaves its edges unknown, and the others as they are.
pub async fn status(asked: &Asked<'_>, hosts: &dyn Hosts) -> Status {
    let seen = survey::all(asked.links, hosts).await;
    let edges = join_all(asked.links.iter().map(|link| edge(link, &seen, asked.now))).await;
    let mut report = Report { now: asked.now, edges: Vec::new(), pools: Vec::new() };
    for (edge, age) in edges.into_iter().zip(&asked.ages) {
        let limits = Limits { common: *age, ..asked.limits };
        report.edges.extend(judge(vec![edge], Vec::new(), &limits, asked.now).edges);
    }
    let ways: Vec<(&Way, bool)> =
        asked.links.iter().map(|link| (&link.edge, link.removable)).collect();
    let pools = freshness::pools(&ways, &|host| at(&seen, host).map(|seen| &seen.survey));
    report.pools = judge(Vec::new(), pools, &asked.limits, asked.now).pools;
    let unasked = seen.values().filter_map(|one| one.as_ref().err().cloned()).collect();
    Status { report, unasked }
}

async fn edge(link: &Link, seen: &AllSeen, now: i64) -> Edge {
    let way = &link.edge;
    let (source, target) = (at(seen, &way.source.host), at(seen, &way.target.host));
    let tokens = match (source, target) {
        // Without an answer they are as old as the target alone can tell.
        (Ok(from), Ok(to)) => {
            asking::tokens(way, from.host.as_ref(), &to.survey).await.unwrap_or_default()
        }
        _ => BTreeMap::new(),
    };
    let sides = Sides {
        source: source.map(|seen| &seen.survey),
        target: target.map(|seen| &seen.survey),
        removable: link.removable,
        tokens: &tokens,
    };
    freshness::edge(way, &sides, now)
}
