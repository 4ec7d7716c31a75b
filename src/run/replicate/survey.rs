//! Asks hosts what they have: one question each, all at once.

use super::Seen;
use super::hosts::Hosts;
use crate::spec::{Host, Probe};
use crate::zfs::name::Dataset;
use crate::zfs::replication::edge::Edge;
use crate::zfs::replication::marks;
use crate::zfs::survey::{self, Survey};
use crate::zfs::topology::Link;
use futures_util::future::join_all;
use std::collections::{BTreeMap, BTreeSet};

/// Hosts by name; an error is why one could not be asked.
pub type AllSeen = BTreeMap<String, Result<Seen, String>>;

/// A host's answer, or why there is none.
pub fn at<'a>(seen: &'a AllSeen, host: &str) -> Result<&'a Seen, &'a str> {
    match seen.get(host) {
        Some(one) => one.as_ref().map_err(String::as_str),
        None => Err("it was not asked"),
    }
}

/// Asks all hosts of edges.
pub async fn all(links: &[Link], hosts: &dyn Hosts) -> AllSeen {
    let edges: Vec<&Edge> = links.iter().map(|link| &link.edge).collect();
    let places = edges.iter().flat_map(|edge| [&edge.source, &edge.target]);
    let mut roots: BTreeMap<&str, BTreeSet<&Dataset>> = BTreeMap::new();
    for place in places {
        roots.entry(&place.host).or_default().insert(&place.dataset);
    }
    let asked = roots.into_iter().map(|(name, roots)| {
        let edges = &edges;
        async move { (name.to_owned(), one(hosts, name, &roots, edges).await) }
    });
    join_all(asked).await.into_iter().collect()
}

async fn one(
    hosts: &dyn Hosts,
    name: &str,
    roots: &BTreeSet<&Dataset>,
    edges: &[&Edge],
) -> Result<Seen, String> {
    let host = hosts.open(name).await?;
    let survey = ask(host.as_ref(), roots.iter().copied(), edges).await?;
    Ok(Seen { host, survey, address: hosts.address(name) })
}

/// Asks one host about datasets.
pub async fn ask<'a>(
    host: &dyn Host,
    roots: impl Iterator<Item = &'a Dataset>,
    edges: &[&Edge],
) -> Result<Survey, String> {
    let probe = Probe::new("replicate_survey", include_str!("survey.sh"));
    let probe = probe.words(properties(edges)).words(roots.map(Dataset::as_str)).heavy().isolated();
    let answer = host.probe(probe).await.map_err(|error| error.to_string())?;
    if answer.rc != 0 {
        return Err(format!("{}: {}", host.name(), answer.error_text().trim()));
    }
    survey::read(&answer.text()).map_err(|error| format!("{}: {error}", host.name()))
}

/// The three lists of properties, each with our own and those that policies ask for.
fn properties(edges: &[&Edge]) -> [String; 3] {
    let ours = [
        marks::SOURCE,
        marks::MODE,
        marks::FLAGS,
        marks::PLACEHOLDER,
        marks::SUSPECT,
        marks::DONE,
        marks::ROLE,
        marks::FENCED,
    ];
    let mut own: BTreeSet<String> = ours.map(str::to_owned).into();
    own.extend(edges.iter().map(|edge| marks::lock(edge)));
    own.extend(edges.iter().flat_map(|edge| edge.policy.properties.iter().cloned()));
    [survey::NEW, survey::MIDDLE, survey::OLD].map(|base| {
        let base: Vec<&str> = base.split(',').collect();
        let more = own.iter().map(String::as_str).filter(|name| !base.contains(name));
        base.iter().copied().chain(more).collect::<Vec<_>>().join(",")
    })
}
