//! How fresh copies are, on a real ZFS (zfs-fuse, pool version 23). The numbers are those of the scenarios.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tank::run::replicate::{Asked, Level, Status, Told, status};
use tank::zfs::freshness::{self, Common, Limit, Limits, PoolState, text};
use tank::zfs::topology::Topology;

use crate::process::Outcome;
use crate::project::Project;
use crate::replicate::{EDGE, Pools, edges};

/// Hosts a and b are this machine, and nobody is at home on down.
const HOSTS: &str = "a ansible_connection=local\nb ansible_connection=local\n\
down ansible_host=127.0.0.1 ansible_port=1\n";
const THREE: &str = "defaults: {encryption: plain}
edges:
  - {id: e, source: 'a:pa/d', target: 'b:pb/x/d'}
  - {id: g, source: 'a:pa/d', target: 'down:pb/y/d'}
";

struct Operator<'a> {
    pools: &'a Pools,
    project: Project,
}

impl<'a> Operator<'a> {
    fn new(pools: &'a Pools) -> Self {
        let project = Project::new().file("hosts", HOSTS).file("replication.yml", EDGE);
        Self { pools, project }
    }

    fn topology(&self, text: &str) {
        fs::write(self.project.path().join("replication.yml"), text).unwrap();
    }

    fn tank(&self, words: &[&str]) -> Outcome {
        let words = [&["replicate"], words, &["-i", "hosts"]].concat();
        self.pools.fuse.tank(&self.project, &words)
    }

    fn status(&self, words: &[&str]) -> Outcome {
        self.tank(&[&["status"], words].concat())
    }
}

fn look(pools: &Pools, topology: &Topology) -> Status {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let now = i64::try_from(now).unwrap();
    let asked = Asked::new(&topology.links, Limits::default(), now).unwrap();
    pools.with_hosts(async |hosts| status(&asked, hosts).await)
}

#[test]
fn s56_fine_warning_critical_and_unknown_by_the_code() {
    let pools = Pools::new();
    let operator = Operator::new(&pools);
    pools.snap("s1");
    let none = operator.status(&["--check"]).expect_code(2);
    none.out_has(&[
        "CRIT     edge e: nothing is common to both ends; the target lacks 1 snapshot\n",
    ]);
    operator.tank(&["run"]).expect_code(0);
    operator
        .status(&["--check"])
        .expect_code(0)
        .out_has(&["OK: 1 edges, 2 pools: 3 ok\n", "OK       pool b:pb: ONLINE\n"]);
    std::thread::sleep(Duration::from_millis(2_100));
    pools.snap("s2");
    pools.sh("head -c 5000000 /dev/urandom >$DISKS/d/much; sync; sleep 1");
    let before = pools.history();
    // The newest snapshot is new; the newest common one is not.
    operator.status(&["--check", "--warn", "1s"]).expect_code(1).out_has(&[
        "WARN: ",
        "WARN     edge e: the newest common snapshot is ",
        "s old, more than 1s; the target lacks 1 snapshot\n",
    ]);
    let crit = ["--warn", "1s", "--crit", "1s"];
    operator.status(&[&["--check"], &crit[..]].concat()).expect_code(2).out_has(&["CRIT: "]);
    operator.status(&crit).expect_code(0).out_has(&["CRIT: "]);
    operator.topology(&EDGE.replace("}]", ", warn: 1s}]"));
    operator.status(&["--check", "--warn", "10h"]).expect_code(1);
    operator.topology(&EDGE.replace("}]", ", warn: 60h}]"));
    let order = "edge e: critical above 2d2h comes before the warning above 2d12h";
    operator.status(&["--check"]).expect_code(3).err_has(&[order]);
    operator.status(&[]).expect_code(4).err_has(&[order]);
    operator.status(&["--check", "--warn", "7"]).expect_code(3).err_has(&["7 of what?"]);
    operator.status(&["--output", "json"]).expect_code(2).err_has(&["unexpected argument"]);
    operator.topology(EDGE);
    operator.status(&["--check", "--pool-warn", "0", "--pool-crit", "100"]).expect_code(1);
    assert_eq!(pools.history(), before, "a look writes nothing");
}

