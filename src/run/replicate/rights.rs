//! What users who are not root lack on both ends of edges; and grants it, as somebody who may.

use super::hosts::Hosts;
use super::survey::{self, AllSeen};
use super::{Job, Level, Seen};
use crate::spec::Command;
use crate::zfs::replication::edge::Place;
use crate::zfs::replication::rights::{self, Lack, Need, Rights};
use crate::zfs::survey::Survey;
use crate::zfs::topology::Link;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// The rights of one edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RightsEnd {
    /// The edge.
    pub id: String,
    /// How it ended: done means that something was granted, or would be.
    pub level: Level,
    /// Hosts that are reached as root, which needs none.
    pub roots: Vec<String>,
    /// What is missing, or was before it was granted.
    pub lacks: Vec<Lack>,
    /// What can't be told.
    pub hidden: Vec<String>,
    /// What went wrong.
    pub errors: Vec<String>,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asked {
    /// Grant what is missing.
    pub apply: bool,
    /// Also what failing over takes.
    pub failover: bool,
}

/// Looks at the rights of all edges. `admins`: the same hosts, as users who may grant.
pub async fn rights(
    job: &Job,
    asked: Asked,
    hosts: &dyn Hosts,
    admins: &dyn Hosts,
) -> Vec<RightsEnd> {
    let links: Vec<Link> = job.working().cloned().collect();
    let seen = survey::all(&links, hosts).await;
    let mut ends: Vec<RightsEnd> = links.iter().map(|link| judge(link, asked, &seen)).collect();
    let missing = ends.iter().any(|end| !end.lacks.is_empty());
    for end in ends.iter_mut().filter(|end| !end.lacks.is_empty()) {
        let level = if asked.apply { Level::Done } else { Level::Failed };
        end.level = end.level.max(level);
    }
    if !asked.apply || job.check || !missing {
        return ends;
    }
    let failed = grant(&ends, admins).await;
    let after = survey::all(&links, hosts).await;
    for (link, end) in links.iter().zip(&mut ends) {
        let here = |lack: &Lack| failed.get(&lack.place.host).cloned();
        let mut errors: Vec<String> = end.lacks.iter().filter_map(here).collect();
        errors.dedup();
        let still = judge(link, asked, &after);
        if errors.is_empty() {
            errors.extend(
                rights::told(&still.lacks)
                    .map(|text| format!("it was granted, and is still missing: {text}")),
            );
        }
        if !errors.is_empty() {
            end.level = end.level.max(Level::Failed);
        }
        end.errors.extend(errors);
    }
    ends
}

fn judge(link: &Link, asked: Asked, seen: &AllSeen) -> RightsEnd {
    let mut end = RightsEnd {
        id: link.edge.id.clone(),
        level: Level::Idle,
        roots: Vec::new(),
        lacks: Vec::new(),
        hidden: Vec::new(),
        errors: Vec::new(),
    };
    let nobody = Survey::default();
    let places = [&link.edge.source, &link.edge.target];
    let [source, target] = places.map(|place| surveyed(place, seen, &mut end).unwrap_or(&nobody));
    let mut needs = rights::to_copy(link, source, target);
    needs.extend(rights::to_prune(link, source, target));
    if asked.failover {
        needs.extend(rights::to_fail_over(link, Some(source), target));
    }
    end.lacks = rights::lacking(&needs, source, target);
    let hidden = |need: &&Need| {
        [source, target].into_iter().any(|survey| {
            let its = survey.listing.datasets.contains_key(&need.place.dataset);
            its && rights::is_hidden(need, survey)
        })
    };
    end.hidden = needs
        .iter()
        .filter(hidden)
        .map(|need| format!("{} on {}", need.role.word(), need.place))
        .collect();
    end
}

fn surveyed<'a>(place: &Place, seen: &'a AllSeen, end: &mut RightsEnd) -> Option<&'a Survey> {
    match seen.get(&place.host) {
        Some(Ok(Seen { survey, .. })) => {
            if survey.uid == 0 && !end.roots.contains(&place.host) {
                end.roots.push(place.host.clone());
            }
            Some(survey)
        }
        Some(Err(error)) => {
            end.level = Level::Unreachable;
            if !end.errors.contains(error) {
                end.errors.push(error.clone());
            }
            None
        }
        None => None,
    }
}

/// Grants all that is missing, each place once; gives the errors by host.
async fn grant(ends: &[RightsEnd], admins: &dyn Hosts) -> BTreeMap<String, String> {
    let mut wanted: BTreeMap<(Place, String), Rights> = BTreeMap::new();
    for lack in ends.iter().flat_map(|end| &end.lacks) {
        let one = wanted.entry((lack.place.clone(), lack.user.clone())).or_default();
        one.extend(lack.rights.iter().cloned());
    }
    let mut failed: BTreeMap<String, String> = BTreeMap::new();
    let names: BTreeSet<String> = wanted.keys().map(|(place, _)| place.host.clone()).collect();
    for name in names {
        let host = match admins.open(&name).await {
            Ok(host) => host,
            Err(error) => {
                failed.insert(name, error);
                continue;
            }
        };
        for ((place, user), rights) in wanted.iter().filter(|((place, _), _)| place.host == name) {
            let words = rights::words(user, rights, &place.dataset);
            let error = match host.run(Command::new(words.clone())).await {
                Ok(answer) if answer.rc == 0 => continue,
                Ok(answer) => answer.error_text().trim().to_owned(),
                Err(error) => error.to_string(),
            };
            let command = crate::base::quote::words(&words);
            failed.insert(name.clone(), format!("{name}: {command}: {error}"));
        }
    }
    failed
}

/// The report of all edges of a job. `asked`: what was wanted.
#[must_use]
pub fn rights_text(job: &Job, ends: &[RightsEnd], asked: Asked) -> String {
    let mut out = String::new();
    for (link, end) in job.working().zip(ends) {
        let edge = &link.edge;
        let _ = writeln!(out, "{}: {} -> {}", edge.id, edge.source, edge.target);
        for host in &end.roots {
            let _ = writeln!(out, "  {host} is reached as root, which needs none");
        }
        for lack in &end.lacks {
            let role = lack.role.word();
            let _ = writeln!(out, "  {role} on {}: {}", lack.place.host, lack.command());
        }
        for what in &end.hidden {
            let _ = writeln!(out, "  {what}: a permission set is in between, look yourself");
        }
        for error in &end.errors {
            let _ = writeln!(out, "  {error}");
        }
        let verdict = match (end.level, asked.apply && !job.check) {
            (Level::Unreachable, _) => "UNREACHABLE",
            (Level::Failed, true) => "FAILED",
            (Level::Failed, false) => "missing; --apply grants it",
            (Level::Done, true) => "granted",
            (Level::Done, false) => "to be granted",
            _ => "nothing is missing",
        };
        let _ = writeln!(out, "  {verdict}");
    }
    out
}
