//! Random histories: whatever happened on both sides, a plan destroys no base, sends nothing in full that it need not, and
//! leaves nothing to do once it is carried out.

use super::*;
use crate::zfs::replication::base;
use crate::zfs::replication::edge::{Divergence, Select};
use crate::zfs::replication::plan::{Preparation, Step};
use proptest::prelude::*;

/// A side's past, one event after the other.
#[derive(Debug, Clone)]
enum Happens {
    Snapshot,
    Empty,
    Destroy(usize),
    Rename(usize),
    RollBack(usize),
    Bookmark(usize),
    Hold(usize),
    Clone(usize),
    Write,
    ClockJump(i64),
}

fn event() -> impl Strategy<Value = Happens> {
    prop_oneof![
        4 => Just(Happens::Snapshot),
        1 => Just(Happens::Empty),
        2 => (0_usize..8).prop_map(Happens::Destroy),
        1 => (0_usize..8).prop_map(Happens::Rename),
        1 => (0_usize..8).prop_map(Happens::RollBack),
        2 => (0_usize..8).prop_map(Happens::Bookmark),
        1 => (0_usize..8).prop_map(Happens::Hold),
        1 => (0_usize..8).prop_map(Happens::Clone),
        1 => Just(Happens::Write),
        1 => (-100_000_i64..100_000).prop_map(Happens::ClockJump),
    ]
}

/// A host of the simulation.
struct Side {
    listed: Listed,
    txg: u64,
    clock: i64,
    next: u64,
}

impl Side {
    fn new(name: &str, first: u64) -> Self {
        Self { listed: dataset(name, ""), txg: 10, clock: 1_700_000_000, next: first }
    }

    fn happen(&mut self, event: &Happens) {
        let count = self.listed.snapshots.len();
        let at = |n: usize| (count > 0).then(|| n % count.max(1));
        match event {
            Happens::Snapshot | Happens::Empty => self.take(matches!(event, Happens::Empty)),
            Happens::Destroy(n) => drop(at(*n).map(|at| self.listed.snapshots.remove(at))),
            Happens::Rename(n) => {
                let name = format!("renamed{}", self.next);
                self.next += 1;
                at(*n).into_iter().for_each(|at| self.listed.snapshots[at].name.clone_from(&name));
            }
            Happens::RollBack(n) => {
                at(*n).into_iter().for_each(|at| self.listed.snapshots.truncate(at + 1))
            }
            Happens::Bookmark(n) => at(*n).into_iter().for_each(|at| self.mark(at)),
            Happens::Hold(n) => {
                at(*n).into_iter().for_each(|at| self.listed.snapshots[at].holds = 1)
            }
            Happens::Clone(n) => {
                at(*n)
                    .into_iter()
                    .for_each(|at| self.listed.snapshots[at].clones.push("p/clone".to_owned()));
            }
            Happens::Write => {
                drop(self.listed.properties.insert("written".to_owned(), "4096".to_owned()))
            }
            Happens::ClockJump(by) => self.clock += by,
        }
    }

    fn take(&mut self, empty: bool) {
        self.txg += 1;
        self.clock += 60;
        self.next += 1;
        let one = Snapshot {
            createtxg: self.txg,
            creation: self.clock,
            ..snap(&format!("s{}", self.next), self.next)
        };
        let one = Snapshot { written: Some(if empty { 0 } else { 500 }), ..one };
        self.listed.snapshots.push(one);
        self.listed.properties.insert("written".to_owned(), "0".to_owned());
    }

    fn mark(&mut self, at: usize) {
        let one = &self.listed.snapshots[at];
        let mark = Bookmark {
            name: format!("m{}", one.guid.0),
            guid: one.guid,
            createtxg: one.createtxg,
            creation: one.creation,
        };
        if !self.listed.bookmarks.iter().any(|there| there.guid == mark.guid) {
            self.listed.bookmarks.push(mark);
            self.listed.bookmarks.sort_by_key(|mark| mark.createtxg);
        }
    }

    /// Takes a snapshot as `receive` does; refuses what ZFS refuses.
    fn receive(&mut self, from: Option<Guid>, sent: &Snapshot) -> Result<(), String> {
        match from {
            None if !self.listed.snapshots.is_empty() => {
                return Err("destination exists".to_owned());
            }
            None => {}
            Some(from) => {
                let at = self
                    .listed
                    .snapshots
                    .iter()
                    .position(|one| one.guid == from)
                    .ok_or("no base")?;
                let behind = &self.listed.snapshots[at + 1..];
                if behind.iter().any(|one| one.written != Some(0))
                    || self.listed.property("written") != Some("0")
                {
                    return Err("modified since most recent snapshot".to_owned());
                }
            }
        }
        self.txg += 1;
        self.listed.snapshots.push(Snapshot {
            createtxg: self.txg,
            holds: 0,
            clones: Vec::new(),
            ..sent.clone()
        });
        Ok(())
    }
}

