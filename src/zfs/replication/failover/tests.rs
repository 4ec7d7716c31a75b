use super::*;
use crate::zfs::listing::Listing;
use crate::zfs::replication::edge::{Encryption, Select};
use crate::zfs::replication::tests::{dataset, edge};

fn survey(all: &[(&str, &str)]) -> Survey {
    let listed = all.iter().map(|(name, words)| dataset(name, words));
    let listing = Listing { datasets: listed.map(|one| (one.name.clone(), one)).collect() };
    Survey { listing, now: 1_700_010_000, ..Survey::default() }
}

/// A dataset whose properties have spaces.
fn with(mut survey: Survey, name: &str, properties: &[(&str, &str)]) -> Survey {
    let one = survey.listing.datasets.get_mut(&Dataset::new(name).unwrap()).unwrap();
    let own = properties.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    one.properties.extend(own);
    survey
}

fn wish(how: How) -> Wish {
    Wish { how, mount: true, mountpoint: None }
}

fn decide(source: Result<&Survey, &str>, target: &Survey, how: How) -> Result<Takeover, Stop> {
    takeover(&edge("pa/d", "pb/d"), &Ends { source, target }, &wish(how))
}

fn copy() -> Survey {
    survey(&[
        ("pb", ""),
        ("pb/d", "a:1 readonly=on canmount=noauto mounted=no mountpoint=/pb/d org.tank:source=7"),
    ])
}

fn home(words: &str) -> Survey {
    survey(&[(
        "pa/d",
        &format!("{words} guid=7 readonly=off canmount=on mounted=yes mountpoint=/d"),
    )])
}

fn refused(found: Result<Takeover, Stop>) -> (String, Option<String>) {
    let stop = found.unwrap_err();
    (stop.to_string(), stop.hint())
}

#[test]
fn nothing_is_switched_while_the_source_has_more() {
    let (text, hint) = refused(decide(Ok(&home("a:1 b:2")), &copy(), How::Switch));
    assert_eq!(text, "the source has more than the target: pa/d: @b");
    assert!(hint.unwrap().starts_with("--final"));
    for (words, told) in [
        ("a:1 written=5", "pa/d: 5 bytes behind its newest snapshot"),
        ("a:1 written=-", "maybe something behind"),
        ("b:2", "no common snapshot"),
    ] {
        let (text, _) = refused(decide(Ok(&home(words)), &copy(), How::Switch));
        assert!(text.contains(told), "{text}");
    }
    let none = survey(&[("pb", "")]);
    let (text, _) = refused(decide(Ok(&home("a:1")), &none, How::Final));
    assert!(text.contains("pb/d is not there"), "{text}");
}

#[test]
fn a_switch_fences_marks_and_opens_in_this_order() {
    let edge = edge("pa/d", "pb/d");
    let plan = decide(Ok(&home("a:1")), &copy(), How::Switch).unwrap();
    assert_eq!(
        plan.lines(&edge),
        [
            "a: readonly=on for pa/d",
            "a: hold pa/d@a",
            "b: hold pb/d@a",
            "a: pa/d is marked as left",
            "b: readonly as it was: pb/d (off)",
            "b: canmount=on for pb/d",
            "b: mount pb/d",
            "b: pb/d is marked as in use"
        ]
    );
    assert!(plan.switching && plan.active && plan.snapshot.is_none());
    // Not mounted, as one whose key is missing, or by one who is not root.
    let locked = with(copy(), "pb/d", &[("keystatus", "unavailable")]);
    let plan = decide(Ok(&home("a:1")), &locked, How::Switch).unwrap();
    assert!(plan.mount.is_empty() && plan.notes[0].contains("its key is not loaded"));
    let user = Survey { uid: 1000, ..copy() };
    let plan = decide(Ok(&home("a:1")), &user, How::Switch).unwrap();
    assert!(plan.mount.is_empty() && plan.notes[0].contains("only root can"));
}

