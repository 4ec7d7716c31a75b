use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::zfs::calendar::{from_utc, utc, zone};

const DAY: i64 = 86_400;

struct Case {
    dataset: Dataset,
    snapshots: Vec<Snapshot>,
    bookmarks: Vec<Bookmark>,
    tags: BTreeMap<Guid, Vec<String>>,
    edges: Vec<Edge>,
}

impl Case {
    /// Snapshots named `tank_1` and so on, in this order, with these creations; guid and createtxg are 1, 2, ...
    fn new(creations: impl IntoIterator<Item = i64>) -> Self {
        let snapshots = (1..).zip(creations).map(|(id, at)| snapshot(id, at)).collect();
        Self {
            dataset: Dataset::new("pa/data").unwrap(),
            snapshots,
            bookmarks: Vec::new(),
            tags: BTreeMap::new(),
            edges: Vec::new(),
        }
    }

    /// One a day at noon, the last one today.
    fn days(count: i64) -> Self {
        Self::new((1 - count..=0).map(|day| now() + day * DAY))
    }

    fn mark(mut self, id: u64) -> Self {
        let (name, guid) = (format!("m{id}"), Guid(id));
        self.bookmarks.push(Bookmark { name, guid, createtxg: id, creation: now() });
        self
    }

    fn edge(mut self, side: Side, peer: Peer, recorded: Option<u64>) -> Self {
        let name = "pa/data -> host-b:pb/data".to_owned();
        let recorded = recorded.map(Guid);
        self.edges.push(Edge { name, side, peer, recorded, needs: BTreeSet::new() });
        self
    }

    fn deck(&self) -> Deck<'_> {
        Deck {
            dataset: &self.dataset,
            snapshots: &self.snapshots,
            bookmarks: &self.bookmarks,
            tags: &self.tags,
            edges: &self.edges,
        }
    }

    /// `tank_1: reason; reason` of what stays, the oldest first.
    fn kept(&self, keep: &Keep, now: i64) -> Vec<String> {
        self.said(keep, now, true)
    }

    fn gone(&self, keep: &Keep, now: i64) -> Vec<String> {
        self.said(keep, now, false)
    }

    fn said(&self, keep: &Keep, now: i64, kept: bool) -> Vec<String> {
        let decision = decide(keep, &self.deck(), now);
        let wanted = decision.verdicts.iter().filter(|verdict| verdict.keep == kept);
        let text = |verdict: &Verdict<'_>| {
            let reasons: Vec<String> = verdict.reasons.iter().map(Reason::to_string).collect();
            format!("{}: {}", verdict.snapshot.name, reasons.join("; "))
        };
        wanted.map(text).collect()
    }
}

fn snapshot(id: u64, creation: i64) -> Snapshot {
    Snapshot {
        name: format!("tank_{id}"),
        guid: Guid(id),
        createtxg: id,
        creation,
        holds: 0,
        used: 0,

        written: None,
        clones: Vec::new(),
    }
}

/// Monday, noon.
fn now() -> i64 {
    from_utc("2026-11-23T12:00:00Z").unwrap()
}

fn keep(change: impl FnOnce(&mut Keep)) -> Keep {
    let mut keep = Keep::new(Scope::new("tank_", None).unwrap());
    change(&mut keep);
    keep
}

fn last(count: u32) -> Keep {
    keep(|keep| keep.last = count)
}

fn guids(ids: impl IntoIterator<Item = u64>) -> Peer {
    Peer::Listed(ids.into_iter().map(Guid).collect())
}

