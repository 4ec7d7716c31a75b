//! Plans for hosts that know more than zfs-fuse.

use super::ZfsSnapshot;
use crate::modules::zfs::tests::{ALL, answer, commands, missing, plan};
use crate::spec::{Answer, Failure, Plan, World};

fn does(yaml: &str, answers: &[Answer]) -> Result<Plan, Failure> {
    plan(&ZfsSnapshot, yaml, answers, &World::default()).map(|(plan, _)| plan)
}

fn snap(name: &str, guid: u64, txg: u64, holds: u64) -> String {
    let kind = if name.contains('#') { "bookmark" } else { "snapshot" };
    format!(
        "{name}\ttype\t{kind}\t-\n{name}\tguid\t{guid}\t-\n{name}\tcreatetxg\t{txg}\t-\n\
         {name}\tcreation\t1\t-\n{name}\tused\t0\t-\n{name}\tuserrefs\t{holds}\t-\n"
    )
}

#[test]
fn all_are_taken_by_one_command() {
    let both = ALL.to_string() + &ALL.replace("tank\t", "pool2\t");
    let error = missing("tank@s") + &missing("pool2@s");
    let told = answer(&[("dataset", 0, &both, ""), ("snapshots", 1, "", &error)]);
    let plan = does("{dataset: [tank, pool2], snapshot: s, hold: [k]}", &[told]).unwrap();
    assert_eq!(commands(&plan), ["zfs snapshot tank@s pool2@s", "zfs hold k tank@s pool2@s"]);
}

#[test]
fn a_tree_is_taken_at_once_or_what_is_missing_by_name() {
    let told = |there: &str, error: &str| {
        answer(&[
            ("dataset", 0, ALL, ""),
            ("below", 0, "tank\ntank/a\ntank/b\n", ""),
            ("snapshots", i32::from(!error.is_empty()), there, error),
        ])
    };
    let none: String =
        ["tank@s", "tank/a@s", "tank/b@s"].iter().map(|name| missing(name)).collect();
    let yaml = "{name: tank@s, recursive: true}";
    assert_eq!(commands(&does(yaml, &[told("", &none)]).unwrap()), ["zfs snapshot -r tank@s"]);
    let some = snap("tank/a@s", 5, 6, 0);
    let some_error = missing("tank@s") + &missing("tank/b@s");
    let plan = does(yaml, &[told(&some, &some_error)]).unwrap();
    assert_eq!(commands(&plan), ["zfs snapshot tank@s tank/b@s"]);
    assert!(plan.warnings[0].contains("another moment"));
}

#[test]
fn tags_are_compared() {
    let told = answer(&[("dataset", 0, ALL, ""), ("snapshots", 0, &snap("tank@s", 5, 6, 2), "")]);
    let tags = "tank@s\ta\tx\ntank@s\tb\tx\n";
    let answers = [told, answer(&[("holds", 0, tags, "")])];
    assert!(!does("{name: tank@s, hold: [a, b], release: [c]}", &answers).unwrap().has_work());
    let plan = does("{name: tank@s, hold: [c], release: [a]}", &answers).unwrap();
    assert_eq!(commands(&plan), ["zfs release a tank@s", "zfs hold c tank@s"]);
    assert!(does("{name: tank@s, hold: [a], release: [a]}", &answers).is_err());
}

fn removal(snapshots: &str, origins: &str) -> Answer {
    answer(&[("dataset", 0, ALL, ""), ("origins", 0, origins, ""), ("snapshots", 0, snapshots, "")])
}

