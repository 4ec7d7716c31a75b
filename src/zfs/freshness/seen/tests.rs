use super::*;
use crate::zfs::replication::edge::Select;
use crate::zfs::replication::tests::{dataset, edge as way};
use crate::zfs::replication::token::Token as Resume;
use crate::zfs::survey::Pool as Asked;

/// Snapshots of the tests are taken then, and their number of seconds later.
const START: i64 = 1_700_000_000;
const NOW: i64 = START + 1_000;

fn survey(all: &[(&str, &str)]) -> Survey {
    let listed = all.iter().map(|(name, words)| dataset(name, words));
    let listing = Listing { datasets: listed.map(|one| (one.name.clone(), one)).collect() };
    let pools = listing.datasets.keys().map(|name| {
        let properties = [("health", "ONLINE"), ("capacity", "7%")];
        let properties = properties.map(|(name, value)| (name.to_owned(), value.to_owned()));
        (name.pool().to_owned(), Asked { properties: properties.into() })
    });
    Survey { pools: pools.collect(), listing, ..Survey::default() }
}

fn recursive() -> Way {
    Way { recursive: true, ..way("pa/d", "pb/d") }
}

fn look(way: &Way, source: &Survey, target: &Survey) -> Edge {
    let tokens = BTreeMap::new();
    let sides = Sides { source: Ok(source), target: Ok(target), removable: false, tokens: &tokens };
    edge(way, &sides, NOW)
}

/// An edge of one dataset whose source was written to.
fn one(source: &str, target: &str) -> Edge {
    look(
        &way("pa/d", "pb/d"),
        &survey(&[("pa/d", &format!("written=5 {source}"))]),
        &survey(&[("pb", ""), ("pb/d", target)]),
    )
}

#[test]
fn the_newest_common_snapshot_is_found_by_identity() {
    for (source, target, common, lag) in [
        ("a:1 b:2 c:3", "a:1 other:2", Common::At(START + 2), 1),
        ("a:1 b:2", "a:1 b:2 own:9", Common::At(START + 2), 0),
        ("a:1", "a:7", Common::None, 1),
        ("", "", Common::None, 0),
        ("a:1 b:2", "", Common::None, 2),
        // Only its bookmark is left.
        ("#m:2 c:3", "b:2", Common::At(START + 2), 1),
    ] {
        let found = one(source, target);
        assert_eq!((found.common, found.lag), (common, Some(lag)), "{source} | {target}");
        assert_eq!((found.checked, found.token, found.worst), (None, Token::None, None));
    }
    let mut latest = way("pa/d", "pb/d");
    latest.policy.select = Select::Latest;
    let source = survey(&[("pa/d", "a:1 b:2 c:3")]);
    let found = look(&latest, &source, &survey(&[("pb/d", "a:1")]));
    assert_eq!(found.lag, Some(1), "what is passed over is not lacking");
}

#[test]
fn an_edge_is_as_its_worst_dataset() {
    let source = [("pa/d", "written=5 a:5"), ("pa/d/x", "written=5 b:2 c:6"), ("pa/d/y", "d:1")];
    let mut target = vec![("pb/d", "a:5"), ("pb/d/x", "b:2"), ("pb/d/y", "d:1")];
    let found = look(&recursive(), &survey(&source), &survey(&target));
    // Nothing was written to y since its snapshot.
    assert_eq!((found.common, found.lag), (Common::At(START + 2), Some(1)));
    assert_eq!((found.worst.as_deref(), found.checked), (Some("pa/d/x"), None));
    target.pop();
    let found = look(&recursive(), &survey(&source), &survey(&target));
    assert_eq!((found.common, found.lag), (Common::None, Some(2)));
    assert_eq!(found.worst.as_deref(), Some("pa/d/y"));
    // A copy that still has its old name is one.
    let source = survey(&[("pa/d", "a:5"), ("pa/d/y", "guid=9 d:1")]);
    let target = survey(&[("pb/d", "a:5"), ("pb/d/was", "org.tank:source=9 d:1")]);
    let found = look(&recursive(), &source, &target);
    assert_eq!((found.common, found.checked), (Common::At(START + 5), Some(NOW)));
}