#[test]
fn buckets_keep_the_newest_of_each_that_is_not_empty() {
    // Three on the 1st, none on the 2nd to 9th, one on the 10th, two on the 20th.
    let times = ["01T01", "01T02", "01T03", "10T10", "20T01", "20T23"];
    let case =
        Case::new(times.iter().map(|time| from_utc(&format!("2026-11-{time}:00:00Z")).unwrap()));
    let daily = keep(|keep| keep.daily = 3);
    assert_eq!(
        case.kept(&daily, now()),
        ["tank_3: daily 3 of 3", "tank_4: daily 2 of 3", "tank_6: newest; daily 1 of 3"]
    );
    assert_eq!(
        case.gone(&daily, now()),
        ["tank_1: no rule keeps it", "tank_2: no rule keeps it", "tank_5: no rule keeps it"]
    );
    let weekly = keep(|keep| keep.weekly = 9);
    assert_eq!(
        case.kept(&weekly, now()),
        ["tank_3: weekly 3 of 9", "tank_4: weekly 2 of 9", "tank_6: newest; weekly 1 of 9"]
    );
    let many = keep(|keep| {
        keep.last = 2;
        keep.hourly = 1;
        keep.monthly = 12;
        keep.yearly = 1;
    });
    assert_eq!(
        case.kept(&many, now()),
        [
            "tank_5: last 2 of 2",
            "tank_6: newest; last 1 of 2; hourly 1 of 1; monthly 1 of 12; yearly 1 of 1"
        ]
    );
}

#[test]
fn spans_and_expressions_keep() {
    let case = Case::days(6);
    let within = keep(|keep| keep.within = Some("2d".parse().unwrap()));
    assert_eq!(
        case.kept(&within, now()),
        ["tank_4: within 2d", "tank_5: within 2d", "tank_6: newest; within 2d"]
    );
    let age = keep(|keep| keep.min_age = Some("36h".parse().unwrap()));
    assert_eq!(
        case.kept(&age, now()),
        ["tank_5: not older than min_age 1d12h", "tank_6: newest; not older than min_age 1d12h"]
    );
    let regex = keep(|keep| keep.regex = Some(Pattern::new("_[13]$").unwrap()));
    assert_eq!(
        case.kept(&regex, now()),
        ["tank_1: matches _[13]$", "tank_3: matches _[13]$", "tank_6: newest"]
    );
    let count = keep(|keep| {
        keep.min_count = 3;
        keep.regex = Some(Pattern::new("_1$").unwrap());
    });
    assert_eq!(
        case.kept(&count, now()),
        ["tank_1: matches _1$", "tank_5: never fewer than 3", "tank_6: newest"]
    );
}

#[test]
fn others_snapshots_are_foreign() {
    let mut case = Case::days(4);
    case.snapshots[0].name = "before-upgrade".into();
    case.snapshots[3].name = "tank".into();
    assert_eq!(
        case.kept(&last(1), now()),
        ["before-upgrade: foreign", "tank_3: newest; last 1 of 1", "tank: foreign"]
    );
    let mut only = last(1);
    only.scope = Scope::new("tank_", Some("[12]$")).unwrap();
    assert_eq!(
        case.kept(&only, now()),
        [
            "before-upgrade: foreign",
            "tank_2: newest; last 1 of 1",
            "tank_3: foreign",
            "tank: foreign"
        ]
    );
}

#[test]
fn an_expression_that_gives_up_keeps() {
    let mut case = Case::days(3);
    case.snapshots[0].name = format!("tank_{}!", "a".repeat(200));
    // Backtracks without end: look-ahead and a back reference keep it from the linear engine.
    let hopeless = r"^tank_(?=(a|aa)+\1$)(a|aa)+\2$";
    let mut policy = last(1);
    policy.regex = Some(Pattern::new(hopeless).unwrap());
    let kept = case.kept(&policy, now());
    assert!(kept[0].contains("its name can't be judged"), "{kept:?}");
    policy.regex = None;
    policy.scope = Scope::new("", Some(hopeless)).unwrap();
    let kept = case.kept(&policy, now());
    assert!(kept[0].contains("foreign; its name can't be judged"), "{kept:?}");
}

// The corner cases.

#[test]
fn the_last_common_snapshot_stays_on_the_sender() {
    let case = Case::days(5).edge(Side::Sender, guids([1, 2, 77]), None);
    assert_eq!(
        case.kept(&last(1), now()),
        ["tank_2: last common with edge pa/data -> host-b:pb/data", "tank_5: newest; last 1 of 1"]
    );
}

