//! What users who are not root lack. zfs-fuse has no delegation: a stand-in before it keeps grants and prints them as
//! OpenZFS 2.3 was recorded to; another one makes root somebody else. All else is the real ZFS.

use tank::run::replicate::{AskedRights, Level, RightsEnd, rights, rights_text};
use tank::zfs::topology::Topology;

use crate::project::Project;
use crate::replicate::{Pools, edges};

const EDGES: &str = "edges: [{id: e, source: 'a:pa/d', target: 'b:pb/x/d', encryption: plain, keep_source: {prefix: auto_, last: 1}}]";

/// `zfs allow`, and the real one behind it.
const ZFS: &str = r#"#!/bin/sh
[ "$1" = allow ] || exec DIR/zfs "$@"
if [ "$2" = -u ]; then
    [ ! -e DIR/denied ] || { echo "cannot set permissions on '$5': permission denied" >&2; exit 1; }
    printf '%s\t%s\t%s\n' "$5" "$3" "$4" >>DIR/grants
    exit 0
fi
name=$2
DIR/zfs list -H -o name "$name" >/dev/null || exit 1
while :; do
    awk -F '\t' -v n="$name" '$1 == n {
        if (!h++) print "---- Permissions on " n " ----------\nLocal+Descendent permissions:"
        print "\tuser " $2 " " $3
    }' DIR/grants
    case $name in */*) name=${name%/*} ;; *) exit 0 ;; esac
done
"#;
/// `id`, of a user who is not root.
const ID: &str = "#!/bin/sh\ncase $1 in -u) echo 1000 ;; *) echo ops ;; esac\n";

/// Pools where everybody is `ops`.
fn delegated() -> Pools {
    let pools = Pools::new();
    let dir = pools.fuse.dir().display().to_string();
    for (name, text) in [("fake-zfs", ZFS), ("fake-id", ID)] {
        std::fs::write(pools.fuse.dir().join(name), text.replace("DIR", &dir)).unwrap();
    }
    pools.sh(
        "cp \"$(command -v zfs)\" $DISKS/zfs; : >$DISKS/grants; chmod +x $DISKS/fake-*; \
         mount --bind $DISKS/fake-zfs \"$(command -v zfs)\"; mount --bind $DISKS/fake-id \"$(command -v id)\"",
    );
    pools
}

fn asks(pools: &Pools, topology: &Topology, apply: bool, check: bool) -> (RightsEnd, String) {
    let asked = AskedRights { apply, failover: false };
    let job = pools.job(topology, check);
    let mut ends = pools.with_hosts(async |hosts| rights(&job, asked, hosts, hosts).await);
    let told = rights_text(&job, &ends, asked);
    (ends.remove(0), told)
}

fn grants(pools: &Pools) -> String {
    pools.sh("cat $DISKS/grants")
}

const SENDER: &str = "bookmark,destroy,hold,release,send";
const RECEIVER: &str = "canmount,create,destroy,hold,mount,readonly,receive,release,userprop";

#[test]
fn s43_what_is_missing_is_named_granted_and_then_there() {
    let pools = delegated();
    pools.snap("s1");
    let edge = edges(EDGES);
    let (end, told) = asks(&pools, &edge, false, false);
    assert_eq!(end.level, Level::Failed, "{told}");
    for line in [
        format!("  sender on a: zfs allow -u ops {SENDER} pa/d\n"),
        format!("  receiver on b: zfs allow -u ops {RECEIVER} pb\n"),
        "  pruner on a: zfs allow -u ops destroy,mount pa/d\n".to_owned(),
        "  missing; --apply grants it\n".to_owned(),
    ] {
        assert!(told.contains(&line), "{line}: {told}");
    }
    // Nothing is sent before.
    let before = pools.history();
    let refused = pools.expect(&edge, Level::Failed);
    assert!(
        refused.contains("ops lacks bookmark, destroy, hold, release, send on a:pa/d"),
        "{refused}"
    );
    assert_eq!(pools.history(), before);
    let (end, told) = asks(&pools, &edge, true, true);
    assert_eq!((end.level, grants(&pools).as_str()), (Level::Done, ""), "{told}");
    pools.sh(": >$DISKS/denied");
    let (end, told) = asks(&pools, &edge, true, false);
    assert_eq!(end.level, Level::Failed);
    assert!(told.contains("cannot set permissions on 'pa/d': permission denied"), "{told}");
    pools.sh("rm $DISKS/denied");
    let (end, told) = asks(&pools, &edge, true, false);
    assert_eq!(end.level, Level::Done, "{told}");
    let wanted =
        format!("pa/d\tops\tbookmark,destroy,hold,mount,release,send\npb\tops\t{RECEIVER}\n");
    assert_eq!(grants(&pools), wanted);
    let (end, told) = asks(&pools, &edge, true, false);
    assert_eq!((end.level, grants(&pools)), (Level::Idle, wanted), "{told}");
    pools.expect(&edge, Level::Done);
    pools.expect(&edge, Level::Idle);
    // The copy lies below what was granted.
    assert_eq!(asks(&pools, &edge, false, false).0.level, Level::Idle);
}

#[test]
fn s43_each_right_is_missed_by_its_name() {
    let pools = delegated();
    pools.snap("s1");
    let edge = edges(EDGES);
    let cases = [("pa/d", SENDER, "pb", RECEIVER), ("pb", RECEIVER, "pa/d", SENDER)];
    for (dataset, all, other, others) in cases {
        let names: Vec<&str> = all.split(',').collect();
        for missing in &names {
            let left: Vec<&str> = names.iter().filter(|one| one != &missing).copied().collect();
            let lines = format!("{dataset}\tops\t{}\n{other}\tops\t{others}\n", left.join(","));
            std::fs::write(pools.fuse.dir().join("grants"), lines).unwrap();
            let refused = pools.expect(&edge, Level::Failed);
            let text = format!("ops lacks {missing} on ");
            assert!(refused.contains(&text), "{missing}: {refused}");
            assert!(
                refused.contains(&format!("zfs allow -u ops {missing} {dataset}")),
                "{refused}"
            );
        }
    }
    assert_eq!(pools.sh("zfs list -H -o name -r pb"), "pb\n");
}

#[test]
fn root_needs_none_and_the_command_says_so() {
    let project = Project::new()
        .file("hosts", "a ansible_connection=local\nb ansible_connection=local\n")
        .file("replication.yml", EDGES);
    let words = ["replicate", "rights", "-i", "hosts"];
    let pools = Pools::new();
    let root = pools.fuse.tank(&project, &words).expect_code(0);
    root.out_has(&["a is reached as root, which needs none", "nothing is missing"]);
    drop(pools);
    let pools = delegated();
    pools.fuse.tank(&project, &words).expect_code(2).out_has(&["sender on a: zfs allow -u ops"]);
    let check = [&words[..], &["--apply", "--check"]].concat();
    pools.fuse.tank(&project, &check).expect_code(0).out_has(&["to be granted"]);
    assert_eq!(grants(&pools), "");
}
