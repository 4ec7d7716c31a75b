//! Carries fail-overs out: looks, decides (`zfs::replication::failover`), does the next step, and looks again until nothing is
//! left. So a run that is cut anywhere is gone on with by the next call.

use super::hosts::Hosts;
use super::lock::Lock;
use super::marks::{change, changing, protect};
use super::survey::{self, AllSeen};
use super::{Job, Level, Seen, edge};
use crate::zfs::name::Dataset;
use crate::zfs::replication::failover::{self, Ends, Fence, Mark, Part, Stop, Takeover, Wish};
use crate::zfs::replication::{marks as names, rights};
use crate::zfs::survey::Survey;
use crate::zfs::topology::Link;

/// Looks before it is given up: six are needed.
const LOOKS: usize = 12;

/// How the fail-over of one edge ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailoverEnd {
    /// The edge.
    pub id: String,
    /// How: done means that something was changed, or would be.
    pub level: Level,
    /// What was done, or would be, in lines.
    pub lines: Vec<String>,
    /// What was wrong, and what can be done about it.
    pub error: Option<(String, Option<String>)>,
    /// The edge back, once the target is in use.
    pub reverse: Option<String>,
}

/// What stopped it.
type Fault = (Level, String, Option<String>);

fn fault(text: impl Into<String>) -> Fault {
    (Level::Failed, text.into(), None)
}

/// Makes the targets of all edges of a job the ends in use, one after the other; with `check` only says how.
pub async fn fail_over(job: &Job, wish: &Wish, hosts: &dyn Hosts) -> Vec<FailoverEnd> {
    let mut ends = Vec::new();
    for link in job.working() {
        let mut way = Way { job, wish, link, hosts, lines: Vec::new(), changed: false };
        let done = way.run().await;
        let id = link.edge.id.clone();
        let level = if way.changed { Level::Done } else { Level::Idle };
        let lines = way.lines;
        ends.push(match done {
            Ok(reverse) => FailoverEnd { id, level, lines, error: None, reverse },
            Err((level, text, hint)) => {
                FailoverEnd { id, level, lines, error: Some((text, hint)), reverse: None }
            }
        });
    }
    ends
}

/// Makes the sources of edges writable again whose fail-over was begun and did not come to its end.
pub async fn back_out(job: &Job, wish: &Wish, hosts: &dyn Hosts) -> Vec<FailoverEnd> {
    let mut ends = Vec::new();
    for link in job.working() {
        let mut way = Way { job, wish, link, hosts, lines: Vec::new(), changed: false };
        let done = way.back_out().await;
        let level = match &done {
            Err((level, ..)) => *level,
            Ok(()) if way.changed => Level::Done,
            Ok(()) => Level::Idle,
        };
        let (id, lines) = (link.edge.id.clone(), way.lines);
        let error = done.err().map(|(_, text, hint)| (text, hint));
        ends.push(FailoverEnd { id, level, lines, error, reverse: None });
    }
    ends
}

/// One edge under way.
struct Way<'a> {
    job: &'a Job,
    wish: &'a Wish,
    link: &'a Link,
    hosts: &'a dyn Hosts,
    lines: Vec<String>,
    changed: bool,
}

/// Both ends as they were just seen.
struct Look {
    seen: AllSeen,
}

impl Look {
    fn at(&self, host: &str) -> Result<&Seen, &str> {
        survey::at(&self.seen, host)
    }
}

