//! What happens to streams and datasets while a run is under way, on a real ZFS.

use std::sync::atomic::Ordering;

use tank::run::replicate::Level;

use crate::project::Project;
use crate::replicate::{EDGE, Pools, edges};

#[test]
fn s27_a_byte_that_is_changed_on_the_way_is_found_and_the_stream_sent_again() {
    let pools = Pools::new();
    pools.snap("s1");
    pools.faults.garbled.store(1, Ordering::SeqCst);
    let told = pools.expect(&edges(EDGE), Level::Done);
    assert!(told.contains("copied"), "{told}");
    pools.same();
    pools.snap("s2");
    // More often than it is tried again.
    pools.faults.garbled.store(9, Ordering::SeqCst);
    let told = pools.expect(&edges(EDGE), Level::Failed);
    assert!(told.contains("checksum") || told.contains("invalid"), "{told}");
    assert_eq!(pools.guids("pb/x/d").len(), 1, "nothing of it arrived");
    pools.faults.garbled.store(0, Ordering::SeqCst);
    pools.expect(&edges(EDGE), Level::Done);
    pools.same();
}

#[test]
fn s41_a_dataset_that_goes_while_it_is_planned_does_not_keep_the_others() {
    let pools = Pools::new();
    pools.sh("zfs create pa/d/a; zfs create pa/d/b; zfs create pa/d/c; zfs snapshot -r pa/d@s1");
    let tree = edges(&EDGE.replace("}]", ", recursive: true}]"));
    let gone =
        "n=0; until zfs destroy -r pa/d/b || [ $n -gt 20 ]; do n=$((n + 1)); sleep 0.2; done";
    *pools.faults.meanwhile.lock().unwrap() = Some(gone.to_owned());
    let told = pools.expect(&tree, Level::Failed);
    assert!(told.contains("pb/x/d/b"), "{told}");
    for there in ["pb/x/d", "pb/x/d/a", "pb/x/d/c"] {
        assert_eq!(pools.guids(there).len(), 1, "{there}\n{told}");
    }
    pools.expect(&tree, Level::Idle);
}

#[test]
fn s54_without_a_terminal_and_in_another_language() {
    let pools = Pools::new();
    pools.snap("s1");
    let project = Project::new()
        .file("hosts", "a ansible_connection=local\nb ansible_connection=local\n")
        .file("replication.yml", EDGE);
    let cron = "exec </dev/null; unset TERM; LANG=de_DE.UTF-8 LC_ALL=de_DE.UTF-8 exec \"$@\"";
    for wanted in ["copied", "up to date"] {
        let words = ["replicate", "run", "-i", "hosts"];
        let done = pools.fuse.tank_by(&project, &["sh", "-c", cron, "sh"], &words).expect_code(0);
        let all = format!("{}{}", done.stdout, done.stderr);
        assert!(all.contains(wanted), "{all}");
        assert!(!all.chars().any(|c| c.is_control() && c != '\n'), "{all:?}");
    }
}