#[test]
fn on_the_sender_a_bookmark_takes_its_place() {
    let case = Case::days(5).mark(2).edge(Side::Sender, guids([1, 2]), None);
    assert_eq!(case.kept(&last(1), now()), ["tank_5: newest; last 1 of 1"]);
    assert_eq!(
        case.gone(&last(1), now())[1],
        "tank_2: no rule keeps it; the base of edge pa/data -> host-b:pb/data is kept by bookmark #m2"
    );
    // The snapshot is gone, its bookmark is the base: an older common one is not needed.
    let mut case = Case::days(5).mark(3).edge(Side::Sender, guids([1, 3]), None);
    case.snapshots.remove(2);
    assert_eq!(case.kept(&last(1), now()), ["tank_5: newest; last 1 of 1"]);
    // A bookmark of the same name with another identity helps nothing.
    let mut case = Case::days(5).mark(2).edge(Side::Sender, guids([1, 2]), None);
    case.bookmarks[0].guid = Guid(99);
    assert_eq!(case.kept(&last(1), now()).len(), 2);
}

#[test]
fn on_the_receiver_no_bookmark_takes_its_place() {
    let case = Case::days(5).mark(2).edge(Side::Receiver, guids([1, 2]), None);
    assert_eq!(
        case.kept(&last(1), now()),
        ["tank_2: last common with edge pa/data -> host-b:pb/data", "tank_5: newest; last 1 of 1"]
    );
}

#[test]
fn of_an_offline_target_the_record_and_all_newer_stay() {
    for peer in [Peer::Offline, Peer::Failed("permission denied".into())] {
        let case = Case::days(6).edge(Side::Sender, peer, Some(4));
        assert_eq!(
            case.kept(&last(1), now()),
            [
                "tank_4: last recorded common with edge pa/data -> host-b:pb/data",
                "tank_5: newer than the last recorded common with edge pa/data -> host-b:pb/data",
                "tank_6: newest; last 1 of 1; newer than the last recorded common with edge pa/data -> \
                 host-b:pb/data"
            ]
        );
    }
}

#[test]
fn without_a_record_of_an_offline_target_all_stay() {
    for recorded in [None, Some(99)] {
        for peer in [Peer::Offline, Peer::Failed("no such pool".into())] {
            let case = Case::days(6).edge(Side::Sender, peer, recorded);
            assert_eq!(case.gone(&last(1), now()), [""; 0]);
            assert_eq!(
                case.kept(&last(1), now())[0],
                "tank_1: what edge pa/data -> host-b:pb/data needs is not known"
            );
        }
    }
    // The very same listing, empty but seen: nothing rests on it.
    let case = Case::days(6).edge(Side::Sender, guids([]), None);
    assert_eq!(case.gone(&last(1), now()).len(), 5);
    // Seen to be empty although there is a record: the target was made anew, or is not what it seems.
    let case = Case::days(6).edge(Side::Sender, guids([]), Some(2));
    assert_eq!(
        case.kept(&last(1), now())[0],
        "tank_2: last recorded common with edge pa/data -> host-b:pb/data"
    );
}

#[test]
fn an_offline_target_with_a_bookmark_blocks_only_what_it_may_have() {
    let offline = || Case::days(6).mark(2).edge(Side::Sender, Peer::Offline, Some(2));
    assert_eq!(offline().kept(&last(1), now()).len(), 4);
    let mut base = last(1);
    base.absent = Absent::Base;
    assert_eq!(offline().kept(&base, now()), ["tank_6: newest; last 1 of 1"]);
    // The snapshot itself is gone, the bookmark still says where its place was.
    let mut case = offline();
    case.snapshots.remove(1);
    assert_eq!(case.gone(&last(1), now()), ["tank_1: no rule keeps it"]);
    // Without a bookmark the base stays in both modes, and on the receiver no mode lets anything go.
    let case = Case::days(6).edge(Side::Sender, Peer::Offline, Some(2));
    assert_eq!(case.kept(&base, now()).len(), 2);
    let case = Case::days(6).mark(4).edge(Side::Receiver, Peer::Offline, Some(4));
    assert_eq!(case.kept(&base, now()).len(), 3);
}

#[test]
fn edges_are_judged_one_by_one() {
    let case = Case::days(6)
        .edge(Side::Sender, guids([6]), Some(6))
        .edge(Side::Sender, Peer::Offline, Some(3))
        .edge(Side::Receiver, guids([2]), None);
    let kept: Vec<String> = case.kept(&last(1), now());
    assert_eq!(
        kept.iter().map(|line| &line[..6]).collect::<Vec<_>>(),
        ["tank_2", "tank_3", "tank_4", "tank_5", "tank_6"]
    );
}

