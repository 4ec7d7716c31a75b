//! What is done about one dataset of an edge. A pure function of what both sides listed.

use super::base::{self, Base, From};
use super::crypt;
use super::edge::{Divergence, Edge, Select};
use super::flags::{self, Flags};
use super::refusal::Refusal;
use super::token::{self, Stale, Token, TokenAnswer};
use crate::zfs::capability::Capability;
use crate::zfs::listing::{Guid, Listed, Snapshot};
use crate::zfs::name::Dataset;
use std::collections::BTreeSet;

/// One dataset as both sides know it.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// On the source.
    pub source: &'a Listed,
    /// What it is to be called on the target.
    pub name: &'a Dataset,
    /// On the target, if it is there.
    pub target: Option<&'a Listed>,
    /// The nearest dataset above the target that is there.
    pub above: Option<&'a Listed>,
    /// What the source said of the target's token, if it has one.
    pub token: Option<&'a TokenAnswer>,
    /// The copy, on the target, of the snapshot that the source is a clone of.
    pub origin: Option<&'a str>,
    /// Snapshots of the target that other edges start from.
    pub needed: &'a BTreeSet<Guid>,
    /// The day, for the name of what is set aside: `20261123`.
    pub day: &'a str,
}

/// What is done on the target before anything is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Preparation {
    /// Drops an interrupted receive (`receive -A`).
    Abort(Stale),
    /// Destroys exactly these snapshots, then goes back to `to`.
    Rollback {
        /// The snapshot of the target that stays.
        to: Snapshot,
        /// Newer ones.
        destroys: Vec<Snapshot>,
        /// Bytes that are lost.
        loses: u64,
    },
    /// Renames the target.
    SetAside(Dataset),
    /// Destroys the target with these snapshots.
    Recreate(Vec<Snapshot>),
}

/// One stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Goes on with an interrupted receive.
    Resume(Token),
    /// Everything up to a snapshot.
    Full(Snapshot),
    /// A clone, as the difference from the snapshot it was made of.
    Clone {
        /// The origin on the source, full name.
        origin: String,
        /// Its copy on the target, full name.
        copy: String,
        /// The first snapshot of the clone.
        to: Snapshot,
    },
    /// The difference between two.
    Increment {
        /// What the target has.
        from: From,
        /// What it gets.
        to: Snapshot,
    },
    /// All snapshots between two in one package (`-I`).
    Package {
        /// What the target has.
        from: Snapshot,
        /// The last one.
        to: Snapshot,
        /// How many snapshots are in it.
        count: usize,
    },
}

impl Step {
    /// The snapshot the target has afterwards.
    #[must_use]
    pub fn to(&self) -> Option<&Snapshot> {
        match self {
            Self::Resume(_) => None,
            Self::Full(to)
            | Self::Clone { to, .. }
            | Self::Increment { to, .. }
            | Self::Package { to, .. } => Some(to),
        }
    }
}

/// What is to be done about one dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copying {
    /// On the source.
    pub source: Dataset,
    /// On the target.
    pub target: Dataset,
    /// The base on the target; none for a first copy.
    pub base: Option<Base>,
    /// First, in this order.
    pub before: Vec<Preparation>,
    /// Then these streams; none: everything is there.
    pub steps: Vec<Step>,
    /// Their options.
    pub flags: Flags,
    /// What the operator should know.
    pub warnings: Vec<String>,
}

