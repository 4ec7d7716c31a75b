//! Plans on listings that are written out.

use super::ZfsPrune;
use crate::modules::zfs::tests::{answer, commands, missing, plan};
use crate::spec::{Answer, Effect, Failure, Plan, World};

const NOW: i64 = 1_700_000_000;

/// A dataset with snapshots `name:guid` (held: `name:guid!`, cloned: `name:guid+`) and bookmarks `#name:guid`, a day apart
/// by their numbers.
fn rows(dataset: &str, words: &str) -> String {
    let row =
        |name: &str, property: &str, value: &str| format!("{name}\t{property}\t{value}\tlocal\n");
    let full = |name: &str, guid: u64, holds: &str, clones: &str| {
        let creation = NOW - 86_400 * (100 - i64::try_from(guid).unwrap());
        [
            ("type", "x"),
            ("guid", &guid.to_string()),
            ("createtxg", &guid.to_string()),
            ("creation", &creation.to_string()),
            ("used", "0"),
            ("userrefs", holds),
            ("origin", "-"),
            ("clones", clones),
        ]
        .iter()
        .map(|(property, value)| row(name, property, value))
        .collect::<String>()
    };
    let mut text = full(dataset, 99, "-", "-");
    for word in words.split_whitespace() {
        if let Some((property, value)) = word.split_once('=') {
            text += &row(dataset, property, value);
            continue;
        }
        let (name, guid) = word.split_once(':').unwrap();
        let name = if name.starts_with('#') {
            format!("{dataset}{name}")
        } else {
            format!("{dataset}@{name}")
        };
        let holds = if guid.ends_with('!') { "1" } else { "0" };
        let clones = if guid.ends_with('+') { "t/c" } else { "" };
        text += &full(&name, guid.trim_end_matches(['!', '+']).parse().unwrap(), holds, clones);
    }
    text
}

fn listed(text: &str) -> Answer {
    answer(&[("clock", 0, &NOW.to_string(), ""), ("list", 0, text, "")])
}

fn does(yaml: &str, answers: &[Answer]) -> Result<Plan, Failure> {
    plan(&ZfsPrune, yaml, answers, &World::default()).map(|(plan, _)| plan)
}

const LAST: &str = "{name: t/d, prefix: s, keep: {last: 2}}";

#[test]
fn the_oldest_go_first_each_with_its_guid() {
    let told = listed(&rows("t/d", "s5:95 s1:91 s2:92 s3:93 s4:94 mine:90"));
    let (plan, fields) = plan(&ZfsPrune, LAST, &[told], &World::default()).unwrap();
    assert_eq!(commands(&plan), ["zfs_prune_destroy t/d s1 91 s2 92 s3 93"]);
    let text = plan.diff[0].prepared.clone().unwrap();
    assert!(
        text.starts_with("KEEP     t/d@mine  2023-11-04T22:13:20Z  foreign\nDESTROY  t/d@s1 "),
        "{text}"
    );
    let names = |key: &str| -> Vec<String> {
        let list = fields[&crate::base::Key::from(key)].as_list().unwrap();
        list.iter().map(|one| one.get("name").unwrap().text()).collect()
    };
    assert_eq!(names("keep"), ["t/d@mine", "t/d@s4", "t/d@s5"]);
    assert_eq!(names("destroy"), ["t/d@s1", "t/d@s2", "t/d@s3"]);
    assert_eq!(fields[&crate::base::Key::from("preview")].as_list().unwrap().len(), 6);
    let again = does(LAST, &[listed(&rows("t/d", "s5:95 s4:94 mine:90"))]).unwrap();
    assert!(!again.has_work() && again.diff.is_empty());
}

