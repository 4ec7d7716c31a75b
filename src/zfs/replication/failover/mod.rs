//! Fail-over: what is to be done to make the target of an edge the end that is in use. A pure function of what both ends
//! list; each step leaves a state in which the next look finds the rest.
//!
//! Nothing is ever destroyed. The end that was in use is made read-only (*fenced*) before the other one is made writable, and
//! both say on their topmost dataset which part they play.

mod behind;
mod mark;
mod opening;
mod reverse;
#[cfg(test)]
mod tests;
mod text;

pub use behind::Behind;
pub use mark::{Fence, Mark, Part, Was};
pub use reverse::reverse;

use super::base::{self, From};
use super::edge::Edge;
use super::keeping;
use super::marks;
use super::tree;
use crate::zfs::calendar;
use crate::zfs::listing::{Listed, Snapshot};
use crate::zfs::name::Dataset;
use crate::zfs::span;
use crate::zfs::survey::Survey;
use std::fmt;

/// How the target is to come into use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// As it is; it must have everything.
    Switch,
    /// Behind a last copy of what the source still has.
    Final,
    /// Without the source, which cannot be asked.
    Unplanned,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// How.
    pub how: How,
    /// Whether file systems are mounted.
    pub mount: bool,
    /// Where the topmost one is to be mounted, if not where it would be.
    pub mountpoint: Option<String>,
}

/// What is left to do. The first list that is not empty comes next; then both ends are looked at again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Takeover {
    /// Datasets of the source that are made read-only, children first.
    pub fence: Vec<Dataset>,
    /// The last snapshot, and of which datasets of the source.
    pub snapshot: Option<(String, Vec<Dataset>)>,
    /// What the target lacks and the edge can bring.
    pub copy: Vec<Behind>,
    /// Common snapshots that are held on the source from now on.
    pub hold_source: Vec<(Dataset, String)>,
    /// Common snapshots that are held on the target from now on.
    pub hold_target: Vec<(Dataset, String)>,
    /// The target says that it is about to be in use: no copy goes there any more.
    pub switching: bool,
    /// The source says that it is in use no more.
    pub standby: bool,
    /// Datasets of the target that become as writable as they were meant to be, parents first.
    pub restore: Vec<(Dataset, Was)>,
    /// The topmost dataset's place.
    pub mountpoint: Option<(Dataset, String)>,
    /// `canmount` of file systems of the target.
    pub canmount: Vec<(Dataset, String)>,
    /// File systems that are mounted, parents first.
    pub mount: Vec<Dataset>,
    /// Datasets of the target that are no copies any more: the next-to-last step.
    pub forget: Vec<Dataset>,
    /// The target says that it is in use: the last step.
    pub active: bool,
    /// What the operator should know: what is lost, what could not be done.
    pub notes: Vec<String>,
}

impl Takeover {
    /// Whether nothing is left to do.
    #[must_use]
    pub fn is_done(&self) -> bool {
        let notes = self.notes.clone();
        *self == Self { notes, ..Self::default() }
    }
}

/// Why nothing is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// The target is not there.
    NoTarget(Dataset),
    /// The source has what the target lacks.
    Newer(Vec<Behind>),
    /// The source can't be asked: the reason, and what would be lost.
    Unreachable(String, Vec<String>),
    /// An unplanned one is asked for, and the source answers.
    Answers,
    /// The source is itself the end that was left.
    Left(Mark),
    /// Both ends say that they are in use, the source since later.
    Both(Mark, Mark),
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTarget(name) => write!(f, "{name} is not there: nothing was ever copied"),
            Self::Newer(all) => {
                let all: Vec<String> = all.iter().map(ToString::to_string).collect();
                write!(f, "the source has more than the target: {}", all.join("; "))
            }
            Self::Unreachable(why, lost) => {
                write!(f, "the source can't be asked ({why}). {}", lost.join("; "))
            }
            Self::Answers => write!(f, "the source answers, so nothing has to be lost"),
            Self::Left(mark) => {
                let (edge, since) = (&mark.edge, calendar::utc(mark.since));
                write!(f, "the source is not in use itself: edge {edge} failed over at {since}")
            }
            Self::Both(source, target) => write!(
                f,
                "both ends say that they are in use: the source since {} (edge {}), the target since {} (edge {})",
                calendar::utc(source.since),
                source.edge,
                calendar::utc(target.since),
                target.edge
            ),
        }
    }
}

impl Stop {
    /// What the operator can do.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Newer(_) => "--final makes the source read-only and copies the rest first",
            Self::Unreachable(..) => "--unplanned accepts that",
            Self::Answers => "--final instead of --unplanned copies the rest first",
            Self::Both(..) => {
                "fail over the edge back once more: that makes the end that was left read-only"
            }
            Self::Left(_) | Self::NoTarget(_) => return None,
        };
        Some(hint.to_owned())
    }
}

