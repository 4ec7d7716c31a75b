use serde_json::json;

use super::*;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
const NOW: i64 = 1_795_433_400;

fn edge(common: Common) -> Edge {
    Edge {
        name: "pa/data -> b:pb/data".into(),
        common,
        worst: None,
        checked: None,
        lag: Some(0),
        last_success: Some(NOW - HOUR),
        bytes: Some(1_024),
        token: Token::None,
        suspects: Vec::new(),
        holds: Vec::new(),
    }
}

fn pool(state: PoolState) -> Pool {
    Pool { host: "b".into(), name: "pb".into(), state }
}

fn online(capacity: u8) -> PoolState {
    PoolState::Seen { health: "ONLINE".into(), capacity: Some(capacity) }
}

/// Levels and texts of an edge's results.
fn of_edge(edge: Edge) -> Vec<(Level, String)> {
    let report = judge(vec![edge], Vec::new(), &Limits::default(), NOW);
    report.edges[0].findings.iter().map(|f| (f.level, f.text.clone())).collect()
}

fn of_pool(state: PoolState) -> Vec<(Level, String)> {
    let report = judge(Vec::new(), vec![pool(state)], &Limits::default(), NOW);
    report.pools[0].findings.iter().map(|f| (f.level, f.text.clone())).collect()
}

fn unseen(recorded: Option<i64>) -> Common {
    Common::Unseen { why: "no route to host".into(), recorded }
}

#[test]
fn the_age_of_the_newest_common_snapshot_is_judged() {
    for (common, level, text) in [
        (Common::At(NOW), Level::Ok, "the newest common snapshot is 0s old"),
        (Common::At(NOW - 26 * HOUR), Level::Ok, "the newest common snapshot is 1d2h old"),
        (
            Common::At(NOW - 26 * HOUR - 1),
            Level::Warn,
            "the newest common snapshot is 1d2h old, more than 1d2h",
        ),
        (
            Common::At(NOW - 3 * DAY),
            Level::Crit,
            "the newest common snapshot is 3d old, more than 2d2h",
        ),
        (Common::At(NOW + 200), Level::Ok, "the newest common snapshot is 0s old"),
        (
            Common::At(NOW + DAY),
            Level::Unknown,
            "the newest common snapshot is 1d in the future: one of the clocks is wrong",
        ),
        (Common::None, Level::Crit, "nothing is common to both ends"),
        (unseen(None), Level::Unknown, "not seen: no route to host; nothing is recorded"),
        (
            unseen(Some(NOW - HOUR)),
            Level::Unknown,
            "not seen: no route to host; the recorded common snapshot is 1h old",
        ),
        (
            unseen(Some(NOW - 30 * DAY)),
            Level::Crit,
            "not seen: no route to host; the recorded common snapshot is 30d old, more than 2d2h",
        ),
    ] {
        assert_eq!(of_edge(edge(common.clone())), [(level, text.to_owned())], "{common:?}");
    }
}

#[test]
fn a_look_that_found_nothing_written_keeps_an_edge_fresh() {
    let checked = |ago: i64| Edge { checked: Some(NOW - ago), ..edge(Common::At(NOW - 9 * DAY)) };
    assert_eq!(
        of_edge(checked(HOUR)),
        [(
            Level::Ok,
            "the newest common snapshot is 9d old, nothing was written since; that look is 1h old"
                .into()
        )]
    );
    assert_eq!(of_edge(checked(2 * DAY))[0].0, Level::Warn);
    assert_eq!(of_edge(checked(8 * DAY))[0].0, Level::Crit);
    // One before the snapshot, or in the future, says nothing.
    assert_eq!(of_edge(checked(10 * DAY))[0].0, Level::Crit);
    assert_eq!(of_edge(checked(-DAY))[0].0, Level::Crit);
}