#[test]
fn a_final_run_takes_a_snapshot_that_its_edge_copies() {
    let mut edge = edge("pa/d", "pb/d");
    let wish = wish(How::Final);
    let (source, target) = (home("a:1 written=5"), copy());
    let ends = Ends { source: Ok(&source), target: &target };
    let name = |plan: Takeover| plan.snapshot.unwrap().0;
    assert_eq!(name(takeover(&edge, &ends, &wish).unwrap()), "tank_2023-11-15T01:00:00Z_failover");
    for (prefix, wanted) in [
        ("auto_", "auto_2023-11-15T01:00:00Z_failover"),
        ("daily-", "daily-_2023-11-15T01:00:00Z_failover"),
    ] {
        edge.policy.select = Select::Prefix(prefix.to_owned());
        let found = name(takeover(&edge, &ends, &wish).unwrap());
        assert_eq!(found, wanted);
        assert!(edge.policy.select.takes(&found));
    }
    // Nothing was written, but the newest snapshot is none that is copied.
    let source = home("a:1");
    let ends = Ends { source: Ok(&source), target: &target };
    assert!(takeover(&edge, &ends, &wish).unwrap().snapshot.is_some());
}

#[test]
fn where_written_is_unknown_only_a_last_snapshot_behind_the_fence_counts() {
    let fenced = |since: i64| {
        let fence = format!("inherit {since} set");
        let own = [("readonly", "on"), (marks::FENCED, fence.as_str())];
        let mut source = with(home("a:1 last:2 written=-"), "pa/d", &own);
        for one in source.listing.datasets.values_mut() {
            one.snapshots[1].name = "tank_2023-11-15T01:00:00Z_failover".to_owned();
        }
        source
    };
    let there = survey(&[("pb", ""), ("pb/d", "a:1 x:2 readonly=on canmount=noauto")]);
    let behind = decide(Ok(&fenced(1_700_010_001)), &there, How::Final).unwrap();
    assert!(behind.snapshot.is_some(), "it was taken before");
    let plan = decide(Ok(&fenced(1_700_010_000)), &there, How::Final).unwrap();
    assert!(plan.snapshot.is_none() && plan.copy.is_empty() && plan.fence.is_empty());
    assert_eq!(plan.hold_target, [(Dataset::new("pb/d").unwrap(), "x".to_owned())]);
}

#[test]
fn without_its_source_it_says_what_is_lost_and_wants_a_word() {
    let down = Err("a: no route");
    let (text, hint) = refused(decide(down, &copy(), How::Final));
    assert_eq!(
        text,
        "the source can't be asked (a: no route). pb/d goes on from @a of 2023-11-14T22:13:21Z (2h46m old): what its source got since then is not there"
    );
    assert_eq!(hint.unwrap(), "--unplanned accepts that");
    let plan = decide(down, &copy(), How::Unplanned).unwrap();
    assert!(plan.fence.is_empty() && !plan.standby && plan.switching);
    assert_eq!(plan.canmount, [(Dataset::new("pb/d").unwrap(), "on".to_owned())]);
    assert!(plan.notes[0].contains("goes on from @a"));
    // A pool that is gone is as good as a host that is.
    let gone = survey(&[("other", "")]);
    assert!(decide(Ok(&gone), &copy(), How::Unplanned).is_ok());
    let (text, _) = refused(decide(Ok(&home("a:1")), &copy(), How::Unplanned));
    assert!(text.contains("the source answers"));
}