/// One dataset of the edge.
#[derive(Debug, Clone, Copy)]
struct Pair<'a> {
    source: Option<&'a Listed>,
    target: Option<&'a Listed>,
}

/// Both ends. `source`: why it can't be asked, where it can't.
#[derive(Debug, Clone, Copy)]
pub struct Ends<'a> {
    /// The end that is in use until now.
    pub source: Result<&'a Survey, &'a str>,
    /// The end that is to be.
    pub target: &'a Survey,
}

impl<'a> Ends<'a> {
    /// A source whose dataset is gone, or its pool, is one that can't be asked.
    fn source(&self, edge: &Edge) -> Result<&'a Survey, String> {
        let source = self.source.map_err(str::to_owned)?;
        match source.listing.datasets.contains_key(&edge.source.dataset) {
            true => Ok(source),
            false => Err(format!("{} is not there", edge.source)),
        }
    }

    fn pairs(&self, edge: &Edge) -> Vec<Pair<'a>> {
        let there = &self.target.listing.datasets;
        if let Ok(source) = self.source(edge) {
            let pairs = tree::tree(edge, &source.listing, &self.target.listing).pairs;
            let mut pairs: Vec<(Dataset, Dataset)> = pairs;
            pairs.sort_by(|a, b| a.1.cmp(&b.1));
            let pair = |(from, to): &(Dataset, Dataset)| Pair {
                source: source.listing.datasets.get(from),
                target: there.get(to),
            };
            return pairs.iter().map(pair).collect();
        }
        let ours = |one: &&Listed| {
            edge.target.dataset.below(&one.name).is_some_and(|below| edge.takes(below))
        };
        let copied = |one: &&Listed| !one.snapshots.is_empty();
        let found = there.values().filter(ours).filter(copied);
        found.map(|one| Pair { source: None, target: Some(one) }).collect()
    }
}

/// Why an edge is not copied: its target is the end that is in use.
#[must_use]
pub fn in_use(edge: &Edge, target: &Survey) -> Option<String> {
    let mark = Mark::of(target, &edge.target.dataset)?;
    let way = match mark.part {
        Part::Standby => return None,
        Part::Switching => "is being made the end in use",
        Part::Active => "is the end in use",
    };
    Some(format!(
        "{} {way} (fail-over of edge {} at {}): nothing is copied onto it. Copy the other way, or fail back, or take the mark off \
         ({} of {})",
        edge.target,
        mark.edge,
        calendar::utc(mark.since),
        marks::ROLE,
        edge.target.dataset
    ))
}

/// What is left to do to make the target of an edge the end in use.
///
/// # Errors
/// It is not safe, or not what was asked for.
pub fn takeover(edge: &Edge, ends: &Ends<'_>, wish: &Wish) -> Result<Takeover, Stop> {
    let top = &edge.target.dataset;
    if !ends.target.listing.datasets.contains_key(top) {
        return Err(Stop::NoTarget(top.clone()));
    }
    let mark = Mark::of(ends.target, top);
    let source = ends.source(edge);
    let left = source.as_ref().ok().and_then(|source| Mark::of(source, &edge.source.dataset));
    let mut plan = Takeover::default();
    match mark.filter(|mark| mark.part != Part::Standby) {
        Some(mark) => {
            if let Some(other) = left.clone().filter(|left| left.beats(&mark)) {
                return Err(Stop::Both(other, mark));
            }
            plan.active = mark.part == Part::Switching;
            if mark.part == Part::Active {
                let since = calendar::utc(mark.since);
                plan.notes.push(format!("{top} is in use since {since} (edge {})", mark.edge));
            }
        }
        None => {
            begin(edge, ends, wish, left.as_ref(), &mut plan)?;
            plan.switching = true;
            plan.active = true;
        }
    }
    if let Ok(source) = &source {
        let pairs = ends.pairs(edge);
        // Children first: what is made read-only above them would show on them as their own.
        let open = pairs.iter().rev().filter_map(|pair| pair.source);
        plan.fence = open.filter(|one| Fence::is_open(one)).map(|one| one.name.clone()).collect();
        plan.standby = left.as_ref().is_none_or(|left| left.part != Part::Standby);
        // Held before it was marked.
        if plan.standby && plan.snapshot.is_none() && plan.copy.is_empty() {
            hold_source(edge, source, &pairs, &mut plan);
        }
        if !plan.switching {
            plan.notes.extend(divergence(edge, ends));
        }
    }
    if plan.active {
        if plan.snapshot.is_none() && plan.copy.is_empty() {
            hold_target(edge, ends, &mut plan);
        }
        opening::settle(edge, ends, wish, &mut plan);
    }
    Ok(plan)
}

