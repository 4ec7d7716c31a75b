//! Plans one edge and carries it out.

use super::lock::Lock;
use super::survey::{AllSeen, at};
use super::{EdgeEnd, Job, Level, PartEnd, Seen, asking, carry, passage, survey};
use crate::zfs::listing::Guid;
use crate::zfs::name::Dataset;
use crate::zfs::replication::edge::{Edge, Place};
use crate::zfs::replication::whole::{self, EdgePlan, Known, Part};
use crate::zfs::replication::{failover, marks, needed, rights};
use crate::zfs::survey::Survey;
use crate::zfs::topology::Link;
use std::collections::{BTreeMap, BTreeSet};

/// An edge under way.
pub struct Way<'a> {
    /// The run.
    pub job: &'a Job,
    /// The edge.
    pub link: &'a Link,
    source: &'a Seen,
    target: &'a Seen,
    seen: &'a AllSeen,
    /// Estimates.
    pub sizes: Sizes,
    /// Looks taken since.
    fresh: Option<Box<(Seen, Seen)>>,
}

/// Estimated bytes of each step, by dataset of the target.
type Sizes = BTreeMap<String, Vec<Option<u64>>>;

/// Runs one edge. `stale`: an edge before it has written where it reads or writes.
pub async fn run(job: &Job, link: &Link, seen: &AllSeen, stale: bool) -> EdgeEnd {
    let mut end = EdgeEnd {
        id: link.edge.id.clone(),
        level: Level::Idle,
        error: None,
        plan: None,
        sizes: BTreeMap::new(),
        parts: Vec::new(),
    };
    let (source, target) =
        match (at(seen, &link.edge.source.host), at(seen, &link.edge.target.host)) {
            (Ok(source), Ok(target)) => (source, target),
            (Err(error), _) | (_, Err(error)) => {
                fail(&mut end, Level::Unreachable, error.to_owned());
                return end;
            }
        };
    let fresh = match stale {
        true => looked(link, source, target).await.map(Some),
        false => Ok(None),
    };
    let fresh = match fresh {
        Ok(fresh) => fresh,
        Err(error) => return failed(end, error),
    };
    let (source, target) =
        fresh.as_ref().map_or((source, target), |(source, target)| (source, target));
    if let Some((level, error)) = absent(link, source, target) {
        fail(&mut end, level, error);
        return end;
    }
    match planned(job, link, source, target, seen).await {
        Ok((plan, sizes)) => {
            end.sizes = sizes;
            carried(job, link, (source, target), seen, plan, &mut end).await;
        }
        Err(error) => return failed(end, error),
    }
    end
}

fn failed(mut end: EdgeEnd, error: String) -> EdgeEnd {
    fail(&mut end, Level::Failed, error);
    end
}

/// The pool of either end that is not there. Only a target may be a disk in a drawer.
pub fn absent(link: &Link, source: &Seen, target: &Seen) -> Option<(Level, String)> {
    let target_level = if link.removable { Level::Absent } else { Level::Failed };
    let ends =
        [(&link.edge.source, source, Level::Failed), (&link.edge.target, target, target_level)];
    let gone = ends.into_iter().find(|(place, seen, _)| {
        let there = |name: &Dataset| name.pool() == place.dataset.pool();
        !seen.survey.listing.datasets.keys().any(there)
    });
    let text =
        |place: &Place| format!("there is no pool {} on {}", place.dataset.pool(), place.host);
    gone.map(|(place, _, level)| (level, text(place)))
}

async fn planned(
    job: &Job,
    link: &Link,
    source: &Seen,
    target: &Seen,
    seen: &AllSeen,
) -> Result<(EdgePlan, Sizes), String> {
    let edge = &link.edge;
    // Asked behind the lock as well: a fail-over may have been at work in between.
    if let Some(error) = failover::in_use(edge, &target.survey) {
        return Err(error);
    }
    let tokens = asking::tokens(edge, source.host.as_ref(), &target.survey).await?;
    let needed = needed(job, edge, source, target, seen);
    let known = Known { tokens, needed, day: job.day.clone() };
    let plan = whole::plan_edge(edge, &source.survey, &target.survey, &known);
    let can = source.survey.capability(&edge.source.dataset);
    let sizes = asking::sizes(source.host.as_ref(), &can, &plan).await?;
    Ok((plan, sizes))
}