#[test]
fn an_unfinished_transfer_and_a_frozen_edge_keep() {
    let mut case = Case::days(4).edge(Side::Sender, guids([4]), None);
    case.edges[0].needs = BTreeSet::from([Guid(2)]);
    assert_eq!(
        case.kept(&last(1), now())[0],
        "tank_2: an unfinished transfer of edge pa/data -> host-b:pb/data needs it"
    );
    let case = Case::days(4).edge(Side::Receiver, Peer::Frozen("hashes differ".into()), None);
    assert_eq!(case.gone(&last(1), now()), [""; 0]);
    assert_eq!(
        case.kept(&last(1), now())[0],
        "tank_1: pruning is frozen for edge pa/data -> host-b:pb/data: hashes differ"
    );
}

#[test]
fn held_and_cloned_snapshots_and_origins_of_a_receive_stay() {
    let mut case = Case::days(6);
    case.snapshots[0].holds = 2;
    case.tags.insert(Guid(1), vec!["tank_edge".into(), "legal".into()]);
    case.snapshots[1].holds = 1;
    case.snapshots[2].clones = vec!["pa/x".into(), "pa/y".into()];
    case.snapshots[3].clones = vec!["pa/data/%recv".into()];
    assert_eq!(
        case.kept(&last(1), now()),
        [
            "tank_1: held: tank_edge, legal",
            "tank_2: held",
            "tank_3: clone pa/x; clone pa/y",
            "tank_4: an unfinished receive rests on it",
            "tank_6: newest; last 1 of 1"
        ]
    );
}

#[test]
fn a_future_snapshot_stays_is_warned_of_and_uses_up_nothing() {
    let mut case = Case::days(4);
    case.snapshots[2].creation = now() + 365 * DAY;
    let policy = keep(|keep| keep.daily = 2);
    assert_eq!(
        case.kept(&policy, now()),
        [
            "tank_2: daily 2 of 2",
            "tank_3: creation is in the future",
            "tank_4: newest; daily 1 of 2"
        ]
    );
    let warnings = decide(&policy, &case.deck(), now()).warnings;
    assert_eq!(
        warnings.iter().map(Warning::to_string).collect::<Vec<_>>(),
        ["@tank_3 was created 365d in the future: one of the clocks is wrong"]
    );
    // A clock that is a little ahead is no matter.
    for (ahead, future) in [(300, false), (301, true)] {
        case.snapshots[2].creation = now() + ahead;
        let decision = decide(&policy, &case.deck(), now());
        assert_eq!(decision.warnings.len(), usize::from(future), "{ahead}");
        assert_eq!(decision.verdicts[2].keep, future, "{ahead}");
    }
}

#[test]
fn a_future_newest_does_not_expose_the_newest_of_now() {
    let mut case = Case::days(3);
    case.snapshots[2].creation = now() + 365 * DAY;
    let policy = keep(|keep| keep.regex = Some(Pattern::new("nothing").unwrap()));
    assert_eq!(
        case.kept(&policy, now()),
        ["tank_2: newest", "tank_3: newest; creation is in the future"]
    );
}

#[test]
fn a_clock_that_jumps_a_year_ahead_ages_nothing() {
    let case = Case::days(30);
    let policy = keep(|keep| {
        keep.daily = 7;
        keep.within = Some("20d".parse().unwrap());
    });
    let (today, year) = (case.kept(&policy, now()), case.kept(&policy, now() + 365 * DAY));
    assert_eq!(today.len(), 21);
    // The wall clock counts for one period: a day.
    assert_eq!(year[..], today[1..]);
    let warnings = decide(&policy, &case.deck(), now() + 365 * DAY).warnings;
    assert_eq!(warnings, [Warning::Behind { reference: now() + DAY }], "{}", utc(now() + DAY));
    // A day back: what is in the future by then stays as well.
    assert!(case.kept(&policy, now() - DAY).len() >= today.len());
}