#[test]
fn held_and_cloned_ones_stay() {
    let held = removal(&snap("tank@s", 5, 6, 1), "");
    let tags = answer(&[("holds", 0, "tank@s\tkeep\tx\n", "")]);
    let error = does("{name: tank@s, state: absent}", &[held.clone(), tags.clone()]).unwrap_err();
    assert_eq!(error.msg, "nothing is destroyed: held snapshots: tank@s (keep)");
    let plan = does("{name: tank@s, state: absent, release: [keep]}", &[held, tags]).unwrap();
    assert_eq!(commands(&plan), ["zfs release keep tank@s", "zfs_destroy_snapshots tank@s 5"]);
    let cloned = removal(&snap("tank@s", 5, 6, 0), "tank\t-\ntank/c\ttank@s\n");
    let error = does("{name: tank@s, state: absent}", &[cloned]).unwrap_err();
    assert!(error.msg.contains("tank/c (of tank@s)"), "{}", error.msg);
    let other = removal(&snap("tank@s", 5, 6, 0), "");
    let plan = does("{name: tank@s, state: absent, guid: '7'}", &[other]).unwrap();
    assert!(!plan.has_work() && plan.warnings[0].contains("left alone"));
}

fn rollback(newer: &str, written: &str) -> Answer {
    let own = snap("tank@s", 5, 6, 0);
    let tree =
        snap("tank@s", 5, 6, 0) + &snap("tank@old", 3, 4, 0) + newer + &snap("tank/x@n", 9, 99, 0);
    answer(&[
        ("dataset", 0, ALL, ""),
        ("newer", 0, &tree, ""),
        ("written", 0, &format!("tank\twritten\t{written}\t-\n"), ""),
        ("origins", 0, "tank\t-\n", ""),
        ("snapshots", 0, &own, ""),
    ])
}

#[test]
fn going_back_names_what_it_costs() {
    let yaml = "{name: tank@s, state: rolled_back}";
    assert!(!does(yaml, &[rollback("", "0")]).unwrap().has_work());
    let plan = does(yaml, &[rollback("", "4096")]).unwrap();
    assert_eq!(commands(&plan), ["zfs rollback tank@s"]);
    assert!(plan.diff[0].to_value().repr().contains("'written': {'tank': 4096}"));
    let newer = snap("tank@n1", 7, 8, 0) + &snap("tank#b", 7, 8, 0) + &snap("tank@n2", 8, 9, 0);
    let error = does(yaml, &[rollback(&newer, "0")]).unwrap_err();
    assert!(error.msg.contains("tank@n2, tank#b, tank@n1"), "{}", error.msg);
    let named = "{name: tank@s, state: rolled_back, destroy_newer: [n1, '@n2', '#b']}";
    let plan = does(named, &[rollback(&newer, "0")]).unwrap();
    let wanted = ["zfs_destroy_snapshots tank@n2 8 tank#b 7 tank@n1 7", "zfs rollback tank@s"];
    assert_eq!(commands(&plan), wanted);
    assert!(!does(named, &[rollback("", "0")]).unwrap().has_work(), "a second run");
    let wrong = "{name: tank@s, state: rolled_back, destroy_newer: [n1, n2, b, n3]}";
    assert!(does(wrong, &[rollback(&newer, "0")]).is_err());
    let all = "{name: tank@s, state: rolled_back, destroy_newer: true}";
    assert_eq!(commands(&does(all, &[rollback(&newer, "0")]).unwrap()), wanted);
    let held = snap("tank@n1", 7, 8, 1);
    let tags = answer(&[("holds", 0, "tank@n1\tkeep\tx\n", "")]);
    let error = does(all, &[rollback(&held, "0"), tags]).unwrap_err();
    assert!(error.msg.contains("tank@n1 (keep)"), "{}", error.msg);
}

#[test]
fn arguments_that_do_not_fit() {
    for yaml in [
        "{}",
        "{name: tank}",
        "{name: [tank@a, tank@b]}",
        "{name: tank@a, dataset: tank, snapshot: a}",
        "{dataset: tank}",
        "{name: tank@a, hold: ['a b', '-r']}",
        "{name: tank@a, guid: x}",
        "{name: [tank@a, pool2@a], guid: '5'}",
        "{name: tank@a, state: rolled_back, recursive: true}",
        "{name: tank@a, state: absent, hold: [x]}",
        "{name: tank@a, destroy_newer: true}",
    ] {
        assert!(does(yaml, &[answer(&[])]).is_err(), "{yaml}");
    }
}
