//! On recorded answers of pfctl.

use super::*;
use crate::modules::tests::replay::Replay;
use crate::spec::Command;

/// pf enabled with rules, an anchor of bastille and two tables; recorded on 13.2 but for the check of a bad file,
/// which was recorded with another text on stdin.
const RECORDED: &str = include_str!("../../../../tests/fixtures/probe/pf/enabled.txt");
/// The module is not loaded.
const ABSENT: &str = include_str!("../../../../tests/fixtures/probe/pf/absent.txt");

fn host(recorded: &str) -> Replay {
    let host = Replay::freebsd(&["pfctl"], recorded);
    host.write("pf.conf", "pass\n");
    host
}

fn op(plan: &Plan) -> (String, String, String, u64) {
    let guarded = plan.changes().find_map(|change| match &change.op {
        Op::Guarded { apply, rollback, confirm, deadline } => {
            let text = |command: &Command| command.shell.clone().unwrap();
            Some((text(apply), text(rollback), text(confirm), deadline.as_secs()))
        }
        _ => None,
    });
    guarded.unwrap()
}

fn kinds(plan: &Plan) -> Vec<&str> {
    plan.changes().map(|change| change.why.split('/').next().unwrap().trim_end()).collect()
}

const NEW: &str = "path: @/pf.conf, content: \"block in all\\npass in proto tcp to port 22\\n\"";

#[test]
fn f44_the_file_stays_the_old_one_until_the_new_rules_are_proved() {
    let host = host(RECORDED);
    let (plan, fields) = host.plan(&Pf, &format!("{{{NEW}, rollback_timeout: 30}}")).unwrap();
    assert_eq!(kinds(&plan), ["load the rules", "write"]);
    assert_eq!(plan.parts.len(), 1, "the file is not written when the rules are not proved");
    let (apply, rollback, confirm, seconds) = op(&plan);
    assert!(apply.contains("bin/pfctl -f - || exit\n") && !apply.contains(" -e"), "{apply}");
    assert!(rollback.contains(&format!("pfctl -f {} || {{", host.path("pf.conf"))), "{rollback}");
    assert!(
        !rollback.contains("-d") && confirm.contains("IFS= read -r sum"),
        "{rollback}{confirm}"
    );
    assert_eq!((seconds, fields[&Key::from("enabled")].is_true()), (30, true));
    // F-44: what pf shows is another text than the file, and says nothing of it.
    assert_eq!(
        plan.warnings,
        ["the new rules have no point for the anchors that are there: bastille, rdr"]
    );
}

#[test]
fn rules_that_are_on_disk_and_not_loaded_come_back_as_pf_shows_them() {
    let host = host(RECORDED);
    let (plan, _) = host.plan(&Pf, "{path: @/pf.conf, content: \"pass\\n\"}").unwrap();
    assert_eq!(kinds(&plan), ["load the rules"]);
    assert!(op(&plan).1.contains("-f /var/db/tank-pf/main.before || {"));
}

#[test]
fn f42_a_missing_module_is_named_and_rules_are_checked_without_it() {
    let host = host(ABSENT);
    assert_eq!(host.refusal(&Pf, &format!("{{{NEW}}}")), "pf.ko is not loaded: kld loads it");
    assert_eq!(host.todo(&Pf, "{tables: {jails: []}, path: @/pf.conf}"), [""; 0]);
    let mut predicted = host;
    let effect = Effect::Thing("kernel_module", "pf".into(), Some(true.into()));
    predicted.world.add(effect);
    let (plan, _) = predicted.plan(&Pf, &format!("{{{NEW}, enable: true}}")).unwrap();
    assert_eq!(kinds(&plan), ["load the rules and enable pf", "write"]);
    let (apply, rollback, confirm, _) = op(&plan);
    assert!(
        apply.contains("pfctl -e || exit") && rollback.contains("pfctl -d\n"),
        "{apply}{rollback}"
    );
    assert!(confirm.contains("-s Running"), "{confirm}");
}

#[test]
fn f45_f46_the_state_of_pf_and_tables() {
    let host = host(RECORDED);
    let base = "path: @/pf.conf";
    assert_eq!(host.todo(&Pf, &format!("{{{base}, enable: true}}")), [""; 0]);
    let off = host.todo(&Pf, &format!("{{{base}, enable: false}}"));
    assert_eq!(off, ["@/bin/pfctl -d"]);
    let same = "tables: {bad: [192.0.2.1/32, 198.51.100.7/24], nosuch: []}";
    assert_eq!(host.todo(&Pf, &format!("{{{base}, {same}}}")), [""; 0]);
    let other = "tables: {bad: [192.0.2.1], nosuch: [10.1.1.1]}";
    let todo = host.todo(&Pf, &format!("{{{base}, {other}}}"));
    let replace = |table: &str| format!("@/bin/pfctl -t {table} -T replace -f -");
    assert_eq!(todo, [replace("bad"), replace("nosuch")]);
    assert_eq!(
        host.todo(&Pf, &format!("{{{base}, tables: {{bad: []}}}}")),
        ["@/bin/pfctl -t bad -T flush"]
    );
    let mut host = host;
    host.predict(&Pf, &format!("{{{base}, {other}}}"));
    assert_eq!(host.todo(&Pf, &format!("{{{base}, {other}}}")), [""; 0], "a check run remembers");
}

#[test]
fn f48_an_anchor_is_emptied_of_rules_only() {
    let load = rules::Load {
        pfctl: "pfctl",
        anchor: Some("rdr/web"),
        path: "/etc/pf.web",
        sha1: Some("0"),
        enables: false,
        old: rules::Old::Nothing,
    };
    let text = load.rollback();
    let empty = "{ pfctl -a rdr/web -F rules; pfctl -a rdr/web -F nat; }\n";
    assert!(text.ends_with(empty) && !text.contains("-F all"), "{text}");
}

#[test]
fn what_is_wrong_is_refused_before_anything_is_asked() {
    let host = host(RECORDED);
    for bad in [
        "{tables: {'a b': []}}",
        "{tables: {jails: [host.example.org]}}",
        "{tables: {jails: 10.0.0.1/99}}",
        "{content: x, anchor: a}",
        "{tables: {a: []}, anchor: 'a/*'}",
        "{tables: {a: []}, anchor: '-x'}",
        "{tables: {a: []}, rollback_timeout: 1}",
        "{}",
    ] {
        assert!(host.plan(&Pf, bad).is_err(), "{bad}");
    }
}
