//! Retention carried out on a real ZFS (zfs-fuse, pool version 23): what is said before is what goes, and what something needs
//! stays. The numbers are those of the scenarios.

use std::sync::atomic::Ordering;

use tank::base::quote;
use tank::run::replicate::{Level, PruneEnd, Wish, prune_text};
use tank::zfs::retention::{DESTROY, Outcome};
use tank::zfs::topology::Topology;

use crate::process;
use crate::project::Project;
use crate::replicate::{Pools, edges};

const BOTH: &str = "edges: [{id: e, source: 'a:pa/d', target: 'b:pb/x/d', encryption: plain, \
keep_source: {prefix: auto_, last: 1, max_share: 90}, keep_target: {prefix: auto_, last: 2, max_share: 90}}]";

/// Names of the snapshots of a dataset, in the order of their names.
fn names(pools: &Pools, dataset: &str) -> Vec<String> {
    let all = pools.sh(&format!("zfs list -H -o name -t snapshot -r {dataset} | sort"));
    let own = all.lines().filter_map(|name| name.strip_prefix(&format!("{dataset}@")));
    own.map(str::to_owned).collect()
}

fn going(ends: &[PruneEnd]) -> Vec<String> {
    ends.iter().flat_map(|end| end.going.clone()).collect()
}

fn worst(ends: &[PruneEnd]) -> Level {
    ends.iter().map(|end| end.level).max().unwrap()
}

/// Runs, where a look before said the same.
fn prunes(pools: &Pools, topology: &Topology, level: Level) -> Vec<PruneEnd> {
    let before = pools.history();
    let check = pools.prune(topology, &Wish::default(), true);
    assert_eq!(pools.history(), before, "a look writes nothing");
    let run = pools.prune(topology, &Wish::default(), false);
    let told = prune_text(&run, false);
    assert_eq!(worst(&run), level, "{told}");
    for (check, run) in check.iter().zip(&run) {
        assert_eq!(check.preview, run.preview);
        assert_eq!(check.going, run.destroyed, "{told}");
        assert_eq!((run.stayed.len(), run.errors.len()), (0, 0), "{told}");
    }
    let before = pools.history();
    let again = pools.prune(topology, &Wish::default(), false);
    assert_eq!(worst(&again), Level::Idle, "{}", prune_text(&again, false));
    assert_eq!(pools.history(), before, "a second run does nothing");
    run
}

fn numbered(pools: &Pools, range: std::ops::RangeInclusive<u32>) {
    range.for_each(|n| pools.snap(&format!("auto_{n:02}")));
}

#[test]
fn s49_what_something_needs_stays_and_all_else_goes_as_it_was_said() {
    let pools = Pools::new();
    pools.snap("mine");
    numbered(&pools, 1..=8);
    pools.expect(&edges(BOTH), Level::Done);
    numbered(&pools, 9..=10);
    pools.sh("zfs hold own pa/d@auto_02; zfs clone -o mountpoint=none pa/d@auto_03 pa/c");
    let few = edges(&BOTH.replace(", max_share: 90", ""));
    let refused = pools.prune(&few, &Wish::default(), false);
    assert_eq!(worst(&refused), Level::Failed);
    assert!(refused[0].errors[0].contains("6 of 10 snapshots would go, more than 50 %"));
    assert!(!pools.history().contains("zfs destroy"));
    let run = prunes(&pools, &edges(BOTH), Level::Done);
    assert_eq!(names(&pools, "pa/d"), ["auto_02", "auto_03", "auto_08", "auto_10", "mine"]);
    assert_eq!(names(&pools, "pb/x/d"), ["auto_07", "auto_08", "mine"]);
    for (line, why) in [
        ("pa/d@auto_02", "held"),
        ("pa/d@auto_03", "clone pa/c"),
        ("pa/d@auto_08", "last common with edge e"),
        ("pa/d@auto_10", "newest; last 1 of 1"),
        ("pa/d@mine", "foreign"),
        ("pb/x/d@auto_08", "last common with edge e"),
    ] {
        let mut lines = run.iter().flat_map(|end| end.preview.lines());
        let found = lines.find(|one| one.starts_with("KEEP") && one.contains(line));
        assert!(found.is_some_and(|found| found.contains(why)), "{line} {why}: {found:?}");
    }
    assert!(!pools.history().contains("destroy -"), "no option ever");
    let told = pools.expect(&edges(BOTH), Level::Done);
    assert!(told.contains("base @auto_08"), "{told}");
}

