//! Answers of bectl as they were recorded.

use super::*;
use crate::modules::tests::replay::Replay;

const TWO: &str = include_str!("../../../../tests/fixtures/probe/bectl/two.txt");
const ACTIVATED: &str = include_str!("../../../../tests/fixtures/probe/bectl/activated.txt");
const TEMPORARY: &str = include_str!("../../../../tests/fixtures/probe/bectl/temporary.txt");

fn host(recorded: &str) -> Replay {
    Replay::freebsd(&["bectl"], recorded)
}

#[test]
fn what_is_there_is_not_made_again() {
    let two = host(TWO);
    let todo = |args: &str| two.todo(&Bectl, args);
    assert_eq!(todo("{name: test1}"), [""; 0]);
    assert_eq!(todo("{name: new, recursive: true}"), ["bectl create -r new"]);
    assert_eq!(todo("{name: new, source: test1@s}"), ["bectl create -e test1@s new"]);
    assert_eq!(todo("{name: default, state: active}"), [""; 0]);
    assert_eq!(todo("{name: test1, state: active}"), ["bectl activate test1"]);
    assert_eq!(todo("{name: test1, state: absent}"), ["bectl destroy test1"]);
    assert_eq!(todo("{name: nosuch, state: absent}"), [""; 0]);
    let trial = "{name: trial, state: active, temporary: true}";
    assert_eq!(todo(trial), ["bectl create trial", "bectl activate -t trial"]);
    let (_, fields) = two.plan(&Bectl, "{name: test1}").unwrap();
    let all = fields[&Key::from("environments")].as_list().unwrap();
    assert_eq!((all.len(), all[0].get("mountpoint").unwrap().text()), (2, "/".to_string()));
}

#[test]
fn what_runs_or_will_run_is_not_destroyed() {
    let why = |recorded: &str, name: &str| {
        host(recorded).refusal(&Bectl, &format!("{{name: {name}, state: absent}}"))
    };
    assert!(why(ACTIVATED, "default").ends_with("the host runs from it"));
    assert!(why(ACTIVATED, "test1").ends_with("the next boot takes it"));
    assert!(why(TEMPORARY, "test2").ends_with("the next boot takes it"));
    let mounted = TWO.replace("test1\t-\t-", "test1\t-\t/mnt");
    assert!(why(&mounted, "test1").ends_with("it is mounted at /mnt"));
}

#[test]
fn a_temporary_choice_would_win_over_the_active_one() {
    let todo = |args: &str| host(TEMPORARY).todo(&Bectl, args);
    assert_eq!(todo("{name: test2, state: active, temporary: true}"), [""; 0]);
    assert_eq!(todo("{name: default, state: active}"), ["bectl activate -T"]);
    assert_eq!(todo("{name: test1, state: active}"), ["bectl activate -T", "bectl activate test1"]);
    let before = host(TEMPORARY);
    let args = "{name: test1, state: active}";
    let (plan, _) = before.plan(&Bectl, args).unwrap();
    let wrong = plan.changes().map(|change| before.proves(&Bectl, args, change).unwrap_err());
    let words = ["the next boot still takes another one", "the next boot does not take it"];
    assert_eq!(wrong.collect::<Vec<_>>(), words);
    let changes: Vec<_> = plan.changes().cloned().collect();
    assert!(changes.iter().all(|change| host(ACTIVATED).proves(&Bectl, args, change).is_ok()));
}

#[test]
fn f57_roots_on_ufs_and_odd_names_are_told() {
    let ufs = host("$ bectl list -H\n--stderr--\nlibbe_init(\"\") failed.\n--rc 255--\n");
    let words = "boot environments need a root on ZFS: libbe_init(\"\") failed.";
    assert_eq!(ufs.refusal(&Bectl, "{name: a}"), words);
    for name in ["''", "'bad name'", "bad@name", "bad/name", "-e"] {
        let why = host(TWO).refusal(&Bectl, &format!("{{name: {name}}}"));
        assert!(why.starts_with("invalid name"), "{name}");
    }
}

#[test]
fn a_check_run_remembers() {
    let mut two = host(TWO);
    for args in
        ["{name: b, state: active}", "{name: a, state: active}", "{name: test1, state: absent}"]
    {
        assert!(!two.todo(&Bectl, args).is_empty());
        two.predict(&Bectl, args);
        assert_eq!(two.todo(&Bectl, args), [""; 0], "{args}");
    }
    assert_eq!(
        two.todo(&Bectl, "{name: b, state: active}"),
        ["bectl activate b"],
        "a is active now"
    );
    assert!(two.refusal(&Bectl, "{name: a, state: absent}").ends_with("the next boot takes it"));
}