#[test]
fn what_could_not_be_seen_is_not_empty() {
    let (source, target) = (survey(&[("pa/d", "a:1")]), survey(&[("pb", "")]));
    let (nothing, tokens) = (Survey::default(), BTreeMap::new());
    let look = |source, target, removable| {
        edge(&way("pa/d", "pb/d"), &Sides { source, target, removable, tokens: &tokens }, NOW)
    };
    let why = |edge: Edge| match edge.common {
        Common::Unseen { why, recorded: None } => {
            assert_eq!((edge.lag, edge.checked), (None, None));
            why
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(why(look(Err("no route"), Ok(&target), false)), "no route");
    assert_eq!(why(look(Ok(&source), Err("cut"), true)), "cut");
    assert_eq!(why(look(Err("no route"), Err("cut"), true)), "no route");
    assert_eq!(why(look(Ok(&source), Ok(&nothing), false)), "there is no pool pb on b");
    assert_eq!(why(look(Ok(&nothing), Ok(&target), true)), "there is no pool pa on a");
    let other = survey(&[("pa", "")]);
    assert_eq!(why(look(Ok(&other), Ok(&target), false)), "there is no a:pa/d");
    let mut faulted = nothing.clone();
    let properties = [("health".to_owned(), "UNAVAIL".to_owned())].into();
    faulted.pools.insert("pb".to_owned(), Asked { properties });
    assert_eq!(why(look(Ok(&source), Ok(&faulted), true)), "pool pb on b is UNAVAIL");
    let away = look(Ok(&source), Ok(&nothing), true);
    assert_eq!((away.common, away.token), (Common::Away { recorded: None }, Token::Unseen));
    assert_eq!(look(Ok(&source), Ok(&target), false).common, Common::None);
}

#[test]
fn s45_what_is_recorded_of_a_target_that_is_down() {
    let tokens = BTreeMap::new();
    let marks =
        "#tank_e1_0000000000000001:1 #tank_e1_0000000000000002:2 #tank_o_0000000000000003:3";
    let mut source = survey(&[("pa/d", marks), ("pa/d/x", "a:4 b:5")]);
    source.holds.insert("pa/d/x@a".to_owned(), vec!["tank_e1".to_owned()]);
    source.holds.insert("pa/d/x@b".to_owned(), vec!["other".to_owned()]);
    let down = Sides { source: Ok(&source), target: Err("cut"), removable: false, tokens: &tokens };
    let recorded = |edge: Edge| match edge.common {
        Common::Unseen { recorded, .. } | Common::Away { recorded } => recorded,
        other => panic!("{other:?}"),
    };
    assert_eq!(recorded(edge(&recursive(), &down, NOW)), Some(START));
    assert_eq!(
        recorded(edge(&Way { exclude: vec!["x".into()], ..recursive() }, &down, NOW)),
        Some(START)
    );
    let mut target = survey(&[("pb/d", "a:4 b:5")]);
    target.holds.insert("pb/d@a".to_owned(), vec!["tank_e1".to_owned()]);
    let down = Sides { source: Err("cut"), target: Ok(&target), ..down };
    assert_eq!(recorded(edge(&recursive(), &down, NOW)), Some(START + 4));
}

/// A dataset whose snapshots are all held.
fn held(name: &str, words: &str, tags: &[(&str, &[&str])]) -> Survey {
    let mut all = survey(&[(name, words)]);
    for one in all.listing.datasets.values_mut().flat_map(|one| &mut one.snapshots) {
        one.holds = 1;
    }
    for (snapshot, tags) in tags {
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        all.holds.insert(format!("{name}@{snapshot}"), tags);
    }
    all
}

#[test]
fn holds_that_are_ours_but_not_of_the_base() {
    let ours = &["other", "tank_e1"][..];
    let mut source = held("pa/d", "a:1 b:2 c:3", &[("a", ours), ("b", &["other"]), ("c", ours)]);
    source.held_since.insert(("pa/d@a".to_owned(), "tank_e1".to_owned()), 77);
    // The target's host lists no tags.
    let target = held("pb/d", "a:1 c:3", &[]);
    let found = look(&way("pa/d", "pb/d"), &source, &target).holds;
    let hold = |snapshot: &str, tag: &str, since| Hold {
        snapshot: snapshot.to_owned(),
        tag: tag.to_owned(),
        since,
        after: Some(START + 1),
    };
    assert_eq!(found, [hold("pa/d@a", "tank_e1", Some(77)), hold("pb/d@a", NO_TAG, None)]);
    // Without the other end the newest of ours is the base.
    let tokens = BTreeMap::new();
    let down = Sides { source: Ok(&source), target: Err("cut"), removable: false, tokens: &tokens };
    let found = edge(&way("pa/d", "pb/d"), &down, NOW).holds;
    assert_eq!(found, [hold("pa/d@a", "tank_e1", Some(77))]);
}

#[test]
fn an_unfinished_receive_is_younger_than_what_it_brings() {
    let source = survey(&[("pa/d", "a:1 b:2 c:50"), ("pa/d/x", "y:60")]);
    let known = |guid| TokenAnswer::Known(Resume { toguid: Some(Guid(guid)), ..Resume::default() });
    let look = |target: &[(&str, &str)], tokens: &[(&str, TokenAnswer)]| {
        let name = |name: &str| Dataset::new(name).unwrap();
        let tokens = tokens.iter().map(|(at, token)| (name(at), token.clone())).collect();
        let target = survey(target);
        let sides =
            Sides { source: Ok(&source), target: Ok(&target), removable: false, tokens: &tokens };
        edge(&recursive(), &sides, NOW).token
    };
    let d = ("pb/d", "a:1 receive_resume_token=1-x");
    let x = ("pb/d/x", "receive_resume_token=1-y");
    assert_eq!(look(&[("pb/d", "a:1 receive_resume_token=-")], &[]), Token::None);
    assert_eq!(look(&[d], &[("pb/d", known(50))]), Token::After(START + 50));
    assert_eq!(
        look(&[d], &[("pb/d", TokenAnswer::Refused("corrupt".into()))]),
        Token::After(START + 1)
    );
    assert_eq!(look(&[x], &[]), Token::Ageless);
    let both = [("pb/d", known(50)), ("pb/d/x", known(60))];
    assert_eq!(look(&[d, x], &both), Token::After(START + 50));
    assert_eq!(look(&[d, x], &both[..1]), Token::Ageless);
}

#[test]
fn pools_are_told_once_and_only_a_removable_one_may_be_absent() {
    let (one, two) = (way("pa/d", "pb/d"), way("pa/e", "pc/e"));
    let (a, mut b) = (survey(&[("pa", "")]), survey(&[("pb", "")]));
    let states = |b: Result<&Survey, &str>, removable| {
        let of = |host: &str| if host == "a" { Ok(&a) } else { b };
        // The lifetimes of both are those of the test.
        let all = pools(&[(&one, false), (&two, removable)], &of);
        all.into_iter()
            .map(|pool| (format!("{}:{}", pool.host, pool.name), pool.state))
            .collect::<Vec<_>>()
    };
    let online = PoolState::Seen { health: "ONLINE".into(), capacity: Some(7) };
    assert_eq!(
        states(Ok(&b), true),
        [
            ("a:pa".to_owned(), online.clone()),
            ("b:pb".to_owned(), online),
            ("b:pc".to_owned(), PoolState::Absent { removable: true }),
        ]
    );
    assert_eq!(states(Ok(&b), false)[2].1, PoolState::Absent { removable: false });
    assert_eq!(states(Err("cut"), true)[2].1, PoolState::Unseen("cut".into()));
    b.pools.clear();
    assert_eq!(
        states(Ok(&b), true)[1].1,
        PoolState::Unseen("zpool did not tell its health".into())
    );
}