impl Way<'_> {
    async fn look(&self) -> Look {
        let mut link = self.link.clone();
        // Not asked for otherwise.
        link.edge.policy.properties.push("mountpoint".to_owned());
        Look { seen: survey::all(std::slice::from_ref(&link), self.hosts).await }
    }

    fn target<'s>(&self, look: &'s Look) -> Result<&'s Seen, Fault> {
        let target = look.at(&self.link.edge.target.host);
        target.map_err(|error| (Level::Unreachable, error.to_owned(), None))
    }

    fn decide(&self, look: &Look) -> Result<Takeover, Fault> {
        let edge = &self.link.edge;
        let target = self.target(look)?;
        let source = look.at(&edge.source.host).map(|seen| &seen.survey);
        let ends = Ends { source, target: &target.survey };
        failover::takeover(edge, &ends, self.wish).map_err(|stop| {
            let level = match &stop {
                Stop::Unreachable(..) => Level::Unreachable,
                _ => Level::Failed,
            };
            (level, stop.to_string(), stop.hint())
        })
    }

    fn reverse(&self, look: &Look) -> String {
        let source = look.at(&self.link.edge.source.host).ok().map(|seen| &seen.survey);
        failover::reverse(&self.link.edge, source)
    }

    async fn run(&mut self) -> Result<Option<String>, Fault> {
        let look = self.look().await;
        let plan = self.decide(&look)?;
        self.lines = plan.lines(&self.link.edge);
        if plan.is_done() {
            return Ok(Some(self.reverse(&look)));
        }
        let target = self.target(&look)?;
        if let Some(lacking) = self.lacking(&look, target) {
            return Err(fault(lacking));
        }
        if self.job.check {
            self.changed = true;
            return Ok(Some(self.reverse(&look)));
        }
        let lock = edge::lock(self.job, self.link, target);
        self.take(&lock).await?;
        let done = tokio::select! {
            done = self.carry(&lock) => done,
            error = lock.keep() => Err(fault(error)),
        };
        lock.give_back(&self.link.edge, false).await;
        done.map(Some)
    }

    /// Rights that users who are not root lack.
    fn lacking(&self, look: &Look, target: &Seen) -> Option<String> {
        let source = look.at(&self.link.edge.source.host).ok().map(|seen| &seen.survey);
        let needs = rights::to_fail_over(self.link, source, &target.survey);
        let nobody = Survey::default();
        rights::told(&rights::lacking(&needs, source.unwrap_or(&nobody), &target.survey))
    }

    async fn take(&self, lock: &Lock<'_>) -> Result<(), Fault> {
        let taken = lock.acquire(&self.link.edge.id).await;
        taken.map(drop).map_err(|(level, error)| (level, error, None))
    }

    /// Step by step, under the lock.
    async fn carry(&mut self, lock: &Lock<'_>) -> Result<String, Fault> {
        let mut fenced = false;
        let mut plan = Takeover::default();
        for _ in 0..LOOKS {
            let look = self.look().await;
            plan = match self.decide(&look) {
                Ok(plan) => plan,
                Err((level, text, hint)) if fenced => {
                    self.unfence(&look).await.map_err(|error| {
                        fault(format!("{text}; the source is still read-only: {}", error.1))
                    })?;
                    return Err((level, text, hint));
                }
                Err(fault) => return Err(fault),
            };
            if plan.is_done() {
                return Ok(self.reverse(&look));
            }
            fenced |= self.step(&look, &plan, lock).await?;
        }
        let left = plan.lines(&self.link.edge).join("; ");
        Err(fault(format!("this was done and is not seen there: {left}")))
    }

    /// The next step; true: the source was made read-only by it, before the target has a mark.
    async fn step(&mut self, look: &Look, plan: &Takeover, lock: &Lock<'_>) -> Result<bool, Fault> {
        let brings = plan.copy.iter().any(|one| one.brings);
        if !plan.fence.is_empty() {
            if brings {
                // What is there now goes while the source is still in use: the rest will be short.
                self.copy(look, lock).await?;
            }
            self.fence(look, &plan.fence).await?;
            return Ok(plan.switching);
        }
        if let Some((name, all)) = &plan.snapshot {
            let words = ["snapshot".to_owned(), name.clone()];
            let words = words.into_iter().chain(all.iter().map(ToString::to_string));
            return self.on_source(look, words.collect()).await.map(|()| false);
        }
        if brings {
            return self.copy(look, lock).await.map(|()| false);
        }
        if !plan.copy.is_empty() {
            let all: Vec<String> = plan.copy.iter().map(ToString::to_string).collect();
            return Err(fault(format!("it can't be copied: {}", all.join("; "))));
        }
        self.mark(look, plan).await.map(|()| false)
    }

    /// Everything behind the last copy. That it is in use is only said once the next look has seen all the rest.
    async fn mark(&mut self, look: &Look, plan: &Takeover) -> Result<(), Fault> {
        let edge = &self.link.edge;
        let target = self.target(look)?;
        if !plan.hold_source.is_empty() {
            let source = look.at(&edge.source.host).map_err(fault)?;
            self.hold(source, &plan.hold_source).await?;
        }
        self.hold(target, &plan.hold_target).await?;
        let role = |name: &Dataset, part: Part| {
            let mark = Mark { part, edge: edge.id.clone(), since: target.survey.now };
            vec!["set".to_owned(), name.to_string(), format!("{}={mark}", names::ROLE)]
        };
        let top = &edge.target.dataset;
        if plan.switching {
            self.on_target(look, role(top, Part::Switching)).await?;
        }
        if plan.standby {
            self.on_source(look, role(&edge.source.dataset, Part::Standby)).await?;
        }
        let opening = opening(plan);
        let last = Takeover { active: false, forget: Vec::new(), ..plan.clone() };
        let is_seen = last.is_done();
        for words in opening {
            self.on_target(look, words).await?;
        }
        if !is_seen {
            return Ok(());
        }
        if !plan.forget.is_empty() {
            let words = ["inherit", names::SOURCE].map(str::to_owned).into_iter();
            let words = words.chain(plan.forget.iter().map(ToString::to_string));
            self.on_target(look, words.collect()).await?;
        }
        self.on_target(look, role(top, Part::Active)).await
    }

    async fn hold(&mut self, seen: &Seen, all: &[(Dataset, String)]) -> Result<(), Fault> {
        let tag = names::hold(&self.link.edge);
        for (name, snapshot) in all {
            let holds = vec![snapshot.clone()];
            let changed = &mut self.changed;
            protect(seen.host.as_ref(), &tag, name, None, holds, changed).await.map_err(fault)?;
        }
        Ok(())
    }

    async fn fence(&mut self, look: &Look, all: &[Dataset]) -> Result<(), Fault> {
        let source = look.at(&self.link.edge.source.host).map_err(fault)?;
        let words = ["fence".to_owned(), names::FENCED.to_owned(), source.survey.now.to_string()];
        let words = words.into_iter().chain(all.iter().map(ToString::to_string));
        self.on_source(look, words.collect()).await
    }

    async fn on_source(&mut self, look: &Look, words: Vec<String>) -> Result<(), Fault> {
        let source = look.at(&self.link.edge.source.host).map_err(fault)?;
        let text = changing!("failover.sh");
        change(source.host.as_ref(), text, words, &mut self.changed).await.map_err(fault)
    }

    async fn on_target(&mut self, look: &Look, words: Vec<String>) -> Result<(), Fault> {
        let target = self.target(look)?;
        let text = changing!("failover.sh");
        change(target.host.as_ref(), text, words, &mut self.changed).await.map_err(fault)
    }

    /// An ordinary run of the edge, under our lock, which it gives back at its end.
    async fn copy(&mut self, look: &Look, lock: &Lock<'_>) -> Result<(), Fault> {
        let end = edge::run(self.job, self.link, &look.seen, false).await;
        self.take(lock).await?;
        self.changed |= end.parts.iter().any(|part| part.changed);
        if end.level <= Level::Done && end.level != Level::Absent {
            return Ok(());
        }
        let own = end.error.iter().cloned();
        let parts = end.parts.iter().filter_map(|part| {
            let (error, hint) = part.error.as_ref()?;
            let hint = hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
            Some(format!("{}: {error}{hint}", part.target))
        });
        let text = own.chain(parts).collect::<Vec<_>>().join("; ");
        let open = look
            .at(&self.link.edge.source.host)
            .is_ok_and(|seen| fenced(seen, self.link).is_empty());
        let hint = (!open).then(|| "--back-out makes the source writable again".to_owned());
        Err((end.level, format!("the last copy failed: {text}"), hint))
    }

    /// Takes off what was made read-only.
    async fn unfence(&mut self, look: &Look) -> Result<(), Fault> {
        let source = look.at(&self.link.edge.source.host).map_err(fault)?;
        let mut words = vec!["restore".to_owned(), names::FENCED.to_owned()];
        for (name, fence) in fenced(source, self.link) {
            words.extend([name.to_string(), fence.was.word().to_owned()]);
        }
        self.on_source(look, words).await
    }

    async fn back_out(&mut self) -> Result<(), Fault> {
        let look = self.look().await;
        let all = self.begun(&look)?;
        if all.is_empty() {
            return Ok(());
        }
        let source = &self.link.edge.source.host;
        self.lines = vec![format!("{source}: readonly as it was: {}", all.join(", "))];
        if self.job.check {
            self.changed = true;
            return Ok(());
        }
        let lock = edge::lock(self.job, self.link, self.target(&look)?);
        self.take(&lock).await?;
        let done = self.open_again().await;
        lock.give_back(&self.link.edge, false).await;
        done
    }

    /// Under the lock: looks once more, since another run may have gone on.
    async fn open_again(&mut self) -> Result<(), Fault> {
        let look = self.look().await;
        self.begun(&look)?;
        self.unfence(&look).await
    }

    /// What a fail-over that was only begun has made read-only.
    fn begun(&self, look: &Look) -> Result<Vec<String>, Fault> {
        let edge = &self.link.edge;
        let target = self.target(look)?;
        let unreachable = |error: &str| (Level::Unreachable, error.to_owned(), None);
        let source = look.at(&edge.source.host).map_err(unreachable)?;
        let mark = Mark::of(&target.survey, &edge.target.dataset);
        if let Some(mark) = mark.filter(|mark| mark.part != Part::Standby) {
            let text =
                format!("the target is marked as {}: fail over the edge back instead", mark.part);
            return Err(fault(text));
        }
        let left = Mark::of(&source.survey, &edge.source.dataset);
        if left.is_some_and(|mark| mark.part == Part::Standby) {
            return Err(fault("the source was left by another fail-over"));
        }
        Ok(fenced(source, self.link).iter().map(|(name, _)| name.to_string()).collect())
    }
}