/// What all edges start from on the target's host. The newest look at a place counts.
fn needed(
    job: &Job,
    edge: &Edge,
    source: &Seen,
    target: &Seen,
    seen: &AllSeen,
) -> BTreeMap<Dataset, BTreeSet<Guid>> {
    let edges: Vec<&Edge> = job.links.iter().map(|link| &link.edge).collect();
    let far = |place: &Place| -> Option<&Survey> {
        let fresh = [(&edge.target.host, target), (&edge.source.host, source)];
        let fresh = fresh.into_iter().filter(|(host, _)| **host == place.host);
        let fresh = fresh.map(|(_, seen)| &seen.survey);
        let before = seen.get(&place.host).and_then(|seen| seen.as_ref().ok());
        let mut all = fresh.chain(before.map(|seen| &seen.survey));
        all.find(|survey| survey.was_asked(&place.dataset))
    };
    needed::needed(&edges, &edge.target.host, &target.survey, &far)
}

async fn carried(
    job: &Job,
    link: &Link,
    (source, target): (&Seen, &Seen),
    seen: &AllSeen,
    mut plan: EdgePlan,
    end: &mut EdgeEnd,
) {
    let work = plan.parts.iter().any(|part| part.copying.is_ok() && !part.is_idle());
    plan.warnings.extend(passage::notes(link, source, target, &plan));
    let stopped = match work {
        true => stopped(link, source, target, &plan).await,
        false => None,
    };
    if job.check || !work {
        refused(&plan, end);
        end.error = stopped;
        end.level = level(end).max(if work { Level::Done } else { Level::Idle });
        end.plan = Some(plan);
        return;
    }
    if let Some(error) = stopped {
        return fail(end, Level::Failed, error);
    }
    let lock = lock(job, link, target);
    let before = target.survey.listing.datasets.get(&lock.dataset);
    let before = before.and_then(|one| one.property(&lock.property)).unwrap_or("-");
    let was = match lock.acquire(&end.id).await {
        Ok(was) => was,
        Err((level, error)) => return fail(end, level, error),
    };
    let sizes = std::mem::take(&mut end.sizes);
    let mut way = Way { job, link, source, target, seen, sizes, fresh: None };
    // Whether somebody worked here between our look and the lock.
    let moved = was != before;
    tokio::select! {
        () = work_off(&mut way, &mut plan, moved, end) => {}
        error = lock.keep() => fail(end, Level::Failed, error),
    }
    end.level = level(end);
    lock.give_back(&link.edge, end.level == Level::Done).await;
    end.sizes = way.sizes;
    end.plan = Some(plan);
}

/// Why the plan can't be carried out on these hosts.
async fn stopped(link: &Link, source: &Seen, target: &Seen, plan: &EdgePlan) -> Option<String> {
    if let Some(error) = lacking(link, source, target) {
        return Some(error);
    }
    let sends = |part: &Part| part.copying.as_ref().is_ok_and(|one| !one.steps.is_empty());
    match plan.parts.iter().any(sends) {
        true => passage::closed(link, source, target).await,
        false => None,
    }
}

/// Does all of a plan, or of a new one.
async fn work_off(way: &mut Way<'_>, plan: &mut EdgePlan, moved: bool, end: &mut EdgeEnd) {
    if moved {
        match way.look().await {
            Ok(new) => *plan = new,
            Err(error) => return fail(end, Level::Failed, error),
        }
    }
    all(way, plan, end).await;
}

