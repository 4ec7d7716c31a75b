//! Fail-over and the way back on a real ZFS (zfs-fuse, pool version 23, which can't tell what was written behind a snapshot).

use std::sync::atomic::Ordering;

use tank::run::replicate::{FailoverEnd, Level, back_out, fail_over, failover_text};
use tank::zfs::replication::failover::{How, Wish};
use tank::zfs::topology::Topology;

use crate::project::Project;
use crate::replicate::{EDGE, Pools, edges};

fn wish(how: How) -> Wish {
    Wish { how, mount: false, mountpoint: None }
}

/// Fails the edges over, or says how.
fn fails_over(pools: &Pools, topology: &Topology, wish: &Wish, check: bool) -> FailoverEnd {
    let job = pools.job(topology, check);
    let mut ends = pools.with_hosts(async |hosts| fail_over(&job, wish, hosts).await);
    assert_eq!(ends.len(), 1);
    ends.remove(0)
}

fn shown(pools: &Pools, topology: &Topology, end: &FailoverEnd) -> String {
    failover_text(&pools.job(topology, false), std::slice::from_ref(end))
}

/// Fails over to the wanted end, where a look before said so and wrote nothing; a second call does nothing.
fn becomes(pools: &Pools, topology: &Topology, wish: &Wish, level: Level) -> String {
    let before = pools.history();
    let check = fails_over(pools, topology, wish, true);
    assert_eq!(check.level, level, "{}", shown(pools, topology, &check));
    assert_eq!(pools.history(), before, "a look writes nothing");
    let end = fails_over(pools, topology, wish, false);
    let told = shown(pools, topology, &end);
    assert_eq!(end.level, level, "{told}");
    if level != Level::Done {
        assert_eq!(pools.history(), before, "{told}");
        return told;
    }
    let before = pools.history();
    let again = fails_over(pools, topology, wish, false);
    assert_eq!(again.level, Level::Idle, "{}", shown(pools, topology, &again));
    assert_eq!(pools.history(), before, "a second call does nothing");
    assert!(!before.contains("zfs destroy"), "{before}");
    told
}

/// The edge back as it is printed.
fn back(end: &FailoverEnd) -> Topology {
    edges(&format!("edges:\n{}", end.reverse.as_ref().unwrap()))
}

/// Whether datasets are read-only. Of mounted ones this ZFS tells what the mount table has, which is wrong.
fn readonly_of(pools: &Pools, names: &str) -> String {
    pools
        .sh(&format!(
            "for one in {names}; do if [ \"$(zfs get -H -o value mounted $one)\" = yes ]; then \
         if [ -w \"$(zfs get -H -o value mountpoint $one)\" ]; then echo off; else echo on; fi; \
         else zfs get -H -o value readonly $one; fi; done"
        ))
        .replace('\n', " ")
}

fn readonly(pools: &Pools) -> String {
    readonly_of(pools, "pa/d pb/x/d")
}

#[test]
fn s47_a_planned_switch_loses_nothing_and_leads_back() {
    let pools = Pools::new();
    pools.snap("s1");
    let edge = edges(EDGE);
    pools.expect(&edge, Level::Done);
    pools.sh("echo unsaved >$DISKS/d/late");
    let told = becomes(&pools, &edge, &wish(How::Switch), Level::Failed);
    assert!(told.contains("maybe something behind its newest snapshot"), "{told}");
    assert!(told.contains("--final makes the source read-only"), "{told}");
    let told = becomes(&pools, &edge, &wish(How::Unplanned), Level::Failed);
    assert!(told.contains("the source answers"), "{told}");
    let place = format!("{}/b", pools.fuse.dir().display());
    let planned = Wish { how: How::Final, mount: true, mountpoint: Some(place.clone()) };
    let told = becomes(&pools, &edge, &planned, Level::Done);
    assert!(told.contains("a: readonly=on for pa/d"), "{told}");
    assert_eq!(readonly(&pools), "on off ");
    pools.sh("cd $DISKS/b && cat late && diff -r $DISKS/d $DISKS/b && echo more >mine");
    assert!(pools.fuse.shell(&format!("touch {}/d/no", pools.fuse.dir().display())).code != 0);
    assert_eq!(
        pools.sh("zfs get -H -o value userrefs $(zfs list -H -o name -t snapshot -r pa/d pb/x/d | grep failover)"),
        "1\n1\n"
    );
    // The old way is closed.
    let before = pools.history();
    let told = pools.expect(&edge, Level::Failed);
    assert!(told.contains("b:pb/x/d is the end in use (fail-over of edge e at 2"), "{told}");
    assert_eq!(pools.history(), before);
    // The way back is open, and starts at the common snapshot.
    let end = fails_over(&pools, &edge, &planned, true);
    let way_back = back(&end);
    assert_eq!(way_back.links[0].edge.id, "e-back");
    pools.sh("zfs snapshot pb/x/d@s2");
    let told = pools.expect(&way_back, Level::Done);
    assert!(told.contains("send @tank_2") && !told.contains("in full"), "{told}");
    pools.sh("echo last >$DISKS/b/last");
    let told = becomes(&pools, &way_back, &Wish { mountpoint: None, ..planned }, Level::Done);
    assert!(told.contains("readonly as it was: pa/d (inherit)"), "{told}");
    assert_eq!(readonly(&pools), "off on ");
    pools.sh("diff -r $DISKS/d $DISKS/b && cat $DISKS/d/last && echo on >$DISKS/d/on");
    assert_eq!(pools.sh("zfs get -H -o source readonly pa/d"), "default\n");
    // And the first edge goes on as if nothing had been.
    pools.snap("s3");
    pools.expect(&edge, Level::Done);
    assert_eq!(pools.guids("pa/d"), pools.guids("pb/x/d"));
    let told = pools.expect(&way_back, Level::Failed);
    assert!(told.contains("a:pa/d is the end in use (fail-over of edge e-back"), "{told}");
}