#[test]
fn s45_a_target_that_is_down_is_unknown_and_the_others_go_on() {
    let pools = Pools::new();
    let operator = Operator::new(&pools);
    operator.topology(THREE);
    pools.snap("s1");
    operator.tank(&["run"]).expect_code(4);
    let told = operator.status(&["--check"]).expect_code(3);
    let told = told.out_has(&["UNKNOWN  edge g: not seen: ", "OK       edge e: the newest common"]);
    told.out_has(&["UNKNOWN  pool down:pb: not seen: ", "OK       pool b:pb: ONLINE"]);
    operator.status(&[]).expect_code(4);
    operator.status(&["--check", "--edge", "e"]).expect_code(0);
}

#[test]
fn s45_the_base_of_a_target_that_is_away_stays_and_counts() {
    let pools = Pools::new();
    let both = edges(&THREE.replace("down:", "c:"));
    pools.snap("s1");
    pools.expect(&both, Level::Done);
    pools.faults.down.lock().unwrap().push("c".to_owned());
    pools.snap("s2");
    pools.expect(&both, Level::Unreachable);
    pools.sh("! zfs destroy pa/d@s1 2>/dev/null");
    let found = look(&pools, &both);
    let [e, g] = found.report.edges.as_slice() else { panic!() };
    assert_eq!((e.level(), e.seen.lag), (freshness::Level::Ok, Some(0)), "{}", text(&found.report));
    assert!(
        matches!(&g.seen.common, Common::Unseen { why, recorded: None } if why.contains("no route"))
    );
    assert_eq!((g.level(), g.seen.lag), (freshness::Level::Unknown, None));
    assert_eq!(found.unasked.len(), 1);
    pools.faults.down.lock().unwrap().clear();
    let found = look(&pools, &both);
    let g = &found.report.edges[1];
    assert!(matches!(g.seen.common, Common::At(_)));
    assert_eq!((g.seen.lag, found.unasked.len()), (Some(1), 0));
}

#[test]
fn what_is_not_there_and_what_could_not_be_listed() {
    let pools = Pools::new();
    let operator = Operator::new(&pools);
    pools.snap("s1");
    operator.tank(&["run"]).expect_code(0);
    // A pool in a drawer.
    pools.sh("zpool export pb");
    let gone = operator.status(&["--check"]).expect_code(2);
    gone.out_has(&[
        "CRIT     pool b:pb: missing",
        "UNKNOWN  edge e: not seen: there is no pool pb on b",
    ]);
    operator.topology(&EDGE.replace("}]", ", removable: yes}]"));
    let away = operator.status(&["--check"]).expect_code(0);
    away.out_has(&[
        "edge e: the target's pool is not attached; it is removable",
        "pool b:pb: not attached",
    ]);
    pools.sh("zpool import -d $DISKS -o cachefile=none pb");
    operator.status(&["--check"]).expect_code(0).out_has(&["edge e: the newest common snapshot"]);
    // A zfs that fails is not one without snapshots.
    pools.sh("mount --bind /bin/false $(command -v zfs)");
    let failed = operator.status(&["--check"]).expect_code(3);
    let failed =
        failed.out_has(&["edge e: not seen: a: pa/d could not be listed", "pool b:pb: not seen"]);
    assert!(!failed.stdout.contains("nothing is common"), "{}", failed.stdout);
    operator.status(&[]).expect_code(4);
}