/// The steps before the target has a mark of its own.
fn begin(
    edge: &Edge,
    ends: &Ends<'_>,
    wish: &Wish,
    left: Option<&Mark>,
    plan: &mut Takeover,
) -> Result<(), Stop> {
    let source = match (ends.source(edge), wish.how) {
        (Ok(_), How::Unplanned) => return Err(Stop::Answers),
        (Ok(source), _) => source,
        (Err(_), How::Unplanned) => {
            plan.notes = lost(edge, ends);
            return Ok(());
        }
        (Err(why), _) => return Err(Stop::Unreachable(why, lost(edge, ends))),
    };
    if let Some(mark) = left.filter(|mark| mark.part == Part::Standby) {
        return Err(Stop::Left(mark.clone()));
    }
    let pairs = ends.pairs(edge);
    let behind: Vec<Behind> =
        pairs.iter().filter_map(|pair| behind::of(pair, &edge.policy)).collect();
    if wish.how == How::Switch && !behind.is_empty() {
        return Err(Stop::Newer(behind));
    }
    let last: Vec<Dataset> = pairs
        .iter()
        .filter_map(|pair| pair.source)
        .filter(|one| behind::needs_last(one, &edge.policy))
        .map(|one| one.name.clone())
        .collect();
    if !last.is_empty() && wish.how == How::Final {
        plan.snapshot = Some((behind::last_name(&edge.policy, source.now), last));
    }
    plan.copy = behind;
    Ok(())
}

fn base_of(pair: &Pair<'_>) -> Option<base::Base> {
    base::find(pair.source?, pair.target?)
}

fn hold_source(edge: &Edge, source: &Survey, pairs: &[Pair<'_>], plan: &mut Takeover) {
    let tag = marks::hold(edge);
    for pair in pairs {
        let (Some(from), Some(base)) = (pair.source, base_of(pair)) else { continue };
        let From::Snapshot(one) = base.from else { continue };
        if !keeping::held(from, &one, &source.holds, &tag) {
            plan.hold_source.push((from.name.clone(), one.name));
        }
    }
}

/// Without the source the newest snapshot of each copy is taken for the common one.
fn hold_target(edge: &Edge, ends: &Ends<'_>, plan: &mut Takeover) {
    let tag = marks::hold(edge);
    for pair in ends.pairs(edge) {
        let Some(to) = pair.target else { continue };
        let base = match pair.source {
            Some(_) => base_of(&pair).map(|base| base.on_target),
            None => newest(edge, ends.target, to).cloned(),
        };
        let Some(one) = base else { continue };
        if !keeping::held(to, &one, &ends.target.holds, &tag) {
            plan.hold_target.push((to.name.clone(), one.name));
        }
    }
}

/// The newest snapshot that the edge holds on a copy, else the newest of all.
fn newest<'a>(edge: &Edge, target: &Survey, to: &'a Listed) -> Option<&'a Snapshot> {
    let tag = marks::hold(edge);
    let held = |one: &&Snapshot| keeping::held(to, one, &target.holds, &tag);
    to.snapshots.iter().rev().find(held).or(to.snapshots.last())
}

/// What is not on the target where the source can't be asked.
fn lost(edge: &Edge, ends: &Ends<'_>) -> Vec<String> {
    let mut all = Vec::new();
    for pair in ends.pairs(edge) {
        let Some(to) = pair.target else { continue };
        let Some(one) = newest(edge, ends.target, to) else { continue };
        let age = span::age(ends.target.now.saturating_sub(one.creation));
        all.push(format!(
            "{} goes on from @{} of {} ({age} old): what its source got since then is not there",
            to.name,
            one.name,
            calendar::utc(one.creation)
        ));
        if to.property("receive_resume_token").is_some() {
            all.push(format!("an interrupted receive of {} is left as it is", to.name));
        }
    }
    if all.is_empty() {
        all.push(format!("{} has no snapshot: nothing was ever copied whole", edge.target));
    }
    all
}

/// What the end that was left has and the one in use has not.
fn divergence(edge: &Edge, ends: &Ends<'_>) -> Vec<String> {
    let pairs = ends.pairs(edge);
    let behind = pairs.iter().filter_map(|pair| behind::of(pair, &edge.policy));
    let sure = behind.filter(|one| !one.is_only_unknown());
    let told = sure.map(|one| format!("only on the end that was left: {one}"));
    told.collect()
}
