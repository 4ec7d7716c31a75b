//! Carries retention out on both ends of edges: decides with all that the topology knows, guards the whole run, destroys.

use super::hosts::Hosts;
use super::survey::{self, AllSeen, at};
use super::{Job, Level, edge};
use crate::spec::{Command, Host};
use crate::zfs::listing::{Guid, Snapshot};
use crate::zfs::name::Dataset;
use crate::zfs::replication::pruning::{self, Pruned};
use crate::zfs::retention::{self, Decision, Keep, Outcome, Side};
use crate::zfs::survey::Survey;
use crate::zfs::topology::Link;
use std::collections::BTreeSet;

/// What is to be pruned.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wish {
    /// Destroy more than the policies' shares.
    pub allow_mass_prune: bool,
}

/// How one end of an edge was pruned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PruneEnd {
    /// The edge.
    pub edge: String,
    /// `host:dataset`: its topmost.
    pub place: String,
    /// How it ended: done means that something was destroyed, or would be.
    pub level: Level,
    /// A line of each snapshot of all its datasets, with what the owner should hear.
    pub preview: String,
    /// Full names of what goes.
    pub going: Vec<String>,
    /// Full names of what was destroyed.
    pub destroyed: Vec<String>,
    /// What was to go and did not, with the reason.
    pub stayed: Vec<(String, String)>,
    /// What went wrong.
    pub errors: Vec<String>,
}

/// An end under way.
struct End<'a> {
    link: &'a Link,
    side: Side,
    going: Vec<(Dataset, Vec<Snapshot>)>,
    told: PruneEnd,
}

/// Datasets of an end, or why they are not known.
type Found<'a> = (&'a Link, Side, Result<Vec<Pruned<'a>>, (Level, String)>);

/// Prunes, or with `check` only says what would go, all ends of the edges that are worked on and have a policy. All edges are
/// asked, for what they need.
pub async fn prune(job: &Job, wish: &Wish, hosts: &dyn Hosts) -> Vec<PruneEnd> {
    let seen = survey::all(&job.links, hosts).await;
    let found = found(job, wish, &seen);
    let mut ends = decided(&found);
    if !job.check {
        for link in &job.links {
            let own = ends.iter_mut().filter(|end| end.link.edge.id == link.edge.id);
            let mut own: Vec<&mut End<'_>> = own.filter(|end| !end.going.is_empty()).collect();
            if !own.is_empty() {
                locked(job, wish, link, (&seen, hosts), &mut own).await;
            }
        }
    }
    ends.into_iter().map(|end| end.told).collect()
}

/// All ends that are pruned, each dataset once.
fn found<'a>(job: &'a Job, wish: &Wish, seen: &'a AllSeen) -> Vec<Found<'a>> {
    let look = |host: &str| match at(seen, host) {
        Ok(seen) => Ok(&seen.survey),
        Err(error) => Err(error.to_owned()),
    };
    let mut claimed: BTreeSet<(&str, &Dataset)> = BTreeSet::new();
    let mut all = Vec::new();
    for link in job.working() {
        for (side, place, keep) in [
            (Side::Sender, &link.edge.source, &link.keep_source),
            (Side::Receiver, &link.edge.target, &link.keep_target),
        ] {
            if keep.is_none() {
                continue;
            }
            let pruned = pruning::of(&job.links, link, side, &look).map(|mut pruned| {
                pruned.retain(|one| claimed.insert((one.host, &one.listed.name)));
                for one in &mut pruned {
                    one.keep.allow_mass_prune = wish.allow_mass_prune;
                }
                pruned
            });
            let level = match look(&place.host) {
                Err(_) => Level::Unreachable,
                Ok(_) if link.removable && side == Side::Receiver => Level::Absent,
                Ok(_) => Level::Failed,
            };
            all.push((link, side, pruned.map_err(|error| (level, error))));
        }
    }
    all
}

/// Decides, and guards each dataset and all of them together.
fn decided<'a>(found: &[Found<'a>]) -> Vec<End<'a>> {
    let decisions: Vec<Vec<Decision<'_>>> = found
        .iter()
        .map(|(_, _, pruned)| pruned.iter().flatten().map(Pruned::decide).collect())
        .collect();
    let all: Vec<(&Keep, &Decision<'_>)> = found
        .iter()
        .zip(&decisions)
        .flat_map(|((_, _, pruned), own)| pruned.iter().flatten().zip(own))
        .map(|(pruned, decision)| (&pruned.keep, decision))
        .collect();
    let summed = retention::summed(&all);
    let mut ends: Vec<End<'a>> =
        found.iter().zip(&decisions).map(|(found, own)| end(found, own)).collect();
    if let Some(refusal) = summed {
        for end in ends.iter_mut().filter(|end| !end.going.is_empty()) {
            end.going.clear();
            end.told.going.clear();
            fail(&mut end.told, Level::Failed, format!("all edges together: {refusal}"));
        }
    }
    ends
}