/// The datasets of the source that a fail-over made read-only, parents first.
fn fenced(source: &Seen, link: &Link) -> Vec<(Dataset, Fence)> {
    let top = &link.edge.source.dataset;
    let own = source.survey.listing.datasets.values().filter(|one| top.contains(&one.name));
    own.filter_map(|one| Some((one.name.clone(), Fence::of(one)?))).collect()
}

/// What makes the target usable, as words of the script.
fn opening(plan: &Takeover) -> Vec<Vec<String>> {
    let pair = |name: &Dataset, what: String| [name.to_string(), what];
    let restore = plan.restore.iter().flat_map(|(name, was)| pair(name, was.word().to_owned()));
    let place = plan.mountpoint.iter().map(|(name, to)| pair(name, format!("mountpoint={to}")));
    let can = plan.canmount.iter().map(|(name, to)| pair(name, format!("canmount={to}")));
    let mut all = Vec::new();
    let mut add = |head: &[&str], rest: Vec<String>| {
        if !rest.is_empty() {
            all.push(head.iter().map(|word| (*word).to_owned()).chain(rest).collect());
        }
    };
    add(&["restore", names::FENCED], restore.collect());
    add(&["set"], place.chain(can).flatten().collect());
    add(&["mount"], plan.mount.iter().map(ToString::to_string).collect());
    all
}