#[test]
fn an_unplanned_one_says_what_is_lost_and_meets_its_old_source_again() {
    let pools = Pools::new();
    pools.snap("s1");
    let edge = edges(EDGE);
    pools.expect(&edge, Level::Done);
    pools.snap("s2");
    pools.faults.down.lock().unwrap().push("a".to_owned());
    let told = becomes(&pools, &edge, &wish(How::Final), Level::Unreachable);
    assert!(told.contains("the source can't be asked (a: connect: no route)"), "{told}");
    assert!(
        told.contains("pb/x/d goes on from @s1 of 2") && told.contains("--unplanned"),
        "{told}"
    );
    let told = becomes(&pools, &edge, &wish(How::Unplanned), Level::Done);
    assert!(told.contains("pb/x/d goes on from @s1 of 2"), "{told}");
    assert_eq!(readonly(&pools), "off off ");
    // The old source is back, with a snapshot that only it has.
    pools.faults.down.lock().unwrap().clear();
    let told = pools.expect(&edge, Level::Failed);
    assert!(told.contains("is the end in use"), "{told}");
    let told = becomes(&pools, &edge, &wish(How::Unplanned), Level::Done);
    assert!(told.contains("a: readonly=on for pa/d"), "{told}");
    assert!(told.contains("only on the end that was left: pa/d: @s2"), "{told}");
    assert_eq!(readonly(&pools), "on off ");
    let way_back = back(&fails_over(&pools, &edge, &wish(How::Unplanned), true));
    pools.sh("zfs snapshot pb/x/d@own");
    let told = pools.expect(&way_back, Level::Failed);
    assert!(told.contains("behind the common @s1 it has @s2"), "{told}");
    assert_eq!(pools.guids("pa/d").len(), 2, "nothing of it is gone");
}

#[test]
fn a_fail_over_may_be_cut_behind_any_command() {
    let pools = Pools::new();
    pools.snap("s1");
    let there = edges(EDGE);
    pools.expect(&there, Level::Done);
    let here = back(&fails_over(&pools, &there, &wish(How::Final), true));
    let ways = [(&there, "pa/d", "pb/x/d", "on off "), (&here, "pb/x/d", "pa/d", "off on ")];
    let mut cut = 0;
    for request in 0..40 {
        let (edge, from, to, end) = ways[usize::try_from(request % 2).unwrap()];
        let before = pools.guids(to);
        pools.faults.requests.store(request, Ordering::SeqCst);
        let first = fails_over(&pools, edge, &wish(How::Final), false);
        let hit = pools.faults.requests.swap(-1, Ordering::SeqCst) < 0;
        assert_ne!(readonly(&pools), "off off ", "request {request}: one end at most is in use");
        let after = pools.guids(to);
        assert!(before.iter().all(|one| after.contains(one)), "request {request}: nothing is lost");
        assert!(hit || first.level == Level::Done, "{}", shown(&pools, edge, &first));
        let next = fails_over(&pools, edge, &wish(How::Final), false);
        assert!(next.level <= Level::Done, "request {request}: {}", shown(&pools, edge, &next));
        assert_eq!(readonly(&pools), end, "request {request}");
        assert_eq!(pools.guids(from), pools.guids(to), "request {request}");
        if !hit {
            let last = fails_over(&pools, edge, &wish(How::Final), false);
            assert_eq!(last.level, Level::Idle, "{}", shown(&pools, edge, &last));
            break;
        }
        cut += 1;
    }
    assert!((9..40).contains(&cut), "{cut} requests");
    assert!(!pools.history().contains("zfs destroy"));
}

