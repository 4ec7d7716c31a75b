//! Verifying copies on a real ZFS (zfs-fuse, pool version 23): it has no `.zfs`, so all is read from clones, no property
//! `written`, and no volumes that could be read. The numbers are those of the scenarios.

use std::sync::atomic::Ordering;

use tank::run::replicate::{Closely, Level as Ended, Wish, verify};
use tank::zfs::topology::Topology;
use tank::zfs::verify::{Level, State, Verified, json, text};

use crate::project::Project;
use crate::replicate::{EDGE, Pools, edges};

fn looks(pools: &Pools, topology: &Topology, level: Level, check: bool) -> Vec<Verified> {
    let job = pools.job(topology, check);
    let how = Closely { level, snapshot: None };
    pools.with_hosts(async |hosts| verify(&job, &how, hosts).await)
}

/// Looks at the one edge; gives how it came out, with the report.
fn look(pools: &Pools, level: Level) -> (State, String) {
    let found = looks(pools, &edges(EDGE), level, false);
    nothing_left(pools);
    (found[0].state(), text(&found))
}

/// No clone of ours, no hold, no directory.
fn nothing_left(pools: &Pools) {
    let left = pools.sh("zfs list -H -o name | grep tank_verify || :");
    assert_eq!(left, "", "a clone is left");
    let held = pools.sh("zfs get -rHp -o name,value userrefs pa pb | grep '@s' || :");
    let held: Vec<&str> = held.lines().filter(|line| line.ends_with("\t2")).collect();
    assert_eq!(held, [""; 0], "no hold beside the edge's own");
}

fn suspect(pools: &Pools) -> String {
    pools.sh("zfs get -H -o value org.tank:suspect pb/x/d").trim().to_owned()
}

/// Two snapshots that are copied, of files with all kinds of names.
fn copied() -> Pools {
    let pools = Pools::new();
    pools.sh(r"cd $DISKS/d; mkdir a 'b c'; echo x >'b c/f'; ln -s a l; printf y >'n\n'; mkfifo p; chmod 4711 'b c/f'");
    pools.snap("s1");
    pools.snap("s2");
    pools.expect(&edges(EDGE), Ended::Done);
    pools
}

/// Makes `pb/x/w`, a clone of the copy's first snapshot with a change, and a snapshot of that.
fn tamper(pools: &Pools, change: &str, name: &str) {
    pools.sh(&format!(
        "mkdir -p $DISKS/w; zfs clone -o mountpoint=$DISKS/w pb/x/d@s1 pb/x/w; cd $DISKS/w; {change}; cd /; sync
        n=0; until zfs unmount pb/x/w 2>/dev/null || [ $n -gt 20 ]; do n=$((n + 1)); sleep 0.2; done
        zfs snapshot pb/x/w@{name}"
    ));
}

#[test]
fn an_equal_copy_is_verified_at_every_level() {
    let pools = copied();
    let (state, told) = look(&pools, Level::Guid);
    assert_eq!(state, State::Verified, "{told}");
    assert!(told.contains("guid     ok: 2 of 2 snapshots are common"), "{told}");
    // This release has no `written`: it is never said to be well.
    let (state, told) = look(&pools, Level::Written);
    assert_eq!(state, State::Unknown, "{told}");
    assert!(told.contains("written  not known: this release of ZFS can't tell"), "{told}");
    let (state, told) = look(&pools, Level::Drill);
    assert_eq!(state, State::Unknown, "{told}");
    assert!(told.contains("content  ok: @s2: 9 entries, 40003 bytes"), "{told}");
    assert!(told.contains("drill    ok: cloned, and read whole"), "{told}");
    assert_eq!(suspect(&pools), "-");
    pools.expect(&edges(EDGE), Ended::Idle);
}

#[test]
fn a_look_by_check_writes_nothing_and_says_what_it_could_not_see() {
    let pools = copied();
    let before = pools.history();
    let found = looks(&pools, &edges(EDGE), Level::Drill, true);
    assert_eq!(found[0].state(), State::Unknown);
    let told = text(&found);
    assert!(
        told.contains("content  not known: @s2: source: a clone would have to be made"),
        "{told}"
    );
    assert_eq!(pools.history(), before);
}

#[test]
fn s55_a_bit_that_a_disk_lost_is_told_by_its_file() {
    let pools = Pools::new();
    pools.sh("head -c 20000 /dev/urandom >$DISKS/d/flip; echo TANK-FLIPPED-HERE >>$DISKS/d/flip");
    pools.snap("s1");
    pools.expect(&edges(EDGE), Ended::Done);
    pools.sh("cp $DISKS/d3 $DISKS/whole; zpool export pb; for at in $(grep -obUa TANK-FLIPPED-HERE $DISKS/d3 | cut -d : -f 1); do printf X | dd of=$DISKS/d3 bs=1 seek=$at conv=notrunc 2>/dev/null; done; ! cmp -s $DISKS/d3 $DISKS/whole; rm $DISKS/whole; zpool import -o cachefile=none -d $DISKS pb");
    let (state, told) = look(&pools, Level::Content);
    assert_eq!(state, State::Differs, "{told}");
    assert!(told.contains("./flip: source sha256 "), "{told}");
    assert!(told.contains(", target can't be read"), "{told}");
    assert!(!told.contains("./s1"), "{told}");
    assert!(suspect(&pools).starts_with("e content "));
}