#[test]
fn s45_the_base_of_a_target_that_is_down_stays() {
    let pools = Pools::new();
    let fan = edges(
        "defaults: {encryption: plain}\nedges:\n  - {id: e, source: 'a:pa/d', target: 'b:pb/x/d', keep_source: {prefix: auto_, last: 1, max_share: 90}}\n  - {id: g, source: 'a:pa/d', target: 'd:pb/z/d'}\n",
    );
    numbered(&pools, 1..=4);
    pools.expect(&fan, Level::Done);
    pools.faults.down.lock().unwrap().push("d".to_owned());
    numbered(&pools, 5..=8);
    pools.expect(&fan, Level::Unreachable);
    let run = prunes(&pools, &fan, Level::Done);
    assert!(run[0].preview.contains("edge g: the other end could not be listed"));
    assert_eq!(names(&pools, "pa/d")[0], "auto_04");
    assert_eq!(names(&pools, "pa/d").len(), 5);
    pools.faults.down.lock().unwrap().clear();
    prunes(&pools, &fan, Level::Done);
    assert_eq!(names(&pools, "pa/d"), ["auto_04", "auto_08"]);
    let told = pools.expect(&fan, Level::Done);
    assert!(told.contains("base @auto_04") && !told.contains("in full"), "{told}");
    prunes(&pools, &fan, Level::Done);
    assert_eq!(names(&pools, "pa/d"), ["auto_08"]);
}

#[test]
fn s48_a_wrong_clock_prunes_nothing() {
    let pools = Pools::new();
    numbered(&pools, 1..=8);
    let topology = edges(
        &BOTH.replace("last: 1", "within: 2d, last: 1").replace("last: 2", "within: 2d, last: 1"),
    );
    pools.expect(&topology, Level::Done);
    pools.sh("cp /usr/bin/date $DISKS/real; printf '#!/bin/sh\\n[ \"$1\" != +%%s ] || exec echo $(($(%s +%%s) + $(cat %s)))\\nexec %s \"$@\"\\n' $DISKS/real $DISKS/ahead $DISKS/real >$DISKS/fake; chmod +x $DISKS/fake; echo 0 >$DISKS/ahead; mount --bind $DISKS/fake /usr/bin/date");
    for (ahead, why) in [("31536000", "ages count from"), ("-86400", "in the future")] {
        pools.sh(&format!("echo {ahead} >$DISKS/ahead"));
        let run = prunes(&pools, &topology, Level::Idle);
        assert!(run[0].preview.contains(why), "{}", run[0].preview);
    }
}

#[test]
fn a_run_that_is_cut_is_gone_on_with_and_a_lock_is_kept() {
    let pools = Pools::new();
    numbered(&pools, 1..=8);
    pools.expect(&edges(BOTH), Level::Done);
    let wanted = going(&pools.prune(&edges(BOTH), &Wish::default(), true));
    assert_eq!(wanted.len(), 7 + 6);
    pools.sh("zfs set org.tank:lock.e='other.9.9 9999999999 them' pb");
    let busy = pools.prune(&edges(BOTH), &Wish::default(), false);
    assert_eq!((worst(&busy), names(&pools, "pa/d").len()), (Level::Busy, 8));
    // Cut behind the lock, behind the source, behind the target.
    for request in 0..3 {
        pools.sh("zfs inherit org.tank:lock.e pb");
        pools.faults.requests.store(request, Ordering::SeqCst);
        pools.prune(&edges(BOTH), &Wish::default(), false);
        pools.faults.requests.store(-1, Ordering::SeqCst);
        assert!(names(&pools, "pa/d").contains(&"auto_08".to_owned()));
        assert!(names(&pools, "pb/x/d").contains(&"auto_08".to_owned()));
    }
    pools.sh("zfs inherit org.tank:lock.e pb");
    let last = pools.prune(&edges(BOTH), &Wish::default(), false);
    assert!(worst(&last) <= Level::Done, "{}", prune_text(&last, false));
    assert_eq!(names(&pools, "pa/d"), ["auto_08"]);
    assert_eq!(names(&pools, "pb/x/d"), ["auto_07", "auto_08"]);
    pools.expect(&edges(BOTH), Level::Idle);
}

#[test]
fn only_what_was_meant_is_destroyed_and_one_does_not_keep_the_others() {
    let pools = Pools::new();
    numbered(&pools, 1..=5);
    pools.sh("zfs hold own pa/d@auto_02");
    let guid = |n: u32| pools.sh(&format!("zfs get -Hp -o value guid pa/d@auto_{n:02}"));
    let mut words = vec!["sh".to_owned(), "-c".into(), DESTROY.into(), "x".into(), "pa/d".into()];
    for n in 1..=4 {
        let guid = if n == 3 { "5".to_owned() } else { guid(n).trim().to_owned() };
        words.extend([format!("auto_{n:02}"), guid]);
    }
    words.extend(["auto_09".to_owned(), "1".to_owned()]);
    let mut found = Outcome::default();
    found.read(&pools.sh(&quote::words(&words)));
    assert_eq!(found.destroyed, ["auto_01", "auto_04"]);
    assert_eq!(found.kept[0].0, "auto_02");
    assert!(found.elsewhere[0].1.contains("another snapshot has its name"));
    assert_eq!(found.elsewhere[1], ("auto_09".to_owned(), "it is gone already".to_owned()));
    assert_eq!(names(&pools, "pa/d"), ["auto_02", "auto_03", "auto_05"]);
}

