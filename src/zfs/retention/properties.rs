use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::zfs::calendar::{self, Period, zone};
use crate::zfs::span::{SKEW, Span};

const DAY: i64 = 86_400;
const START: i64 = 1_790_000_000;

/// A dataset with everything that may rest on its snapshots.
#[derive(Debug, Clone)]
struct World {
    dataset: Dataset,
    snapshots: Vec<Snapshot>,
    bookmarks: Vec<Bookmark>,
    tags: BTreeMap<Guid, Vec<String>>,
    edges: Vec<Edge>,
    now: i64,
}

impl World {
    fn deck(&self) -> Deck<'_> {
        Deck {
            dataset: &self.dataset,
            snapshots: &self.snapshots,
            bookmarks: &self.bookmarks,
            tags: &self.tags,
            edges: &self.edges,
        }
    }

    /// Identities of what would go, whatever the guard says.
    fn gone(&self, keep: &Keep, now: i64) -> BTreeSet<Guid> {
        decide(keep, &self.deck(), now).going().map(|snapshot| snapshot.guid).collect()
    }

    /// The world after a run.
    fn after(&self, keep: &Keep, now: i64) -> Self {
        let gone = self.gone(keep, now);
        let mut world = self.clone();
        world.snapshots.retain(|snapshot| !gone.contains(&snapshot.guid));
        world
    }

    fn has(&self, guid: Guid) -> bool {
        self.snapshots.iter().any(|snapshot| snapshot.guid == guid)
    }

    fn marked(&self, guid: Guid) -> bool {
        self.bookmarks.iter().any(|mark| mark.guid == guid)
    }

    /// The newest here that the other end has: on the sender a bookmark does as well.
    fn base(&self, edge: &Edge, theirs: &BTreeSet<Guid>) -> Option<Guid> {
        let snapshots = self.snapshots.iter().map(|s| (s.createtxg, s.guid));
        let marks = self.bookmarks.iter().map(|b| (b.createtxg, b.guid));
        let marks = marks.filter(|_| edge.side == Side::Sender);
        let common = snapshots.chain(marks).filter(|(_, guid)| theirs.contains(guid));
        common.max().map(|(_, guid)| guid)
    }
}

fn snapshots() -> impl Strategy<Value = Vec<Snapshot>> {
    // Steps of the clock between two snapshots: mostly forward, sometimes set back or far ahead.
    let step = prop_oneof![
        8 => 0..2 * DAY,
        4 => 0..4_000i64,
        1 => -40 * DAY..0,
        1 => Just(365 * DAY),
        1 => Just(-365 * DAY),
    ];
    let one = (step, 0..10u8, 0..12u8, 0..12u8);
    vec(one, 0..50).prop_map(|rows| {
        let mut creation = START;
        let mut made = Vec::new();
        for (id, (step, name, hold, clone)) in (1u64..).zip(rows) {
            creation += step;
            let prefix = if name == 0 { "hand" } else { "tank" };
            made.push(Snapshot {
                name: format!("{prefix}_{}", 1_000 - id),
                guid: Guid(id * 7_919 % 1_009),
                createtxg: id * 3,
                creation,
                holds: u32::from(hold == 0),
                used: 0,

                written: None,
                clones: if clone == 0 { vec!["pa/clone".into()] } else { Vec::new() },
            });
        }
        made
    })
}

fn edge(ids: Vec<Guid>) -> impl Strategy<Value = Edge> {
    let some = || btree_set(select(ids.clone()), 0..6);
    let peer = prop_oneof![
        6 => some().prop_map(Peer::Listed),
        2 => Just(Peer::Offline),
        1 => Just(Peer::Failed("cut".into())),
        1 => Just(Peer::Frozen("suspect".into())),
    ];
    let side = select(vec![Side::Sender, Side::Receiver]);
    let recorded = proptest::option::weighted(0.8, select(ids.clone()));
    let needs = btree_set(select(ids), 0..2);
    (side, peer, recorded, needs).prop_map(|(side, peer, recorded, needs)| Edge {
        name: "e".into(),
        side,
        peer,
        recorded,
        needs,
    })
}

fn world() -> impl Strategy<Value = World> {
    snapshots().prop_flat_map(|snapshots| {
        let mut ids: Vec<Guid> = snapshots.iter().map(|snapshot| snapshot.guid).collect();
        ids.push(Guid(5_000));
        let newest = snapshots.iter().map(|snapshot| snapshot.creation).max().unwrap_or(START);
        let marks = btree_set(select(ids.clone()), 0..5);
        let edges = vec(edge(ids), 0..4);
        let late = prop_oneof![Just(0), -400 * DAY..0, -7_200..0i64, 0..400 * DAY, 0..DAY];
        (Just(snapshots).prop_shuffle(), marks, edges, late).prop_map(
            move |(snapshots, marks, edges, late)| {
                let bookmarks = marks.iter().map(|guid| mark(&snapshots, *guid)).collect();
                World {
                    dataset: Dataset::new("pa/data").unwrap(),
                    snapshots,
                    bookmarks,
                    tags: BTreeMap::new(),
                    edges,
                    now: newest + late,
                }
            },
        )
    })
}