fn end<'a>((link, side, pruned): &Found<'a>, decisions: &[Decision<'_>]) -> End<'a> {
    let place = match side {
        Side::Sender => &link.edge.source,
        Side::Receiver => &link.edge.target,
    };
    let told = PruneEnd {
        edge: link.edge.id.clone(),
        place: place.to_string(),
        level: Level::Idle,
        preview: String::new(),
        going: Vec::new(),
        destroyed: Vec::new(),
        stayed: Vec::new(),
        errors: Vec::new(),
    };
    let mut end = End { link, side: *side, going: Vec::new(), told };
    let pruned = match pruned {
        Ok(pruned) => pruned,
        Err((level, error)) => {
            fail(&mut end.told, *level, error.clone());
            return end;
        }
    };
    for (one, decision) in pruned.iter().zip(decisions) {
        let name = &one.listed.name;
        end.told.preview += &retention::preview(name, decision);
        match decision.destroys() {
            Err(refusal) => fail(&mut end.told, Level::Failed, format!("{name}: {refusal}")),
            Ok(going) if going.is_empty() => {}
            Ok(going) => {
                end.told.level = end.told.level.max(Level::Done);
                end.told.going.extend(going.iter().map(|one| format!("{name}@{}", one.name)));
                end.going.push((name.clone(), going.into_iter().cloned().collect()));
            }
        }
    }
    end
}

fn fail(told: &mut PruneEnd, level: Level, error: String) {
    told.level = told.level.max(level);
    told.errors.push(error);
}

/// Destroys under the lock of the edge. A target that is not there has none: what it may need stays anyhow.
async fn locked(
    job: &Job,
    wish: &Wish,
    link: &Link,
    (seen, hosts): (&AllSeen, &dyn Hosts),
    ends: &mut [&mut End<'_>],
) {
    let target = at(seen, &link.edge.target.host).ok();
    let there = |survey: &Survey| pruning::has_pool(survey, &link.edge.target.dataset);
    let Some(target) = target.filter(|target| there(&target.survey)) else {
        return destroy(seen, ends).await;
    };
    let lock = edge::lock(job, link, target);
    let before = target.survey.listing.datasets.get(&lock.dataset);
    let before = before.and_then(|one| one.property(&lock.property)).unwrap_or("-");
    let was = match lock.acquire(&link.edge.id).await {
        Ok(was) => was,
        Err((level, error)) => return fail_all(ends, level, &error),
    };
    if was != before {
        // Somebody worked here between our look and the lock.
        narrow(job, wish, hosts, ends).await;
    }
    let lost = tokio::select! {
        () = destroy(seen, ends) => None,
        error = lock.keep() => Some(error),
    };
    if let Some(error) = lost {
        return fail_all(ends, Level::Failed, &error);
    }
    lock.give_back(&link.edge, false).await;
}

fn fail_all(ends: &mut [&mut End<'_>], level: Level, error: &str) {
    for end in ends {
        fail(&mut end.told, level, error.to_owned());
    }
}

/// Looks again: only what would still go does.
async fn narrow(job: &Job, wish: &Wish, hosts: &dyn Hosts, ends: &mut [&mut End<'_>]) {
    let seen = survey::all(&job.links, hosts).await;
    let found = found(job, wish, &seen);
    let again = decided(&found);
    for end in ends {
        let same = |one: &&End<'_>| one.link.edge.id == end.link.edge.id && one.side == end.side;
        let now: BTreeSet<(&Dataset, Guid)> = again
            .iter()
            .filter(same)
            .flat_map(|one| &one.going)
            .flat_map(|(name, going)| going.iter().map(move |one| (name, one.guid)))
            .collect();
        for (name, going) in &mut end.going {
            let (goes, stays): (Vec<_>, Vec<_>) =
                going.drain(..).partition(|one| now.contains(&(&*name, one.guid)));
            *going = goes;
            let why = "it is needed since another run worked here".to_owned();
            let stays = stays.iter().map(|one| (format!("{name}@{}", one.name), why.clone()));
            end.told.stayed.extend(stays);
        }
    }
}

async fn destroy(seen: &AllSeen, ends: &mut [&mut End<'_>]) {
    for end in ends {
        let place = match end.side {
            Side::Sender => &end.link.edge.source,
            Side::Receiver => &end.link.edge.target,
        };
        let Ok(seen) = at(seen, &place.host) else { continue };
        for (name, going) in &end.going {
            let going: Vec<&Snapshot> = going.iter().collect();
            if !dataset(seen.host.as_ref(), name, &going, &mut end.told).await {
                break;
            }
        }
        if end.told.destroyed.is_empty() && end.told.level == Level::Done {
            end.told.level = Level::Idle;
        }
    }
}

/// Destroys snapshots of one dataset; false: the host is lost.
async fn dataset(
    host: &dyn Host,
    name: &Dataset,
    going: &[&Snapshot],
    told: &mut PruneEnd,
) -> bool {
    for group in retention::groups(name, going) {
        let words = ["sh", "-c", retention::DESTROY, "tank"].map(str::to_owned);
        let words = words.into_iter().chain(retention::words(name, &group));
        let answer = match host.run(Command::new(words)).await {
            Ok(answer) => answer,
            Err(error) => {
                fail(told, Level::Unreachable, format!("{name}: {error}"));
                return false;
            }
        };
        let mut outcome = Outcome::default();
        outcome.read(&answer.text());
        let full = |short: &str| format!("{name}@{short}");
        told.destroyed.extend(outcome.destroyed.iter().map(|one| full(one)));
        let stayed = outcome.elsewhere.into_iter().chain(outcome.kept);
        told.stayed.extend(stayed.map(|(one, why)| (full(&one), why)));
        for (one, why) in &outcome.failed {
            fail(told, Level::Failed, format!("{}: {why}", full(one)));
        }
        if answer.rc != 0 && outcome.failed.is_empty() {
            let error = answer.error_text();
            fail(told, Level::Failed, format!("{name}: {} (rc {})", error.trim(), answer.rc));
        }
    }
    true
}