#[test]
fn what_was_only_begun_can_be_backed_out_of() {
    let pools = Pools::new();
    pools.snap("s1");
    let edge = edges(EDGE);
    pools.expect(&edge, Level::Done);
    // Cut behind the lock and the step that makes the source read-only.
    pools.faults.requests.store(1, Ordering::SeqCst);
    fails_over(&pools, &edge, &wish(How::Final), false);
    pools.faults.requests.store(-1, Ordering::SeqCst);
    assert_eq!(readonly(&pools), "on on ");
    let undo = |check| {
        let job = pools.job(&edge, check);
        pools.with_hosts(async |hosts| back_out(&job, &wish(How::Switch), hosts).await).remove(0)
    };
    let before = pools.history();
    assert_eq!((undo(true).level, pools.history() == before), (Level::Done, true));
    // The lock is the dead run's, which is ours.
    assert_eq!(undo(false).level, Level::Done);
    assert_eq!(readonly(&pools), "off on ");
    assert_eq!(pools.sh("zfs get -H -o value,source org.tank:fenced pa/d"), "-\t-\n");
    assert_eq!(undo(false).level, Level::Idle);
    becomes(&pools, &edge, &wish(How::Final), Level::Done);
    let refused = undo(false);
    assert_eq!(refused.level, Level::Failed);
    assert!(refused.error.unwrap().0.contains("the target is marked as active"));
}

#[test]
fn trees_keep_what_was_read_only_before() {
    let pools = Pools::new();
    pools.sh("zfs create -o mountpoint=none -o readonly=on pa/d/archive; zfs create -o mountpoint=none pa/d/tmp; zfs snapshot -r pa/d@s1");
    let tree = edges(&EDGE.replace("}]", ", recursive: yes, exclude: [tmp]}]"));
    pools.expect(&tree, Level::Done);
    becomes(&pools, &tree, &wish(How::Final), Level::Done);
    let all = || readonly_of(&pools, "pa/d pa/d/archive pa/d/tmp pb/x/d pb/x/d/archive");
    assert_eq!(all(), "on on on off on ");
    let way_back = back(&fails_over(&pools, &tree, &wish(How::Final), true));
    assert_eq!(way_back.links[0].edge.exclude, ["tmp"]);
    becomes(&pools, &way_back, &wish(How::Final), Level::Done);
    assert_eq!(all(), "off on off on on ");
}

#[test]
fn the_command_asks_for_a_word_before_anything_is_lost() {
    let pools = Pools::new();
    pools.snap("s1");
    let project = Project::new()
        .file("hosts", "a ansible_connection=local\nb ansible_connection=local\n")
        .file("replication.yml", EDGE);
    let tank = |words: &[&str]| {
        pools.fuse.tank(&project, &[&["replicate"], words, &["-i", "hosts"]].concat())
    };
    tank(&["failover", "e"]).expect_code(2).out_has(&["pb/x/d is not there"]);
    tank(&["run"]).expect_code(0);
    tank(&["failover", "f"]).expect_code(1).err_has(&["the topology has no edge 'f'"]);
    tank(&["failover", "e", "--final", "--unplanned"]).expect_code(2);
    tank(&["failover", "e", "--mountpoint", "x"]).expect_code(5);
    tank(&["failover", "e"]).expect_code(2).out_has(&["--final makes the source read-only"]);
    tank(&["failover", "e", "--final", "--check"]).expect_code(0).out_has(&["to be done"]);
    pools.sh("zfs set org.tank:lock.e='other.9.9 9999999999 them' pb");
    tank(&["failover", "e", "--final"]).expect_code(75).out_has(&["another run works on it"]);
    pools.sh("zfs inherit org.tank:lock.e pb");
    let done = tank(&["failover", "e", "--final"]).expect_code(0);
    done.out_has(&["  done\n", "the edge back, in the place of e:", "  - id: e-back"]);
    tank(&["failover", "e", "--final"]).expect_code(0).out_has(&["nothing to do"]);
    tank(&["run"]).expect_code(2).out_has(&["is the end in use"]);
    tank(&["plan"]).expect_code(2).out_has(&["is the end in use"]);
}