#[test]
fn tokens_holds_and_lag_are_told() {
    let mut seen = edge(Common::At(NOW));
    seen.lag = Some(3);
    seen.token = Token::Since(NOW - 2 * DAY);
    let hold =
        |since| Hold { snapshot: "pa/data@a".into(), tag: "tank_e".into(), since, after: None };
    seen.holds = vec![hold(Some(NOW - DAY)), hold(Some(NOW - 31 * DAY)), hold(None)];
    assert_eq!(
        of_edge(seen),
        [
            (
                Level::Ok,
                "the newest common snapshot is 0s old; the target lacks 3 snapshots".into()
            ),
            (Level::Warn, "a receive is unfinished, 2d old, more than 1d".into()),
            (Level::Warn, "hold tank_e on pa/data@a is 31d old, more than 30d".into()),
            (Level::Unknown, "hold tank_e on pa/data@a: since when could not be told".into()),
        ]
    );
    for (token, level) in [
        (Token::Since(NOW - HOUR), Level::Ok),
        (Token::Since(NOW - 8 * DAY), Level::Crit),
        (Token::After(NOW - HOUR), Level::Ok),
        (Token::After(NOW - 8 * DAY), Level::Unknown),
        (Token::Ageless, Level::Unknown),
        (Token::Unseen, Level::Unknown),
    ] {
        let found = of_edge(Edge { token, ..edge(Common::At(NOW)) });
        assert_eq!(found[1].0, level, "{token:?}");
    }
    let limits = Limits { hold: None, ..Limits::default() };
    let mut seen = edge(Common::At(NOW));
    seen.holds = vec![hold(None)];
    assert_eq!(judge(vec![seen], Vec::new(), &limits, NOW).level(), Level::Ok);
}

#[test]
fn a_hold_is_not_older_than_its_snapshot() {
    let held = |after| {
        let hold =
            Hold { snapshot: "pa/d@a".into(), tag: "t".into(), since: None, after: Some(after) };
        of_edge(Edge { holds: vec![hold], ..edge(Common::At(NOW)) })
    };
    assert_eq!(held(NOW - 30 * DAY).len(), 1);
    assert_eq!(held(NOW - 31 * DAY)[1].0, Level::Unknown);
}

#[test]
fn a_disk_in_a_drawer_is_no_failure() {
    let away = |recorded| of_edge(Edge { token: Token::Unseen, ..edge(Common::Away { recorded }) });
    let text = "the target's pool is not attached; it is removable";
    assert_eq!(away(None), [(Level::Ok, text.to_owned())]);
    let text = format!("{text}; the recorded common snapshot is 90d old");
    assert_eq!(away(Some(NOW - 90 * DAY)), [(Level::Ok, text)]);
}

#[test]
fn the_worst_dataset_is_named() {
    let seen = Edge { worst: Some("pa/d/x".into()), lag: Some(2), ..edge(Common::None) };
    let text = "nothing is common to both ends (pa/d/x); the target lacks 2 snapshots";
    assert_eq!(of_edge(seen), [(Level::Crit, text.to_owned())]);
}

#[test]
fn pools_have_health_and_fill() {
    for (state, found) in [
        (online(80), vec![(Level::Ok, "ONLINE"), (Level::Ok, "80 % full")]),
        (online(81), vec![(Level::Ok, "ONLINE"), (Level::Warn, "81 % full, more than 80 %")]),
        (online(91), vec![(Level::Ok, "ONLINE"), (Level::Crit, "91 % full, more than 90 %")]),
        (PoolState::Absent { removable: true }, vec![(Level::Ok, "not attached; it is removable")]),
        (PoolState::Absent { removable: false }, vec![(Level::Crit, "missing")]),
        (PoolState::Unseen("cut".into()), vec![(Level::Unknown, "not seen: cut")]),
    ] {
        let found: Vec<_> =
            found.into_iter().map(|(level, text)| (level, text.to_owned())).collect();
        assert_eq!(of_pool(state.clone()), found, "{state:?}");
    }
    for (health, level) in [
        ("ONLINE", Level::Ok),
        ("DEGRADED", Level::Warn),
        ("FAULTED", Level::Crit),
        ("OFFLINE", Level::Crit),
        ("REMOVED", Level::Crit),
        ("UNAVAIL", Level::Crit),
        ("SUSPENDED", Level::Crit),
        ("-", Level::Unknown),
        ("", Level::Unknown),
    ] {
        let state = PoolState::Seen { health: health.into(), capacity: None };
        assert_eq!(of_pool(state), [(level, health.to_owned())]);
    }
}