/// Carries a plan out.
fn carry_out(copying: &Copying, source: &Side, target: &mut Option<Side>) -> Result<(), String> {
    for preparation in &copying.before {
        match preparation {
            Preparation::Rollback { to, destroys, .. } => {
                let side = target.as_mut().ok_or("nothing to roll back")?;
                side.listed
                    .snapshots
                    .retain(|one| !destroys.iter().any(|gone| gone.guid == one.guid));
                if side.listed.snapshots.last().map(|one| one.guid) != Some(to.guid) {
                    return Err("more recent snapshots exist".to_owned());
                }
                if side.listed.bookmarks.iter().any(|mark| mark.createtxg > to.createtxg) {
                    return Err("more recent bookmarks exist".to_owned());
                }
                side.listed.properties.insert("written".to_owned(), "0".to_owned());
            }
            Preparation::SetAside(_) | Preparation::Recreate(_) => *target = None,
            Preparation::Abort(_) => return Err("no token in this simulation".to_owned()),
        }
    }
    for step in &copying.steps {
        let side = target.get_or_insert_with(|| Side::new("pb/d", 500_000));
        match step {
            Step::Full(to) => side.receive(None, to)?,
            Step::Increment { from, to } => side.receive(Some(from.guid()), to)?,
            Step::Package { from, to, .. } => {
                let all = &source.listed.snapshots;
                let place =
                    |guid| all.iter().position(|one| one.guid == guid).ok_or("not on the source");
                let (start, end) = (place(from.guid)?, place(to.guid)?);
                for pair in all[start..=end].windows(2) {
                    side.receive(Some(pair[0].guid), &pair[1])?;
                }
            }
            Step::Resume(_) | Step::Clone { .. } => return Err("not in this simulation".to_owned()),
        }
    }
    Ok(())
}

fn case(source: &Side, target: Option<&Side>, rung: Divergence, select: Select) -> Case {
    let mut case = Case::new("", "-").policy(|policy| {
        policy.on_divergence = rung;
        policy.select = select;
        policy.package = 3;
    });
    case.source = source.listed.clone();
    case.target = target.map(|side| side.listed.clone());
    case
}

fn destroyed(copying: &Copying) -> Vec<Guid> {
    let of = |one: &Preparation| match one {
        Preparation::Rollback { destroys, .. } | Preparation::Recreate(destroys) => {
            destroys.clone()
        }
        _ => Vec::new(),
    };
    copying.before.iter().flat_map(of).map(|one| one.guid).collect()
}

fn check(
    source: &Side,
    target: &mut Option<Side>,
    rung: Divergence,
    select: &Select,
) -> Result<(), TestCaseError> {
    let case = case(source, target.as_ref(), rung, select.clone());
    let found = case.target.as_ref().and_then(|target| base::find(&case.source, target));
    let Ok(copying) = case.plan() else {
        return Ok(());
    };
    let gone = destroyed(&copying);
    let full = copying.steps.iter().any(|step| matches!(step, Step::Full(_)));
    if let Some(base) = &found {
        let marks = case.target.iter().flat_map(|target| &target.bookmarks);
        let kept = base.newer.iter().any(|one| one.holds > 0 || !one.clones.is_empty())
            || marks.into_iter().any(|mark| mark.createtxg > base.on_target.createtxg);
        prop_assert!(
            !gone.contains(&base.on_target.guid) || (rung == Divergence::Recreate && kept && full)
        );
        // Sent in full only where a rung out of the way was allowed and a rollback would destroy what is kept.
        prop_assert!(
            !full || (rung >= Divergence::SetAside && kept),
            "full with a base: {}",
            words(&copying)
        );
    }
    for one in case.target.iter().flat_map(|target| &target.snapshots) {
        prop_assert!(!(gone.contains(&one.guid) && (one.holds > 0 || !one.clones.is_empty())));
    }
    let told = words(&copying);
    carry_out(&copying, source, target)
        .map_err(|error| TestCaseError::fail(format!("{error}: {told}")))?;
    let again = self::case(source, target.as_ref(), Divergence::Stop, select.clone());
    match again.plan() {
        Ok(again) => prop_assert!(
            again.steps.is_empty() && again.before.is_empty(),
            "again: {}",
            words(&again)
        ),
        Err(refusal) => {
            return Err(TestCaseError::fail(format!("second run: {refusal} behind {told}")));
        }
    }
    Ok(())
}

fn rung() -> impl Strategy<Value = Divergence> {
    prop_oneof![
        Just(Divergence::Stop),
        Just(Divergence::RollbackLatest),
        Just(Divergence::RollbackCommon),
        Just(Divergence::SetAside),
        Just(Divergence::Recreate)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn plans_hold_whatever_happened(
        rounds in prop::collection::vec((prop::collection::vec(event(), 0..8), prop::collection::vec(event(), 0..4)), 1..6),
        rung in rung(),
        latest in any::<bool>(),
    ) {
        let select = if latest { Select::Latest } else { Select::All };
        let mut source = Side::new("pa/d", 0);
        let mut target: Option<Side> = None;
        for (on_source, on_target) in &rounds {
            on_source.iter().for_each(|event| source.happen(event));
            if let Some(side) = &mut target {
                on_target.iter().for_each(|event| side.happen(event));
            }
            check(&source, &mut target, rung, &select)?;
        }
    }
}