#[test]
fn a_suspect_freezes_pruning_on_both_ends_until_it_was_looked_at_as_deep() {
    let pools = copied();
    pools.sh("zfs set org.tank:suspect='e content 2026-11-23T00:00:00Z' pb/x/d");
    let keep = EDGE.replace("}]", ", keep_source: {prefix: s, last: 1, max_share: 90}, keep_target: {prefix: s, last: 1, max_share: 90}}]");
    let topology = edges(&keep);
    let frozen = pools.prune(&topology, &Wish::default(), false);
    assert!(
        frozen.iter().all(|end| end.destroyed.is_empty() && end.going.is_empty()),
        "{frozen:?}"
    );
    assert!(frozen.iter().all(|end| end.preview.contains("pruning is frozen")), "{frozen:?}");
    pools.snap("s3");
    let told = pools.expect(&topology, Ended::Done);
    assert!(told.contains("the copy of pa/d is marked as suspect (e content "), "{told}");
    // A shallower look does not take the mark away, one as deep does.
    let (_, told) = look(&pools, Level::Guid);
    assert!(told.contains("it is marked as suspect: e content "), "{told}");
    assert!(suspect(&pools).starts_with("e content"));
    let (_, told) = look(&pools, Level::Content);
    assert!(told.contains("its mark as suspect is taken away"), "{told}");
    assert_eq!(suspect(&pools), "-");
    let pruned = pools.prune(&topology, &Wish::default(), false);
    assert_eq!(pruned[0].destroyed, ["pa/d@s1", "pa/d@s2"]);
}

#[test]
fn a_snapshot_that_was_taken_again_is_told_by_every_level_and_marked() {
    let pools = copied();
    tamper(&pools, "echo other >s1", "s2");
    pools.sh(
        "zfs release tank_e pb/x/d@s2; zfs destroy pb/x/d@s2; zfs promote pb/x/w; zfs rename pb/x/d pb/x/old; zfs rename pb/x/w pb/x/d",
    );
    for level in Level::ALL {
        let (state, told) = look(&pools, level);
        assert_eq!(state, State::Differs, "{told}");
        let text = "@s2 is another snapshot than the source's of that name";
        assert!(told.contains(text), "{told}");
        assert!(["e guid ", "e written "].iter().any(|mark| suspect(&pools).starts_with(mark)));
    }
    // The older one is on both ends still, and has the same content.
    let (_, told) = look(&pools, Level::Content);
    assert!(told.contains("content  ok: @s1: "), "{told}");
    // The snapshots are put right: the mark goes.
    pools.sh("zfs destroy pb/x/d@s2; zfs rollback pb/x/d@s1");
    let (state, told) = look(&pools, Level::Content);
    assert_eq!(state, State::Unknown, "{told}");
    assert_eq!(suspect(&pools), "-");
}