fn mark(snapshots: &[Snapshot], guid: Guid) -> Bookmark {
    let of = snapshots.iter().find(|snapshot| snapshot.guid == guid);
    // One whose snapshot is gone lies between two others.
    let (createtxg, creation) = of.map_or((31, START), |of| (of.createtxg, of.creation));
    Bookmark { name: format!("m{}", guid.0), guid, createtxg, creation }
}

fn policy() -> impl Strategy<Value = Keep> {
    let count = || prop_oneof![2 => Just(0u32), 3 => 1..6u32];
    let span =
        || proptest::option::weighted(0.3, (0..40 * DAY as u64).prop_map(Span::from_seconds));
    let counts = (count(), count(), count(), count(), count(), count());
    (counts, span(), span(), count(), any::<bool>(), any::<bool>()).prop_map(
        |(
            (last, hourly, daily, weekly, monthly, yearly),
            within,
            min_age,
            min_count,
            berlin,
            base,
        )| {
            let mut keep = Keep::new(Scope::new("tank_", None).unwrap());
            (keep.last, keep.hourly, keep.daily) = (last, hourly, daily);
            (keep.weekly, keep.monthly, keep.yearly) = (weekly, monthly, yearly);
            (keep.within, keep.min_age, keep.min_count) = (within, min_age, min_count);
            keep.regex = Some(Pattern::new("_99[05]$").unwrap());
            keep.zone = zone(if berlin { "Europe/Berlin" } else { "UTC" }).unwrap();
            keep.absent = if base { Absent::Base } else { Absent::Newer };
            keep
        },
    )
}

fn ours(snapshot: &&Snapshot) -> bool {
    snapshot.name.starts_with("tank_")
}

