//! What no set of edges may have: two of one name, a target in its own source, circles.

use super::{Link, Topology};
use crate::base::{Diagnostic, Value};
use crate::zfs::replication::edge::{Edge, Place};
use crate::zfs::retention::Keep;
use std::collections::BTreeMap;

/// Checks all edges together; `written` are their places in the file.
pub fn check(topology: &Topology, written: &[Value]) -> Result<(), Diagnostic> {
    let edges: Vec<&Edge> = topology.links.iter().map(|link| &link.edge).collect();
    for (at, edge) in edges.iter().enumerate() {
        let fault = inside(edge)
            .or_else(|| repeated(&edges[..at], edge))
            .or_else(|| circle(&edges, edge))
            .or_else(|| two_policies(&topology.links[..at], &topology.links[at]));
        if let Some(text) = fault {
            return Err(Diagnostic::new(text).at(written.get(at).and_then(Value::origin)));
        }
    }
    Ok(())
}

fn overlap(a: &Place, b: &Place) -> bool {
    a.host == b.host && (a.dataset.contains(&b.dataset) || b.dataset.contains(&a.dataset))
}

fn inside(edge: &Edge) -> Option<String> {
    let (from, to) = (&edge.source, &edge.target);
    if from == to {
        return Some(format!("{from} would be copied onto itself"));
    }
    let nested = from.host == to.host && (edge.recursive || to.dataset.contains(&from.dataset));
    (nested && overlap(from, to))
        .then(|| format!("the target {to} and its source {from} lie in each other"))
}

fn repeated(before: &[&Edge], edge: &Edge) -> Option<String> {
    for other in before {
        if other.id.eq_ignore_ascii_case(&edge.id) {
            return Some(format!(
                "there is an edge '{}' already; names differ in more than capitals",
                other.id
            ));
        }
        if other.source == edge.source && other.target == edge.target {
            return Some(format!(
                "{} to {} is there already, as '{}'",
                edge.source, edge.target, other.id
            ));
        }
        if other.target.host == edge.target.host && reaches(other, edge) {
            return Some(format!("{} is the target of '{}' already", edge.target, other.id));
        }
    }
    None
}

/// Whether two edges write to the same datasets somewhere: one may lie in a part of the other that is excluded there.
fn reaches(a: &Edge, b: &Edge) -> bool {
    let within = |outer: &Edge, inner: &Edge| {
        outer.target.dataset.below(&inner.target.dataset).is_some_and(|below| outer.takes(below))
    };
    within(a, b) || within(b, a)
}

/// What is kept on the ends of a link, where that is said: key, place, policy.
fn kept(link: &Link) -> impl Iterator<Item = (&'static str, &Place, &Keep)> {
    let source = link.keep_source.as_ref().map(|keep| ("keep_source", &link.edge.source, keep));
    let target = link.keep_target.as_ref().map(|keep| ("keep_target", &link.edge.target, keep));
    source.into_iter().chain(target)
}

/// Two different policies for the same dataset: one would destroy what the other keeps.
fn two_policies(before: &[Link], link: &Link) -> Option<String> {
    let within = |outer: (&Edge, &Place), inner: &Place| {
        let below = outer.1.dataset.below(&inner.dataset);
        outer.1.host == inner.host && below.is_some_and(|below| outer.0.takes(below))
    };
    for (key, place, keep) in kept(link) {
        let others = before.iter().flat_map(|other| kept(other).map(move |one| (&other.edge, one)));
        for (other, (their_key, theirs, their_keep)) in others {
            let meet = within((&link.edge, place), theirs) || within((other, theirs), place);
            if meet && keep != their_keep {
                return Some(format!(
                    "'{key}' is another than '{their_key}' of '{}', and both prune {}",
                    other.id,
                    if place.dataset.contains(&theirs.dataset) { theirs } else { place }
                ));
            }
        }
    }
    None
}

/// A way that leads from the edge's target back to its source.
fn circle(edges: &[&Edge], first: &Edge) -> Option<String> {
    let mut came: BTreeMap<&str, &str> = BTreeMap::new();
    let mut open = vec![first];
    while let Some(edge) = open.pop() {
        if overlap(&edge.target, &first.source) {
            let mut way = vec![edge.id.as_str()];
            while let Some(before) = way.last().and_then(|id| came.get(id)) {
                way.push(before);
            }
            way.reverse();
            return Some(format!("the edges run in a circle: {}", way.join(" -> ")));
        }
        for next in edges.iter().filter(|next| overlap(&edge.target, &next.source)) {
            if next.id != first.id && !came.contains_key(next.id.as_str()) {
                came.insert(&next.id, &edge.id);
                open.push(next);
            }
        }
    }
    None
}