/// Plans one dataset.
pub fn plan(
    edge: &Edge,
    pair: Pair<'_>,
    from: &Capability,
    to: &Capability,
) -> Result<Copying, Refusal> {
    let mut copying = Copying {
        source: pair.source.name.clone(),
        target: pair.name.clone(),
        base: None,
        before: Vec::new(),
        steps: Vec::new(),
        flags: Flags::default(),
        warnings: Vec::new(),
    };
    let mut target = pair.target;
    copying.base = target.and_then(|target| base::find(pair.source, target));
    let resumed = match pair.token.filter(|_| target.is_some()) {
        None => None,
        Some(answer) => {
            match token::check(answer, pair.source, copying.base.as_ref(), &edge.policy) {
                Ok(token) => Some(token),
                Err(stale) => {
                    copying.before.push(Preparation::Abort(stale));
                    // A first receive that is dropped leaves nothing.
                    target = target.filter(|target| !target.snapshots.is_empty());
                    None
                }
            }
        }
    };
    if resumed.is_none()
        && let Some(there) = target
    {
        let ready = ladder(edge, pair, there, &mut copying)?;
        target = target.filter(|_| ready);
    }
    crypt::check(pair.source, target, pair.above, &edge.policy)?;
    // What is left of a first receive is no copy yet: its options are given again.
    let copy = target.filter(|target| !target.snapshots.is_empty());
    copying.flags = flags::choose(pair.source, copy, &edge.policy, from, to)?;
    if let Some(copy) = copy {
        copying.warnings = flags::in_service(pair.source, copy, &edge.policy, &copying.flags);
    }
    copying.steps = steps(edge, pair, copying.base.as_ref(), resumed, to)?;
    warn(&mut copying, pair);
    Ok(copying)
}

/// Sees to it that the target can take the next stream: climbs the ladder as far as the policy allows. False: the target is
/// out of the way, and everything is sent.
fn ladder(
    edge: &Edge,
    pair: Pair<'_>,
    target: &Listed,
    copying: &mut Copying,
) -> Result<bool, Refusal> {
    let limit = edge.policy.on_divergence;
    let Some(base) = copying.base.clone() else {
        let refusal = match target.snapshots.len() {
            0 => Refusal::NotACopy,
            count => Refusal::NoCommon { count },
        };
        return out_of_the_way(limit, refusal, pair, target, copying);
    };
    let written: u64 = target.property("written").and_then(|value| value.parse().ok()).unwrap_or(0);
    let filled = base.newer.iter().any(|snapshot| snapshot.written != Some(0));
    if !filled && written == 0 {
        return Ok(true);
    }
    let newest = base.newer.last().unwrap_or(&base.on_target);
    if !filled && limit >= Divergence::RollbackLatest && marked(target, newest).is_empty() {
        let to = newest.clone();
        copying.before.push(Preparation::Rollback { to, destroys: Vec::new(), loses: written });
        return Ok(true);
    }
    let refusal = match filled {
        true => Refusal::Newer { snapshots: base.newer.clone(), base: base.on_target.name.clone() },
        false => Refusal::Modified { written },
    };
    let kept = [kept(&base.newer, pair.needed), marked(target, &base.on_target)].concat();
    if limit < Divergence::RollbackCommon {
        return Err(match limit {
            Divergence::RollbackLatest if !filled => Refusal::Kept { rung: limit, what: kept },
            _ => refusal,
        });
    }
    if kept.is_empty() {
        let loses = written + base.newer.iter().filter_map(|one| one.written).sum::<u64>();
        let (to, destroys) = (base.on_target.clone(), base.newer.clone());
        copying.before.push(Preparation::Rollback { to, destroys, loses });
        return Ok(true);
    }
    if limit < Divergence::SetAside {
        return Err(Refusal::Kept { rung: Divergence::RollbackCommon, what: kept });
    }
    out_of_the_way(limit, refusal, pair, target, copying)
}

fn out_of_the_way(
    limit: Divergence,
    refusal: Refusal,
    pair: Pair<'_>,
    target: &Listed,
    copying: &mut Copying,
) -> Result<bool, Refusal> {
    match limit {
        Divergence::SetAside => {
            let aside = format!("{}.conflict-{}", target.name, pair.day);
            let aside =
                Dataset::new(&aside).map_err(|error| Refusal::Name(format!("{aside}: {error}")))?;
            copying.before.push(Preparation::SetAside(aside));
        }
        Divergence::Recreate => {
            let mut what = kept(&target.snapshots, pair.needed);
            let needed = target.bookmarks.iter().filter(|mark| pair.needed.contains(&mark.guid));
            what.extend(needed.map(|mark| format!("#{} (another edge starts from it)", mark.name)));
            if !what.is_empty() {
                return Err(Refusal::Kept { rung: Divergence::Recreate, what });
            }
            copying.before.push(Preparation::Recreate(target.snapshots.clone()));
        }
        _ => return Err(refusal),
    }
    copying.base = None;
    Ok(false)
}