#[test]
fn marks_say_what_is_left_to_do() {
    let role = |part: &str, since: i64| format!("{part} e1 {since}");
    let active = with(copy(), "pb/d", &[(marks::ROLE, &role("active", 5))]);
    // It is in use: what its source got is not copied any more.
    let plan = decide(Ok(&home("a:1 b:2")), &active, How::Switch).unwrap();
    assert!(!plan.active && plan.restore.is_empty() && plan.copy.is_empty() && plan.standby);
    assert_eq!(plan.fence.len(), 1);
    assert_eq!(plan.notes[1..], ["only on the end that was left: pa/d: @b"]);
    assert!(decide(Err("down"), &active, How::Unplanned).unwrap().is_done());
    let left = with(
        home("a:1"),
        "pa/d",
        &[("readonly", "on"), (marks::FENCED, "off 4 set"), (marks::ROLE, &role("standby", 5))],
    );
    let held = Survey {
        holds: [("pa/d@a".to_owned(), vec!["tank_e1".to_owned()])].into(),
        ..left.clone()
    };
    assert!(decide(Ok(&held), &active, How::Final).unwrap().is_done());
    // Between the two marks.
    let switching = with(copy(), "pb/d", &[(marks::ROLE, &role("switching", 5))]);
    let plan = decide(Ok(&held), &switching, How::Switch).unwrap();
    assert!(plan.active && !plan.switching && plan.restore.len() == 1 && plan.copy.is_empty());
    // A source that was left for a third one, and two that both say so.
    let (text, _) = refused(decide(Ok(&left), &copy(), How::Final));
    assert!(text.contains("the source is not in use itself: edge e1"), "{text}");
    let later = with(home("a:1"), "pa/d", &[(marks::ROLE, &role("active", 9))]);
    let (text, hint) = refused(decide(Ok(&later), &active, How::Final));
    assert!(text.contains("both ends say that they are in use"), "{text}");
    assert!(hint.is_some());
    // What was the end in use before may be the source again.
    let earlier = with(home("a:1"), "pa/d", &[(marks::ROLE, &role("active", 2))]);
    let standby = with(copy(), "pb/d", &[(marks::ROLE, &role("standby", 2))]);
    assert!(decide(Ok(&earlier), &standby, How::Switch).unwrap().standby);
}

#[test]
fn a_copy_goes_nowhere_that_is_in_use() {
    let edge = edge("pa/d", "pb/d");
    assert_eq!(in_use(&edge, &copy()), None);
    for (mark, closed) in [
        ("active e1 5", true),
        ("switching e1 5", true),
        ("standby e1 5", false),
        ("rubbish", true),
    ] {
        let target = with(copy(), "pb/d", &[(marks::ROLE, mark)]);
        assert_eq!(in_use(&edge, &target).is_some(), closed, "{mark}");
    }
}

#[test]
fn the_edge_back_is_one_of_the_file() {
    let mut edge = edge("pa/d", "pb/d");
    edge.recursive = true;
    edge.exclude = vec!["tmp: x".to_owned()];
    edge.policy.select = Select::Prefix("auto_".to_owned());
    edge.policy.encryption = Encryption::PlainToEncrypted;
    let read = |edge: &Edge, source: Option<&Survey>| {
        let text = format!("edges:\n{}", reverse(edge, source));
        let file = crate::base::yaml::load(&text, &crate::base::Source::file("r")).unwrap();
        crate::zfs::topology::read(&file.value).unwrap().links.remove(0).edge
    };
    let back = read(&edge, Some(&home("a:1 encryption=off")));
    assert_eq!((back.id.as_str(), back.policy.encryption), ("e1-back", Encryption::Plain));
    assert_eq!((&back.source, &back.target), (&edge.target, &edge.source));
    assert_eq!(
        (back.exclude.clone(), back.policy.select.clone()),
        (edge.exclude.clone(), edge.policy.select.clone())
    );
    assert_eq!(read(&back, None).id, "e1");
    assert_eq!(read(&edge, None).policy.encryption, Encryption::PlainToEncrypted);
}

#[test]
fn large_blocks_go_back_as_they_came() {
    use crate::zfs::replication::flags;
    use crate::zfs::replication::tests::modern;
    let send = |from: &str, to: &str| {
        let (from, to) = (dataset("pb/d", from), dataset("pa/d", to));
        let policy = edge("pb/d", "pa/d").policy;
        flags::choose(&from, Some(&to), &policy, &modern(), &modern()).unwrap().send
    };
    assert!(send("a:1 recordsize=131072 org.tank:flags=L", "a:1 recordsize=1048576").contains('L'));
    assert!(!send("a:1 recordsize=131072", "a:1 recordsize=1048576").contains('L'));
    assert!(
        !send("a:1 org.tank:flags=L", "a:1 recordsize=1048576 org.tank:source=7").contains('L')
    );
}