/// Rights that users who are not root lack on either end, with the commands that grant them.
fn lacking(link: &Link, source: &Seen, target: &Seen) -> Option<String> {
    let needs = rights::to_copy(link, &source.survey, &target.survey);
    rights::told(&rights::lacking(&needs, &source.survey, &target.survey))
}

/// The lock of an edge.
pub fn lock<'a>(job: &'a Job, link: &Link, target: &'a Seen) -> Lock<'a> {
    let dataset = whole::lock_place(&link.edge.target, &target.survey);
    Lock { job, host: target.host.as_ref(), dataset, property: marks::lock(&link.edge) }
}

fn fail(end: &mut EdgeEnd, level: Level, error: String) {
    end.level = level;
    end.error = Some(error);
}

/// Refusals of a plan that is not carried out.
fn refused(plan: &EdgePlan, end: &mut EdgeEnd) {
    for part in &plan.parts {
        let error =
            part.copying.as_ref().err().map(|refusal| (refusal.to_string(), refusal.hint()));
        let target = part.target.to_string();
        end.parts.push(PartEnd { target, changed: false, streams: 0, bytes: 0, error });
    }
}

async fn all(way: &mut Way<'_>, plan: &EdgePlan, end: &mut EdgeEnd) {
    let mut failed: Vec<Dataset> = Vec::new();
    for part in &plan.parts {
        let above = failed.iter().find(|above| above.contains(&part.target) && !way.has(above));
        let one = match above {
            Some(above) => PartEnd {
                target: part.target.to_string(),
                changed: false,
                streams: 0,
                bytes: 0,
                error: Some((format!("{above} above it could not be copied"), None)),
            },
            None => carry::part(way, part).await,
        };
        if one.error.is_some() {
            failed.push(part.target.clone());
        }
        end.parts.push(one);
    }
}

fn level(end: &EdgeEnd) -> Level {
    let failed = end.error.is_some() || end.parts.iter().any(|part| part.error.is_some());
    match (failed, end.parts.iter().any(|part| part.changed)) {
        (true, _) => end.level.max(Level::Failed),
        (false, true) => Level::Done,
        (false, false) => Level::Idle,
    }
}

async fn looked(link: &Link, source: &Seen, target: &Seen) -> Result<(Seen, Seen), String> {
    let edge = &link.edge;
    let (from, to) = (std::iter::once(&edge.source.dataset), std::iter::once(&edge.target.dataset));
    let edges = [edge];
    let (here, there) = futures_util::future::join(
        survey::ask(source.host.as_ref(), from, &edges),
        survey::ask(target.host.as_ref(), to, &edges),
    )
    .await;
    let seen = |one: &Seen, survey| Seen {
        host: std::sync::Arc::clone(&one.host),
        survey,
        address: one.address.clone(),
    };
    Ok((seen(source, here?), seen(target, there?)))
}

impl Way<'_> {
    /// Where it comes from.
    pub fn source(&self) -> &Seen {
        self.fresh.as_deref().map_or(self.source, |(source, _)| source)
    }

    /// Where it goes to.
    pub fn target(&self) -> &Seen {
        self.fresh.as_deref().map_or(self.target, |(_, target)| target)
    }

    /// Looks again and plans everything anew.
    async fn look(&mut self) -> Result<EdgePlan, String> {
        let sides = looked(self.link, self.source, self.target).await?;
        let (plan, sizes) = planned(self.job, self.link, &sides.0, &sides.1, self.seen).await?;
        (self.sizes, self.fresh) = (sizes, Some(Box::new(sides)));
        Ok(plan)
    }

    /// Looks again and plans one dataset anew.
    pub async fn again(&mut self, part: &Part) -> Result<Part, String> {
        let found = self.look().await?.parts.into_iter().find(|one| one.target == part.target);
        found.ok_or_else(|| format!("{} is gone from the source", part.source))
    }

    fn has(&self, dataset: &Dataset) -> bool {
        self.target().survey.listing.datasets.contains_key(dataset)
    }
}