#[test]
fn the_worst_wins_and_unknown_is_below_a_warning() {
    use Level::{Crit, Ok, Unknown, Warn};
    for (levels, worst, rc) in [
        (vec![], Unknown, 3),
        (vec![Ok], Ok, 0),
        (vec![Ok, Unknown], Unknown, 3),
        (vec![Unknown, Warn, Ok], Warn, 1),
        (vec![Unknown, Crit, Warn], Crit, 2),
    ] {
        let edges = levels.iter().map(|level| match level {
            Ok => edge(Common::At(NOW)),
            Warn => edge(Common::At(NOW - 30 * HOUR)),
            Crit => edge(Common::None),
            Unknown => edge(unseen(None)),
        });
        let report = judge(edges.collect(), Vec::new(), &Limits::default(), NOW);
        assert_eq!((report.level(), report.level().rc()), (worst, rc), "{levels:?}");
    }
    let report =
        judge(vec![edge(Common::At(NOW))], vec![pool(online(99))], &Limits::default(), NOW);
    assert_eq!(report.level(), Crit);
}

#[test]
fn limits_are_in_order() {
    let span = |text: &str| text.parse::<Span>().unwrap();
    assert!(Limit::new(span("1d"), span("2d")).is_ok());
    assert!(Limit::new(80u8, 80).is_ok());
    assert_eq!(
        Limit::new(span("36h"), span("1d")).map_err(|error| error.to_string()),
        Err("critical above 1d comes before the warning above 1d12h".into())
    );
}

/// Two edges, one of them with a name that needs escapes, and two pools.
fn report() -> Report {
    let mut bad = edge(unseen(Some(NOW - 3 * DAY)));
    bad.name = "pa/a \"b\\\n -> c:p".into();
    (bad.lag, bad.last_success, bad.bytes) = (None, None, None);
    bad.token = Token::Unseen;
    let mut good = edge(Common::At(NOW - HOUR));
    good.token = Token::Since(NOW - 60);
    good.holds = vec![Hold {
        snapshot: "pa/data@a".into(),
        tag: "t".into(),
        since: Some(NOW - 90),
        after: None,
    }];
    let mut gone = pool(PoolState::Unseen("cut".into()));
    gone.host = "c".into();
    judge(vec![good, bad], vec![pool(online(85)), gone], &Limits::default(), NOW)
}

#[test]
fn a_copy_that_differs_is_critical_however_fresh_it_is() {
    let mut fresh = edge(Common::At(NOW));
    fresh.suspects = vec![("pb/data".into(), "e content 2026-11-23T11:00:00Z".into())];
    let text =
        "pb/data is not what it was made of, nothing is pruned (e content 2026-11-23T11:00:00Z)";
    assert_eq!(of_edge(fresh)[1], (Level::Crit, text.to_owned()));
}

#[test]
fn the_text_has_the_worst_first() {
    assert_eq!(
        text(&report()).replace("\\\n", "~"),
        "\
CRIT: 2 edges, 2 pools: 1 crit, 1 warn, 1 unknown, 1 ok
CRIT     edge pa/a \"b~ -> c:p: not seen: no route to host; the recorded common snapshot is 3d old, more than 2d2h
WARN     pool b:pb: 85 % full, more than 80 %
UNKNOWN  edge pa/a \"b~ -> c:p: whether a receive is unfinished was not seen
UNKNOWN  pool c:pb: not seen: cut
OK       edge pa/data -> b:pb/data: the newest common snapshot is 1h old
OK       edge pa/data -> b:pb/data: a receive is unfinished, 1m old
OK       pool b:pb: ONLINE
OK       edge pa/data -> b:pb/data: a run last copied 1h ago
"
    );
    let none = judge(Vec::new(), Vec::new(), &Limits::default(), NOW);
    assert_eq!(text(&none), "UNKNOWN: 0 edges, 0 pools: nothing to look at\n");
}