/// The policies that keep more than this one by one step of one rule.
fn greater(keep: &Keep) -> Vec<Keep> {
    let more = |change: &dyn Fn(&mut Keep)| {
        let mut keep = keep.clone();
        change(&mut keep);
        keep
    };
    let longer = |span: Option<Span>| {
        Some(Span::from_seconds(span.map_or(0, |span| span.seconds() as u64) + DAY as u64))
    };
    vec![
        more(&|k| k.last += 1),
        more(&|k| k.hourly += 1),
        more(&|k| k.daily += 1),
        more(&|k| k.weekly += 1),
        more(&|k| k.monthly += 1),
        more(&|k| k.yearly += 1),
        more(&|k| k.within = longer(k.within)),
        more(&|k| k.min_age = longer(k.min_age)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_must_stay_stays(world in world(), keep in policy()) {
        let gone = world.gone(&keep, world.now);
        let newest = world.snapshots.iter().filter(ours).max_by_key(|s| s.createtxg);
        prop_assert!(newest.is_none_or(|newest| !gone.contains(&newest.guid)));
        for snapshot in &world.snapshots {
            let forbidden = snapshot.holds > 0
                || !snapshot.clones.is_empty()
                || !ours(&snapshot)
                || snapshot.creation > world.now + SKEW
                || world.edges.iter().any(|edge| edge.needs.contains(&snapshot.guid));
            prop_assert!(!(forbidden && gone.contains(&snapshot.guid)), "{snapshot:?}");
        }
    }

    #[test]
    fn no_edge_loses_its_base(world in world(), keep in policy()) {
        let after = world.after(&keep, world.now);
        for edge in &world.edges {
            match &edge.peer {
                Peer::Listed(theirs) => {
                    prop_assert_eq!(world.base(edge, theirs), after.base(edge, theirs));
                }
                Peer::Frozen(_) => prop_assert_eq!(&world.snapshots, &after.snapshots),
                Peer::Offline | Peer::Failed(_) => {
                    let sender = edge.side == Side::Sender;
                    let known = edge.recorded.filter(|g| world.has(*g) || sender && world.marked(*g));
                    match known {
                        None => prop_assert_eq!(&world.snapshots, &after.snapshots),
                        Some(base) => prop_assert!(after.has(base) || sender && after.marked(base)),
                    }
                }
            }
        }
    }

    #[test]
    fn what_an_absent_target_may_have_stays(world in world(), keep in policy()) {
        let mut keep = keep;
        keep.absent = Absent::Newer;
        let gone = world.gone(&keep, world.now);
        let absent = world.edges.iter().filter(|e| matches!(e.peer, Peer::Offline | Peer::Failed(_)));
        for edge in absent {
            let recorded = world.snapshots.iter().find(|s| Some(s.guid) == edge.recorded);
            let Some(recorded) = recorded else { continue };
            for newer in world.snapshots.iter().filter(|s| s.createtxg >= recorded.createtxg) {
                let spared = edge.side == Side::Sender && world.marked(newer.guid);
                prop_assert!(spared || !gone.contains(&newer.guid), "{newer:?}");
            }
        }
    }

    #[test]
    fn never_fewer_than_min_count(world in world(), keep in policy()) {
        let present = |world: &World| {
            world.snapshots.iter().filter(ours).filter(|s| s.creation <= world.now + SKEW).count()
        };
        let (before, after) = (present(&world), present(&world.after(&keep, world.now)));
        prop_assert!(after >= before.min(keep.min_count as usize), "{before} {after}");
    }

    #[test]
    fn a_second_run_destroys_nothing(world in world(), keep in policy()) {
        let after = world.after(&keep, world.now);
        prop_assert_eq!(after.gone(&keep, world.now), BTreeSet::new());
    }

    #[test]
    fn a_greater_count_keeps_a_superset(world in world(), keep in policy()) {
        // What fills up to min_count is what the rules leave over: a rule that keeps more leaves less to fill.
        let mut keep = keep;
        let less = world.gone(&keep, world.now);
        let mut fuller = keep.clone();
        fuller.min_count += 1;
        prop_assert!(world.gone(&fuller, world.now).is_subset(&less));
        keep.min_count = 0;
        let less = world.gone(&keep, world.now);
        for (at, more) in greater(&keep).iter().enumerate() {
            prop_assert!(world.gone(more, world.now).is_subset(&less), "rule {at}");
        }
    }

    #[test]
    fn the_order_of_the_listing_is_no_matter(world in world(), keep in policy()) {
        let mut sorted = world.clone();
        sorted.snapshots.sort_by_key(|snapshot| snapshot.createtxg);
        prop_assert_eq!(
            decide(&keep, &world.deck(), world.now),
            decide(&keep, &sorted.deck(), world.now)
        );
    }

    #[test]
    fn every_verdict_has_its_reasons(world in world(), keep in policy()) {
        let decision = decide(&keep, &world.deck(), world.now);
        prop_assert_eq!(decision.verdicts.len(), world.snapshots.len());
        for verdict in &decision.verdicts {
            prop_assert!(!verdict.reasons.is_empty());
            prop_assert!(verdict.reasons.iter().all(|reason| reason.destroys() != verdict.keep));
        }
        let text = preview(&world.dataset, &decision);
        let destroys = text.lines().filter(|line| line.starts_with("DESTROY ")).count();
        prop_assert_eq!(destroys, decision.going().count());
    }

    #[test]
    fn the_guard_lets_no_mass_through(world in world(), keep in policy(), share in 0..100u8) {
        let mut keep = keep;
        keep.max_share = share;
        let decision = decide(&keep, &world.deck(), world.now);
        if let Ok(gone) = decision.destroys() {
            prop_assert!(gone.len() <= keep.few || gone.len() * 100 <= decision.ours * usize::from(share));
        }
        keep.allow_mass_prune = true;
        prop_assert!(decide(&keep, &world.deck(), world.now).destroys().is_ok());
    }

    #[test]
    fn a_wrong_clock_prunes_nothing_that_was_settled(world in world(), keep in policy()) {
        // What a run kept is still kept by one whose clock is wrong for once.
        let settled = world.after(&keep, world.now);
        for back in [3_600, DAY, 365 * DAY] {
            prop_assert_eq!(settled.gone(&keep, world.now - back), BTreeSet::new(), "{} back", back);
        }
        // Ahead, snapshots that were in the future may come to count; without them only ages move, and by a period at most.
        let mut keep = keep;
        (keep.within, keep.min_age) = (None, None);
        let mut settled = world.after(&keep, world.now);
        settled.snapshots.retain(|snapshot| snapshot.creation <= world.now + SKEW);
        let settled = settled.after(&keep, world.now);
        prop_assert_eq!(settled.gone(&keep, world.now + 365 * DAY), BTreeSet::new());
    }

    #[test]
    fn a_clock_ahead_ages_by_a_period_at_most(world in world(), keep in policy()) {
        let newest = world.snapshots.iter().filter(ours).map(|snapshot| snapshot.creation).max();
        let newest = newest.unwrap_or(START);
        let day = world.gone(&keep, newest + DAY);
        prop_assert_eq!(world.gone(&keep, newest + 365 * DAY), day);
    }

    #[test]
    fn buckets_are_ordered_as_time_is(a in 0..4_000_000_000i64, b in 0..400 * DAY) {
        let berlin = zone("Europe/Berlin").unwrap();
        for period in Period::ALL {
            prop_assert!(period.bucket(&berlin, a) <= period.bucket(&berlin, a + b));
        }
        prop_assert_eq!(calendar::from_utc(&calendar::utc(a)), Some(a));
    }
}