#[test]
fn s56_the_text_file_is_replaced_at_once() {
    let pools = Pools::new();
    let operator = Operator::new(&pools);
    pools.snap("s1");
    operator.tank(&["run"]).expect_code(0);
    let file = operator.project.path().join("repl.prom");
    let words = ["--check", "--format", "prometheus", "--out", "repl.prom"];
    let first = operator.status(&words).expect_code(0);
    assert_eq!(first.stdout, "");
    let read = || fs::read_to_string(&file).unwrap();
    for line in [
        "repl_status{edge=\"e\"} 0\n",
        "repl_lag_snapshots{edge=\"e\"} 0\n",
        "repl_pool_online{host=\"b\",pool=\"pb\"} 1\n",
    ] {
        assert!(read().contains(line), "{line}{}", read());
    }
    let creation = pools.sh("zfs get -Hp -o value creation pb/x/d@s1");
    assert!(
        read().contains(&format!("repl_last_common_timestamp_seconds{{edge=\"e\"}} {creation}"))
    );
    let before = fs::metadata(&file).unwrap();
    assert_eq!(before.mode() & 0o7777, 0o644);
    let kept = fs::File::open(&file).unwrap();
    pools.snap("s2");
    std::thread::sleep(Duration::from_millis(2_100));
    operator.status(&[&words[..], &["--warn", "1s"]].concat()).expect_code(1);
    assert!(
        read().contains("repl_status{edge=\"e\"} 1\n")
            && read().contains("repl_lag_snapshots{edge=\"e\"} 1\n")
    );
    assert_ne!(fs::metadata(&file).unwrap().ino(), before.ino());
    assert!(std::io::read_to_string(kept).unwrap().contains("repl_status{edge=\"e\"} 0\n"));
    // What could not even begin leaves the last file; its time tells that it is old.
    let last = read();
    operator.topology("edges: 5");
    operator.status(&words).expect_code(3);
    assert_eq!(read(), last);
    operator.topology(EDGE);
    let nowhere = ["--check", "--out", "none/repl.prom"];
    operator.status(&nowhere).expect_code(3).err_has(&["none/repl.prom could not be written"]);
    let names = fs::read_dir(operator.project.path()).unwrap();
    let names: Vec<_> = names.map(|one| one.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().contains("tmp")), "{names:?}");
    let json = operator.status(&["--format", "json"]).expect_code(0).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["rc"], &json["edges"][0]["lag_snapshots"]), (&0.into(), &1.into()));
}

#[test]
fn an_edge_is_as_its_worst_dataset_and_pools_are_seen() {
    let pools = Pools::new();
    pools.sh("zfs create -o mountpoint=none pa/d/x; zfs snapshot -r pa/d@s1");
    let tree = edges(&EDGE.replace("}]", ", recursive: yes}]"));
    pools.expect(&tree, Level::Done);
    pools.sh("sleep 1; zfs snapshot pa/d@s2");
    pools.expect(&tree, Level::Done);
    let found = look(&pools, &tree).report;
    assert_eq!(found.edges[0].seen.worst.as_deref(), Some("pa/d/x"));
    let creation = pools.sh("zfs get -Hp -o value creation pa/d/x@s1").trim().parse().unwrap();
    assert_eq!(found.edges[0].seen.common, Common::At(creation));
    pools.sh("zfs create pa/d/new");
    let found = look(&pools, &tree).report;
    assert_eq!((&found.edges[0].seen.common, found.level().rc()), (&Common::None, 2));
    assert!(text(&found).contains("nothing is common to both ends (pa/d/new)"));
    for pool in &found.pools {
        assert!(
            matches!(&pool.seen.state, PoolState::Seen { health, capacity: Some(0..=50) } if health == "ONLINE")
        );
    }
    assert!(Limit::new(1_u8, 0).is_err());
}

#[test]
fn a_stream_is_told_to_its_end() {
    let pools = Pools::new();
    pools.snap("s1");
    let ends = pools.run(&edges(EDGE), false);
    let bytes: Vec<Told> = pools.bytes.lock().unwrap().drain(..).collect();
    let part = &ends[0].parts[0];
    let last = Told::Bytes {
        edge: "e".to_owned(),
        dataset: "pb/x/d".to_owned(),
        done: part.bytes,
        of: None,
        over: true,
    };
    assert!(part.bytes > 20_000);
    assert_eq!(bytes.last(), Some(&last));
    let over = |one: &&Told| matches!(one, Told::Bytes { over: true, .. });
    assert_eq!(bytes.iter().filter(over).count(), 1);
    // One that is cut is over, too.
    pools.snap("s2");
    pools.faults.bytes.store(5_000, std::sync::atomic::Ordering::SeqCst);
    let told = pools.expect(&edges(EDGE), Level::Failed);
    let bytes = pools.bytes.lock().unwrap();
    assert_eq!(bytes.iter().filter(over).count(), 2, "one for each try: {bytes:?} {told}");
    assert!(matches!(bytes.last(), Some(Told::Bytes { done: 1..=5_000, over: true, .. })));
}