#[test]
fn the_json_says_null_where_nothing_is_known() {
    assert_eq!(
        super::json(&report()),
        json!({
            "level": "crit", "rc": 2, "checked_at": NOW,
            "edges": [
                {
                    "edge": "pa/data -> b:pb/data", "dataset": null, "level": "ok",
                    "last_common": NOW - HOUR, "recorded_common": null, "age_seconds": HOUR,
                    "checked": null, "lag_snapshots": 0, "last_success": NOW - HOUR, "bytes_total": 1024,
                    "resume_token": true, "resume_token_age_seconds": 60,
                    "suspects": [],
                    "findings": [
                        {"level": "ok", "check": "common", "text": "the newest common snapshot is 1h old"},
                        {"level": "ok", "check": "token", "text": "a receive is unfinished, 1m old"},
                    ],
                },
                {
                    "edge": "pa/a \"b\\\n -> c:p", "dataset": null, "level": "crit",
                    "last_common": null, "recorded_common": NOW - 3 * DAY, "age_seconds": null,
                    "checked": null, "lag_snapshots": null, "last_success": null, "bytes_total": null,
                    "resume_token": null, "resume_token_age_seconds": null,
                    "suspects": [],
                    "findings": [
                        {
                            "level": "crit", "check": "common",
                            "text": "not seen: no route to host; the recorded common snapshot is 3d old, \
                                     more than 2d2h",
                        },
                        {
                            "level": "unknown", "check": "token",
                            "text": "whether a receive is unfinished was not seen",
                        },
                    ],
                },
            ],
            "pools": [
                {
                    "host": "b", "pool": "pb", "level": "warn", "health": "ONLINE", "capacity_percent": 85,
                    "findings": [
                        {"level": "ok", "check": "health", "text": "ONLINE"},
                        {"level": "warn", "check": "capacity", "text": "85 % full, more than 80 %"},
                    ],
                },
                {
                    "host": "c", "pool": "pb", "level": "unknown", "health": null, "capacity_percent": null,
                    "findings": [{"level": "unknown", "check": "health", "text": "not seen: cut"}],
                },
            ],
        })
    );
}

#[test]
fn prometheus_reads_it() {
    assert_eq!(
        prometheus(&report()),
        r#"# HELP repl_last_common_timestamp_seconds Creation of the newest snapshot that both ends have, in seconds since 1970.
# TYPE repl_last_common_timestamp_seconds gauge
repl_last_common_timestamp_seconds{edge="pa/data -> b:pb/data"} 1795429800
# HELP repl_lag_snapshots Snapshots of the source that the target should have and lacks.
# TYPE repl_lag_snapshots gauge
repl_lag_snapshots{edge="pa/data -> b:pb/data"} 0
# HELP repl_last_success When a run that copied something last ended well, in seconds since 1970.
# TYPE repl_last_success gauge
repl_last_success{edge="pa/data -> b:pb/data"} 1795429800
# HELP repl_bytes_total Bytes sent by all runs.
# TYPE repl_bytes_total counter
repl_bytes_total{edge="pa/data -> b:pb/data"} 1024
# HELP repl_resume_token_age_seconds Age of an unfinished receive; 0 without one.
# TYPE repl_resume_token_age_seconds gauge
repl_resume_token_age_seconds{edge="pa/data -> b:pb/data"} 60
# HELP repl_oldest_hold_age_seconds Age of the oldest hold of the edge beside those of its base; 0 without one.
# TYPE repl_oldest_hold_age_seconds gauge
repl_oldest_hold_age_seconds{edge="pa/data -> b:pb/data"} 90
repl_oldest_hold_age_seconds{edge="pa/a \"b\\\n -> c:p"} 0
# HELP repl_suspects Copies that a verification found to differ.
# TYPE repl_suspects gauge
repl_suspects{edge="pa/data -> b:pb/data"} 0
# HELP repl_status 0 fine, 1 warning, 2 critical, 3 unknown.
# TYPE repl_status gauge
repl_status{edge="pa/data -> b:pb/data"} 0
repl_status{edge="pa/a \"b\\\n -> c:p"} 2
# HELP repl_pool_capacity_percent How full the pool is.
# TYPE repl_pool_capacity_percent gauge
repl_pool_capacity_percent{host="b",pool="pb"} 85
# HELP repl_pool_online 1 if the pool is ONLINE.
# TYPE repl_pool_online gauge
repl_pool_online{host="b",pool="pb"} 1
# HELP repl_pool_status 0 fine, 1 warning, 2 critical, 3 unknown.
# TYPE repl_pool_status gauge
repl_pool_status{host="b",pool="pb"} 1
repl_pool_status{host="c",pool="pb"} 3
# HELP repl_checked_timestamp_seconds When this was checked, in seconds since 1970.
# TYPE repl_checked_timestamp_seconds gauge
repl_checked_timestamp_seconds 1795433400
"#
    );
}