/// Has every clone of a snapshot made of another one.
fn swap(pools: &Pools, snapshot: &str, other: &str) {
    pools.sh(&format!(
        "mkdir $DISKS/real; cp /usr/sbin/zfs $DISKS/real/zfs
        cat >$DISKS/fake <<'END'
#!/bin/sh
if [ \"$1\" = clone ]; then
    for one; do
        [ \"$one\" != '{snapshot}' ] || one='{other}'
        set -- \"$@\" \"$one\"
        shift
    done
fi
END
        echo \"exec $DISKS/real/zfs \\\"\\$@\\\"\" >>$DISKS/fake
        chmod 755 $DISKS/fake; mount --bind $DISKS/fake /usr/sbin/zfs"
    ));
}

#[test]
fn content_that_differs_is_told_by_its_path() {
    let pools = copied();
    // Another file system takes the place of the clone that is read on the target: as if the copy's blocks were others.
    tamper(&pools, "echo other >s1; rm p; chmod 700 a; : >more", "s9");
    swap(&pools, "pb/x/d@s2", "pb/x/w@s9");
    let (state, told) = look(&pools, Level::Content);
    assert_eq!(state, State::Differs, "{told}");
    for text in [
        "./a: source directory 755 0:0, target directory 700 0:0",
        "./more: only on the target",
        "./p: only on the source",
        "./s1: source file 644 0:0 of 20000 bytes, target file 644 0:0 of 6 bytes; source sha256 ",
        "./s2: only on the source",
        "it is marked as suspect, and nothing of the edge pruned",
    ] {
        assert!(told.contains(text), "{text}: {told}");
    }
    assert!(suspect(&pools).starts_with("e content "), "{}", suspect(&pools));
    let (state, told) = look(&pools, Level::Drill);
    assert_eq!(state, State::Differs, "{told}");
    assert!(suspect(&pools).starts_with("e drill "));
    // As it was: a look as deep takes the mark away, another does not.
    pools.sh("umount /usr/sbin/zfs");
    look(&pools, Level::Content);
    assert!(suspect(&pools).starts_with("e drill "));
    look(&pools, Level::Drill);
    assert_eq!(suspect(&pools), "-");
}

#[test]
fn a_run_that_is_cut_leaves_nothing_that_the_next_does_not_take_away() {
    let pools = copied();
    pools.sh("zfs clone -o mountpoint=none -o 'org.tank:verify=e 999999999' pb/x/d@s1 pb/x/tank_verify_e_999999999; zfs hold tank-verify_e pb/x/d@s1");
    let found = looks(&pools, &edges(EDGE), Level::Content, false);
    let told = text(&found);
    assert!(
        told.contains("b: clone pb/x/tank_verify_e_999999999 of a run that was cut is destroyed"),
        "{told}"
    );
    nothing_left(&pools);
    assert_eq!(pools.sh("zfs get -Hp -o value userrefs pb/x/d@s1").trim(), "0");
    // The connection of one end is lost before anything is read.
    pools.faults.requests.store(0, Ordering::SeqCst);
    let found = looks(&pools, &edges(EDGE), Level::Content, false);
    pools.faults.requests.store(-1, Ordering::SeqCst);
    assert_eq!(found[0].state(), State::Unknown, "{}", text(&found));
    nothing_left(&pools);
    assert_eq!(suspect(&pools), "-");
}

#[test]
fn a_tree_is_verified_whole_and_what_is_missing_is_not_well() {
    let pools = copied();
    pools.sh(
        "zfs create pa/d/c; zfs create pa/d/new; echo c >$DISKS/d/c/f; zfs snapshot -r pa/d@s3",
    );
    let all = EDGE.replace("}]", ", recursive: yes, exclude: [new]}]");
    pools.expect(&edges(&all), Ended::Done);
    let found = looks(&pools, &edges(&all), Level::Content, false);
    let told = text(&found);
    assert_eq!(told.matches("content  ok: @s3: ").count(), 2, "{told}");
    let wide = EDGE.replace("}]", ", recursive: yes}]");
    let found = looks(&pools, &edges(&wide), Level::Guid, false);
    assert_eq!((found[0].state(), json(&found)["rc"].as_u64()), (State::Unknown, Some(3)));
    assert!(text(&found).contains("guid     not known: there is no copy"), "{}", text(&found));
    pools.faults.down.lock().unwrap().push("b".to_owned());
    let found = looks(&pools, &edges(&all), Level::Content, false);
    assert_eq!(found[0].state(), State::Unreachable);
}

const PLAY: &str = "- hosts: all
  gather_facts: false
  tasks:
    - zfs_verify:
        level: guid
        edges: [{id: e, source: 'a:pa/d', target: 'b:pb/x/d', encryption: plain}]
      register: found
    - debug:
        msg: 'state {{ found.state }}'
";

#[test]
fn the_command_the_module_and_the_status() {
    let pools = copied();
    let project = Project::new()
        .file("hosts", "a ansible_connection=local\nb ansible_connection=local\n")
        .file("replication.yml", EDGE)
        .file("play.yml", PLAY);
    let tank = |words: &[&str]| {
        pools.fuse.tank(&project, &[&["replicate"], words, &["-i", "hosts"]].concat())
    };
    let play = || pools.fuse.tank(&project, &["playbook", "-i", "hosts", "play.yml"]);
    tank(&["verify", "--level", "guid"]).expect_code(0).out_has(&["guid     ok: ", "  verified"]);
    tank(&["verify"]).expect_code(3).out_has(&["content  ok: @s2: ", "NOT KNOWN"]);
    tank(&["verify", "--snapshot", "s1"]).expect_code(3).out_has(&["content  ok: @s1: "]);
    tank(&["verify", "--snapshot", "no", "--level", "guid"])
        .expect_code(3)
        .out_has(&["the source has no @no"]);
    let json = tank(&["verify", "--level", "guid", "--format", "json"]).expect_code(0);
    json.out_has(&["\"state\": \"verified\"", "\"rc\": 0"]);
    tank(&["verify", "--level", "deep"]).expect_code(2).err_has(&["'deep' is no level"]);
    let status = tank(&["status", "--check"]).expect_code(0);
    status.out_has(&["OK       edge e: a run last copied "]);
    play().expect_code(0).out_has(&["ok: [a]", "state verified"]);
    pools.sh("zfs hold x pb/x/d@s1; zfs release tank_e pb/x/d@s2; zfs destroy pb/x/d@s2; zfs snapshot pb/x/d@s2");
    tank(&["verify", "--level", "guid"])
        .expect_code(2)
        .out_has(&["guid     DIFFERS", "it is marked as suspect"]);
    play().expect_code(2).out_has(&["pb/x/d differs (guid: @s2 is another snapshot"]);
    let status = tank(&["status", "--check"]).expect_code(2);
    status.out_has(&[
        "CRIT     edge e: pb/x/d is not what it was made of, nothing is pruned (e guid ",
    ]);
}