#[test]
fn a_mass_prune_is_refused_with_its_counts() {
    let case = Case::days(20);
    let refused = |policy: &Keep| {
        decide(policy, &case.deck(), now())
            .destroys()
            .map(|gone| gone.len())
            .map_err(|e| e.to_string())
    };
    assert_eq!(
        refused(&last(9)),
        Err("11 of 20 snapshots would go, more than 50 %: nothing is destroyed without \
             allow_mass_prune"
            .into())
    );
    assert_eq!(refused(&last(10)), Ok(10));
    assert_eq!(refused(&keep(|k| (k.last, k.allow_mass_prune) = (1, true))), Ok(19));
    assert_eq!(refused(&keep(|k| (k.last, k.max_share) = (1, 95))), Ok(19));
    // Few are no mass.
    let few = Case::days(6);
    assert_eq!(decide(&last(1), &few.deck(), now()).destroys().map(|gone| gone.len()), Ok(5));
    // Others' snapshots do not make the share smaller.
    let mut mixed = Case::days(20);
    mixed.snapshots[..10].iter_mut().for_each(|s| s.name = format!("hand{}", s.createtxg));
    assert_eq!(
        decide(&last(1), &mixed.deck(), now()).destroys(),
        Err(Refusal::Mass { destroys: 9, ours: 10, max_share: 50 })
    );
}

#[test]
fn a_policy_without_rules_or_scope_is_none() {
    assert_eq!(Scope::new("", None).unwrap_err(), KeepError::NoScope);
    assert_eq!(Scope::new("", Some("")).unwrap_err(), KeepError::NoScope);
    assert!(matches!(Pattern::new("("), Err(KeepError::Pattern(text, _)) if text == "("));
    let case = Case::days(3);
    for policy in [last(0), keep(|k| k.within = Some("0".parse().unwrap()))] {
        assert_eq!(policy.check(), Err(KeepError::NoRule));
        assert_eq!(
            decide(&policy, &case.deck(), now()).destroys(),
            Err(Refusal::Policy(KeepError::NoRule))
        );
    }
    assert_eq!(keep(|k| (k.last, k.max_share) = (1, 101)).check(), Err(KeepError::Share(101)));
}

#[test]
fn the_order_is_createtxg_whatever_names_and_clocks_say() {
    // After the clock was set back, the newest one has the oldest creation.
    let mut case = Case::new([now() - DAY, now() - 2 * DAY, now() - 9 * DAY]);
    case.snapshots[0].name = "tank_9".into();
    case.snapshots.reverse();
    assert_eq!(case.kept(&last(1), now()), ["tank_3: newest; last 1 of 1"]);
    assert_eq!(case.gone(&last(1), now())[0], "tank_9: no rule keeps it");
}

#[test]
fn a_snapshot_that_was_taken_again_is_another() {
    // The other end has the former snapshot of that name: by its identity there is nothing in common.
    let mut case = Case::days(3).edge(Side::Sender, guids([2]), None);
    case.snapshots[1].guid = Guid(42);
    assert_eq!(case.kept(&last(1), now()), ["tank_3: newest; last 1 of 1"]);
}

#[test]
fn no_edge_and_no_listing_make_a_receiver_mirror_deletions() {
    // The source has none of these any more but the base; the receiver's policy is its own.
    let case = Case::days(5).edge(Side::Receiver, guids([5]), None);
    assert_eq!(case.kept(&last(4), now()).len(), 4);
}

// Summer time in Berlin: hourly from `first` for `hours`, and what policies keep of them.
fn berlin(first: &str, hours: i64) -> (Case, Keep) {
    let first = from_utc(first).unwrap();
    let mut policy = last(0);
    policy.zone = zone("Europe/Berlin").unwrap();
    (Case::new((0..hours).map(|hour| first + hour * 3_600)), policy)
}

fn kept_times(case: &Case, policy: &Keep) -> Vec<String> {
    let now = case.snapshots.last().unwrap().creation;
    let decision = decide(policy, &case.deck(), now);
    let kept = decision.verdicts.iter().filter(|verdict| verdict.keep);
    kept.map(|verdict| utc(verdict.snapshot.creation)).collect()
}

#[test]
fn the_day_with_23_hours_is_one_day() {
    // 28 March 12:00 to 31 March 11:00 in UTC; the clock goes forward on the 29th at 01:00 UTC.
    let (case, mut policy) = berlin("2026-03-28T12:00:00Z", 72);
    policy.daily = 4;
    assert_eq!(
        kept_times(&case, &policy),
        [
            "2026-03-28T22:00:00Z",
            "2026-03-29T21:00:00Z",
            "2026-03-30T21:00:00Z",
            "2026-03-31T11:00:00Z"
        ]
    );
    (policy.daily, policy.hourly) = (0, 72);
    assert_eq!(kept_times(&case, &policy).len(), 72);
}