/// A `zfs` that takes several names at once, and destroys none of them when one is held.
const SEVERAL: &str = r#"#!/bin/sh
cd "${0%/*}" || exit 9
case "$1 $#" in
'destroy 1')
    echo 'destroy [-dnpRrv] <filesystem|volume>@<snap>[%<snap>][,...]' >&2
    exit 2
    ;;
get*)
    for last; do :; done
    cat "${last#*@}" 2>/dev/null || { echo "cannot open '$last': dataset does not exist" >&2; exit 1; }
    ;;
destroy*)
    echo "$2" >>log
    names=$(printf %s "${2#*@}" | tr , ' ')
    for name in $names; do
        [ "$name" != held ] || { echo 'cannot destroy snapshot: dataset is busy' >&2; exit 1; }
        [ "$name" != denied ] || { echo 'cannot destroy snapshot: permission denied' >&2; exit 1; }
    done
    (cd . && rm $names)
    ;;
esac
"#;

#[test]
fn several_go_by_one_command_and_one_by_one_where_that_fails() {
    let project = Project::new().file("zfs", SEVERAL);
    let dir = project.path().display().to_string();
    process::run(
        std::process::Command::new("chmod").args(["+x", &format!("{dir}/zfs")]),
        std::time::Duration::from_secs(5),
    );
    let destroy = |names: &[&str]| {
        for name in names.iter().filter(|name| **name != "gone") {
            std::fs::write(project.path().join(name), "7\n").unwrap();
        }
        let _ = std::fs::remove_file(project.path().join("log"));
        let mut command = std::process::Command::new("sh");
        command.args(["-c", DESTROY, "x", "t/d"]);
        for name in names {
            command.args([*name, if *name == "new" { "6" } else { "7" }]);
        }
        command.env("PATH", format!("{dir}:/usr/bin:/bin"));
        let run = process::run(&mut command, std::time::Duration::from_secs(20));
        let mut found = Outcome::default();
        found.read(&run.stdout);
        let log = std::fs::read_to_string(project.path().join("log")).unwrap_or_default();
        (run.code, found, log.replace('\n', " "))
    };
    let (code, found, log) = destroy(&["a", "gone", "b", "new"]);
    assert_eq!((code, log.as_str()), (0, "t/d@a,b "));
    assert_eq!(found.destroyed, ["a", "b"]);
    assert_eq!(found.elsewhere.len(), 2);
    let (code, found, log) = destroy(&["a", "held", "b"]);
    assert_eq!((code, log.as_str()), (0, "t/d@a,held,b t/d@a t/d@held t/d@b "));
    assert_eq!((found.destroyed.len(), found.kept[0].0.as_str()), (2, "held"));
    let (code, found, _) = destroy(&["denied", "b"]);
    assert_eq!(code, 1);
    assert_eq!((found.destroyed[0].as_str(), found.failed[0].0.as_str()), ("b", "denied"));
}

#[test]
fn the_command_previews_and_refuses() {
    let pools = Pools::new();
    numbered(&pools, 1..=8);
    let project = Project::new()
        .file("hosts", "a ansible_connection=local\nb ansible_connection=local\n")
        .file("replication.yml", BOTH)
        .file("few.yml", &BOTH.replace("max_share: 90", "max_share: 10"))
        .file("none.yml", "edges: [{source: 'a:pa/d', target: 'b:pb/x/d', encryption: plain}]");
    let tank = |words: &[&str]| {
        pools.fuse.tank(&project, &[&["replicate"], words, &["-i", "hosts"]].concat())
    };
    tank(&["run"]).expect_code(0);
    let check = tank(&["prune", "--check"]).expect_code(0);
    check.out_has(&[
        "DESTROY  pa/d@auto_01",
        "KEEP     pa/d@auto_08",
        "7 to be destroyed",
        "6 to be destroyed",
    ]);
    assert_eq!(names(&pools, "pa/d").len(), 8);
    tank(&["prune", "few.yml"]).expect_code(2).out_has(&["7 of 8 snapshots would go", "FAILED"]);
    assert_eq!(names(&pools, "pa/d").len(), 8);
    tank(&["prune", "few.yml", "--allow-mass-prune"]).expect_code(0).out_has(&["7 destroyed"]);
    tank(&["prune"]).expect_code(0).out_has(&["nothing to destroy"]);
    tank(&["prune", "none.yml"]).expect_code(0).out_has(&["no edge has keep_source"]);
}