/// The snapshots that must not be destroyed, each with its reason.
fn kept(snapshots: &[Snapshot], needed: &BTreeSet<Guid>) -> Vec<String> {
    let why = |one: &Snapshot| {
        let reason = if one.holds > 0 {
            "held".to_owned()
        } else if let Some(clone) = one.clones.first() {
            format!("cloned as {clone}")
        } else if needed.contains(&one.guid) {
            "another edge starts from it".to_owned()
        } else {
            return None;
        };
        Some(format!("@{} ({reason})", one.name))
    };
    snapshots.iter().filter_map(why).collect()
}

/// Bookmarks of the target behind a snapshot: ZFS goes back past none of them.
fn marked(target: &Listed, to: &Snapshot) -> Vec<String> {
    let behind = target.bookmarks.iter().filter(|mark| mark.createtxg > to.createtxg);
    behind.map(|mark| format!("#{} (a bookmark)", mark.name)).collect()
}

fn steps(
    edge: &Edge,
    pair: Pair<'_>,
    base: Option<&Base>,
    resumed: Option<Token>,
    to: &Capability,
) -> Result<Vec<Step>, Refusal> {
    let policy = &edge.policy;
    let reached = resumed.as_ref().and_then(|token| pair.source.snapshot(token.toguid?));
    let mut from = match (reached, base) {
        (Some(snapshot), _) => Some(From::Snapshot(snapshot.clone())),
        (None, Some(base)) => Some(base.from.clone()),
        (None, None) => None,
    };
    let mut steps: Vec<Step> = resumed.map(Step::Resume).into_iter().collect();
    let wanted = base::wanted(pair.source, policy, from.as_ref().map(From::createtxg));
    let mut rest = wanted.as_slice();
    if from.is_none() {
        let [first, others @ ..] = rest else { return Err(Refusal::NothingSelected) };
        steps.push(first_step(pair, first, to));
        from = Some(From::Snapshot((*first).clone()));
        rest = others;
    }
    let Some(mut from) = from else { return Ok(steps) };
    if let (From::Snapshot(start), Select::All, Some(last)) = (&from, &policy.select, rest.last())
        && rest.len() > policy.package
    {
        let (from, to) = (start.clone(), (*last).clone());
        steps.push(Step::Package { from, to, count: rest.len() });
        return Ok(steps);
    }
    for to in rest {
        steps.push(Step::Increment { from, to: (*to).clone() });
        from = From::Snapshot((*to).clone());
    }
    Ok(steps)
}

/// Without `receive -o origin=` ZFS would look for the origin in the whole pool, and might take another copy of it.
fn first_step(pair: Pair<'_>, first: &Snapshot, to: &Capability) -> Step {
    match (pair.source.property("origin"), pair.origin) {
        (Some(origin), Some(copy)) if to.receives('o') => {
            Step::Clone { origin: origin.to_owned(), copy: copy.to_owned(), to: first.clone() }
        }
        _ => Step::Full(first.clone()),
    }
}

fn warn(copying: &mut Copying, pair: Pair<'_>) {
    if let (Some(Step::Full(_)), Some(origin), Some(_)) =
        (copying.steps.first(), pair.source.property("origin"), pair.origin)
    {
        copying.warnings.push(format!(
            "a clone of {origin}, sent in full: the target's receive can't be told its origin"
        ));
    }
    let Some(base) = &copying.base else { return };
    match &base.from {
        From::Snapshot(from) if from.name != base.on_target.name => copying.warnings.push(format!(
            "@{} of the source is @{} on the target: it was renamed",
            from.name, base.on_target.name
        )),
        From::Bookmark(from) => copying.warnings.push(format!(
            "@{} is gone from the source; its bookmark #{} is the base",
            base.on_target.name, from.name
        )),
        From::Snapshot(_) => {}
    }
}