#[test]
fn s49_what_something_needs_stays() {
    let words = "s1:91! s2:92+ s3:93 s4:94 s5:95 #tank_e_000000000000005e:94 s6:101";
    let tags = answer(&[("holds", 0, "t/d@s1\tmine\tx\n", "")]);
    let all = [listed(&rows("t/d", words)), tags];
    let found = does(&LAST.replace("last: 2", "last: 1"), &all).unwrap();
    assert_eq!(commands(&found), ["zfs_prune_destroy t/d s3 93 s4 94"]);
    let text = found.diff[0].prepared.clone().unwrap();
    for line in ["held: mine", "clone t/c", "creation is in the future", "kept by bookmark #tank_e"]
    {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(found.warnings[0].contains("@s6 was created 1d in the future"), "{:?}", found.warnings);
    let base =
        LAST.replace("last: 2", "last: 1").replace("}}", "}, bases: ['93', 't/d@s4', nine]}");
    let found = does(&base, &all).unwrap();
    assert!(!found.has_work());
    assert!(found.warnings.iter().any(|one| one == "there is no snapshot nine that could stay"));
}

#[test]
fn a_copy_keeps_what_its_edge_starts_from() {
    let copy = "org.tank:source=7 s1:91 s2:92 s3:93! s4:94 s5:95";
    let tags = |tag: &str| answer(&[("holds", 0, &format!("t/d@s3\t{tag}\tx\n"), "")]);
    let ours = does(LAST, &[listed(&rows("t/d", copy)), tags("tank_e")]).unwrap();
    assert_eq!(commands(&ours), ["zfs_prune_destroy t/d s1 91 s2 92"]);
    assert!(!does(LAST, &[listed(&rows("t/d", copy)), tags("mine")]).unwrap().has_work());
    let suspect = format!("org.tank:suspect=e {}", copy.replace('!', ""));
    let frozen = does(LAST, &[listed(&rows("t/d", &suspect))]).unwrap();
    assert!(!frozen.has_work());
    assert!(frozen.warnings[0].contains("pruning is frozen: org.tank:suspect is e"));
}

#[test]
fn a_mass_is_refused_one_by_one_and_together() {
    let many: Vec<String> = (10..30).map(|n| format!("s{n}:{n}")).collect();
    let error = does(LAST, &[listed(&rows("t/d", &many.join(" ")))]).unwrap_err();
    assert!(
        error.msg.starts_with("t/d: 18 of 20 snapshots would go, more than 50 %"),
        "{}",
        error.msg
    );
    assert_eq!(error.fields[&crate::base::Key::from("preview")].as_list().unwrap().len(), 21);
    let few: String =
        ["t/d", "t/d/a", "t/d/b"].iter().map(|name| rows(name, "s1:11 s2:12 s3:13")).collect();
    let all = "{name: t/d, recursive: true, prefix: s, keep: {last: 1}}";
    let error = does(all, &[listed(&few)]).unwrap_err();
    assert!(error.msg.starts_with("all datasets together: 6 of 9"), "{}", error.msg);
    let allowed = all.replace("}}", "}, allow_mass_prune: true}");
    assert_eq!(does(&allowed, &[listed(&few)]).unwrap().changes().count(), 3);
    // Without `recursive` what lies below is not meant.
    let one = all.replace("recursive: true, ", "");
    assert_eq!(
        commands(&does(&one, &[listed(&few)]).unwrap()),
        ["zfs_prune_destroy t/d s1 11 s2 12"]
    );
}

#[test]
fn what_can_not_be_is_refused() {
    let told = || [listed(&rows("t/d", "s1:91 s2:92"))];
    for (yaml, error) in [
        ("{name: t/d, prefix: '', keep: {last: 1}}", "which snapshots are ours"),
        ("{name: t/d, prefix: s, keep: {}}", "no rule keeps anything"),
        ("{name: t/d, prefix: s, keep: {dayly: 1}}", "keep has no 'dayly'"),
        ("{name: t/d, prefix: s, keep: {last: x}}", "'last' is 'x', wanted a number"),
        ("{name: t/d, prefix: s, keep: {last: 1}, zone: Mars}", "zone: \"Mars\" is no time zone"),
        ("{name: t/d, prefix: s, keep: {last: 1}, max_share: 300}", "max_share"),
        ("{name: t/d@s, prefix: s, keep: {last: 1}}", "no name of a dataset"),
    ] {
        let found = does(yaml, &told()).unwrap_err().msg;
        assert!(found.contains(error), "{yaml}: {found}");
    }
    let gone = answer(&[("clock", 0, "1", ""), ("list", 1, "", &missing("t/d"))]);
    assert!(does(LAST, &[gone]).unwrap_err().msg.contains("dataset does not exist"));
    let broken =
        answer(&[("clock", 0, "1", ""), ("list", 1, "", "internal error: out of memory\n")]);
    assert!(does(LAST, &[broken]).is_err());
}

#[test]
fn old_hosts_find_clones_in_their_pool() {
    let old: String = rows("t/d", "s1:91 s2:92 s3:93 s4:94")
        .lines()
        .filter(|line| !line.contains("\tclones\t"))
        .map(|line| format!("{line}\n"))
        .collect();
    let told = answer(&[
        ("clock", 0, &NOW.to_string(), ""),
        ("list", 2, "", "bad property list: invalid property 'clones'\n"),
        ("list_old", 0, &old, ""),
        ("origins", 0, "t\t-\nt/c\tt/d@s1\n", ""),
    ]);
    assert_eq!(commands(&does(LAST, &[told]).unwrap()), ["zfs_prune_destroy t/d s2 92"]);
}

#[test]
fn a_check_run_sees_what_earlier_tasks_would_do() {
    let mut world = World::default();
    for name in ["t/d@s9", "t/d@s8"] {
        let known = [("userrefs".to_owned(), "0".to_owned())];
        world.add(crate::modules::zfs::predicted::made("snapshot", name, &known));
    }
    world.add(Effect::Thing("snapshot", "t/d@s1".to_owned(), None));
    let told = listed(&rows("t/d", "s1:91 s2:92 s3:93"));
    let (plan, _) = plan(&ZfsPrune, LAST, &[told], &world).unwrap();
    assert_eq!(commands(&plan), ["zfs_prune_destroy t/d s2 92 s3 93"]);
}