#[test]
fn the_day_with_25_hours_is_one_day_and_its_hours_are_25() {
    // The clock goes back on 25 October at 01:00 UTC.
    let (case, mut policy) = berlin("2026-10-24T12:00:00Z", 72);
    policy.daily = 4;
    assert_eq!(
        kept_times(&case, &policy),
        [
            "2026-10-24T21:00:00Z",
            "2026-10-25T22:00:00Z",
            "2026-10-26T22:00:00Z",
            "2026-10-27T11:00:00Z"
        ]
    );
    (policy.daily, policy.hourly) = (0, 72);
    assert_eq!(kept_times(&case, &policy).len(), 72);
}

#[test]
fn weeks_and_months_end_at_midnight_in_berlin() {
    let (case, mut policy) = berlin("2026-10-30T12:00:00Z", 72);
    policy.monthly = 2;
    assert_eq!(kept_times(&case, &policy), ["2026-10-31T22:00:00Z", "2026-11-02T11:00:00Z"]);
    (policy.monthly, policy.weekly) = (0, 2);
    assert_eq!(kept_times(&case, &policy), ["2026-11-01T22:00:00Z", "2026-11-02T11:00:00Z"]);
}

#[test]
fn the_preview_has_one_line_of_each() {
    let mut case = Case::days(4).edge(Side::Sender, Peer::Offline, Some(3));
    case.snapshots[0].name = "hand made".into();
    let decision = decide(&last(1), &case.deck(), now());
    assert_eq!(
        preview(&case.dataset, &decision),
        "\
KEEP     pa/data@hand made  2026-11-20T12:00:00Z  foreign
DESTROY  pa/data@tank_2     2026-11-21T12:00:00Z  no rule keeps it
KEEP     pa/data@tank_3     2026-11-22T12:00:00Z  last recorded common with edge pa/data -> host-b:pb/data
KEEP     pa/data@tank_4     2026-11-23T12:00:00Z  newest; last 1 of 1; newer than the last recorded common with edge pa/data -> host-b:pb/data
! pa/data: edge pa/data -> host-b:pb/data: the other end is offline
"
    );
    let case = Case::days(7);
    let text = preview(&case.dataset, &decide(&last(1), &case.deck(), now()));
    assert!(
        text.ends_with(
            "! pa/data: 6 of 7 snapshots would go, more than 50 %: nothing is destroyed without \
             allow_mass_prune\n"
        ),
        "{text}"
    );
}

#[test]
fn batches_keep_the_order_and_both_limits() {
    let pool = Dataset::new("pa/data").unwrap();
    let names: Vec<String> = (0..130).map(|n| format!("tank_{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let groups = batches(&pool, &names, PER_COMMAND, COMMAND_BYTES);
    assert_eq!(groups.iter().map(Vec::len).collect::<Vec<_>>(), [64, 64, 2]);
    assert_eq!(groups.concat(), names);
    assert_eq!(argument(&pool, &groups[2]), "pa/data@tank_128,tank_129");
    // "pa/data@" and names of 3 with commas: 11, 15, 19.
    for (bytes, lengths) in
        [(19, vec![3, 1]), (18, vec![2, 2]), (15, vec![2, 2]), (14, vec![1; 4]), (1, vec![1; 4])]
    {
        let groups = batches(&pool, &["aaa", "bbb", "ccc", "ddd"], 64, bytes);
        assert_eq!(groups.iter().map(Vec::len).collect::<Vec<_>>(), lengths, "{bytes}");
        let longest = groups.iter().map(|group| argument(&pool, group).len()).max().unwrap();
        assert!(longest <= bytes.max(11), "{bytes}");
    }
    assert_eq!(batches(&pool, &names, 1, COMMAND_BYTES).len(), 130);
    assert_eq!(batches(&pool, &names, 0, COMMAND_BYTES).len(), 130);
    assert!(batches(&pool, &[], PER_COMMAND, COMMAND_BYTES).is_empty());
}
