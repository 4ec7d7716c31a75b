//! The role and the playbooks for ZFS hosts: on a real ZFS (zfs-fuse), and their schedules on a Debian and a FreeBSD.

use std::collections::{BTreeMap, BTreeSet};

use tank::zfs::schedule::Name;
use tank::zfs::topology;

use crate::freebsd::FreeBsd;
use crate::project::Project;
use crate::replicate::Pools;
use crate::shipped::{self, Ended, shipped};
use crate::tree::Tree;
use crate::zfs::Fuse;

const SYSTEMCTL: &str = include_str!("../fixtures/tools/systemctl.sh");

/// A project that finds the roles.
fn project() -> Project {
    Project::new().file("ansible.cfg", &format!("[defaults]\nroles_path = {}\n", shipped("roles")))
}

/// Runs a playbook where the pools of a daemon are seen: predicted, for real, and again.
fn converges(
    fuse: &Fuse,
    project: &Project,
    words: &[&str],
    listing: impl Fn() -> String,
) -> BTreeMap<String, Ended> {
    let words = [&["playbook", "-e", "ansible_become=false"], words].concat();
    shipped::converges_by(&words, |words| fuse.tank(project, words), listing)
}

const HOST: &str = "zfs:
  hosts:
    localhost:
      ansible_connection: local
      zfs_host_pools: [{name: tank, properties: {autoreplace: true}}]
      zfs_host_datasets:
        - {name: tank/data, properties: {compression: gzip, mountpoint: none}}
        - {name: tank/data/a b}
      zfs_host_snapshots:
        - {dataset: tank/data, every: hourly, recursive: true}
        - {dataset: tank/data/a b, every: weekly}
        - {dataset: tank/data, every: monthly}
      zfs_host_scrub: [tank]
      zfs_host_scheduler: cron
";

#[test]
fn a_zfs_host_has_its_datasets_and_a_schedule_that_works() {
    let fuse = Fuse::start();
    let dir = fuse.dir().join("host").display().to_string();
    fuse.shell(&format!(
        "mkdir {dir}; cd {dir}/..; zpool create -o cachefile=none -m none tank $PWD/d1"
    ))
    .expect_code(0);
    let vars = serde_json::json!({
        "zfs_host_script": format!("{dir}/schedule"), "zfs_host_cron_dir": format!("{dir}/cron.d"),
    })
    .to_string();
    let project = project().file("hosts.yml", HOST);
    let playbook = shipped("playbooks/zfs.yml");
    let words = [playbook.as_str(), "-i", "hosts.yml", "-e", &vars];
    let listing = || {
        let files = format!("zpool history tank; find {dir} -type f -exec md5sum {{}} + | sort");
        fuse.shell(&files).expect_code(0).stdout
    };
    let ran = converges(&fuse, &project, &words, listing);
    assert_eq!(ran["localhost: zfs_host : Datasets"].status, "changed", "{ran:?}");
    let set =
        "zpool get autoreplace tank | grep -c ' on '; zfs get -H -o value compression tank/data";
    assert_eq!(fuse.shell(set).expect_code(0).stdout, "1\ngzip\n");
    let cron = fuse.shell(&format!("cat {dir}/cron.d/zfs-schedule")).stdout;
    assert!(cron.contains(&format!("*/15 * * * * root {dir}/schedule")), "{cron}");
    takes_what_is_due(&fuse, &dir);
    // Nothing is wanted any more.
    let none = HOST.replace("zfs_host_scrub: [tank]", "zfs_host_scrub: []");
    let (head, rest) = none.split_once("      zfs_host_snapshots").unwrap();
    let tail = rest.split_once("monthly}\n").unwrap().1;
    let project = project.file("hosts.yml", &format!("{head}{tail}"));
    converges(&fuse, &project, &words, listing);
    assert_eq!(fuse.shell(&format!("find {dir} -type f")).stdout, "");
}

fn takes_what_is_due(fuse: &Fuse, dir: &str) {
    let taken = || fuse.shell("zfs list -H -o name -t snapshot -r tank | sort").stdout;
    fuse.shell(&format!("sh {dir}/schedule")).expect_code(0);
    let first = taken();
    let found: Vec<(&str, Name)> = first
        .lines()
        .map(|name| name.split_once('@').unwrap())
        .map(|(dataset, name)| (dataset, Name::parse(name).unwrap()))
        .collect();
    let kinds: BTreeSet<(&str, &str)> = found.iter().map(|(on, name)| (*on, name.kind())).collect();
    let (outer, inner) = ("tank/data", "tank/data/a b");
    let wanted = [(inner, "hourly"), (inner, "weekly"), (outer, "hourly"), (outer, "monthly")];
    assert_eq!((kinds, found.len()), (wanted.into(), 4), "{first}");
    for (_, name) in &found {
        let day =
            jiff::Timestamp::from_second(name.at()).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
        let fits = match name.kind() {
            "hourly" => name.at() % 3600 == 0,
            "weekly" => day.weekday() == jiff::civil::Weekday::Monday && name.at() % 86400 == 0,
            _ => day.day() == 1 && name.at() % 86400 == 0,
        };
        assert!(fits && name.prefix() == "auto", "{name}");
    }
    assert!(fuse.shell("zpool status tank").stdout.contains("scrub: scrub "));
    // Again, and behind a prune: a slot has its snapshot once.
    fuse.shell(&format!("sh {dir}/schedule")).expect_code(0);
    let monthly = first.lines().find(|name| name.ends_with("_monthly")).unwrap();
    fuse.shell(&format!("zfs destroy '{monthly}'; sh {dir}/schedule")).expect_code(0);
    let left: Vec<String> =
        first.lines().filter(|name| *name != monthly).map(str::to_owned).collect();
    assert_eq!(taken().lines().collect::<Vec<_>>(), left);
    // One dataset that is gone does not keep the others.
    let gone = "zfs rename 'tank/data/a b' tank/other";
    fuse.shell(&format!("{gone}; sh {dir}/schedule")).expect_code(1);
    fuse.shell("zfs rename tank/other 'tank/data/a b'").expect_code(0);
}

const SCHEDULE: &str = "{\"zfs_host_snapshots\": [{\"dataset\": \"tank/data\", \"every\": \"hourly\"}], \
\"zfs_host_scrub\": [\"tank\"], \"zfs_hosts\": \"all\"}";

#[test]
fn a_debian_runs_the_schedule_by_a_timer() {
    let tree = Tree::start();
    let file = |name: &str, text: &str| {
        let command = format!("mkdir -p \"$(dirname {name})\"; cat >{name} <<'END'\n{text}END\n");
        tree.shell(&command).expect_code(0);
    };
    file("/usr/bin/systemctl", SYSTEMCTL);
    file("/tmp/systemd/zfs-schedule.timer.new", "Type=\n");
    // It is PID 1 that says what manages services.
    tree.shell("chmod 755 /usr/bin/systemctl; ln -s ../tmp/systemd /usr/systemd; mkdir -p /run/systemd/system")
        .expect_code(0);
    let project = project().file("hosts", &format!("{}\n", tree.inventory_line("debian")));
    let playbook = shipped("playbooks/zfs.yml");
    let scheduler = ["-e", "zfs_host_scheduler=systemd", "-e", "ansible_become=false"];
    let words = [&[playbook.as_str(), "-i", "hosts", "-e", SCHEDULE], &scheduler[..]].concat();
    let ran = shipped::converges(&project, &words, || tree.listing());
    assert_eq!(ran["debian: zfs_host : Every 15 minutes"].status, "changed", "{ran:?}");
    tree.shell("cat /tmp/systemd/zfs-schedule.timer.enabled /etc/systemd/system/zfs-schedule.*")
        .expect_code(0)
        .out_has(&["enabled\n", "OnCalendar=*:0/15", "ExecStart=/usr/local/sbin/zfs-schedule"]);
    tree.shell("grep -c '^scrub tank ' /usr/local/sbin/zfs-schedule").expect_code(0);
    let none =
        [&words[..], &["-e", "{\"zfs_host_snapshots\": [], \"zfs_host_scrub\": []}"]].concat();
    let ran = shipped::converges(&project, &none, || tree.listing());
    assert_eq!(ran["debian: zfs_host : It does not run"].status, "changed", "{ran:?}");
    tree.shell("ls /etc/systemd/system/zfs-schedule.* /usr/local/sbin/zfs-schedule").expect_code(2);
}

#[test]
fn a_freebsd_runs_the_schedule_by_cron_and_scrubs_by_periodic() {
    let host = FreeBsd::start();
    let project = project().file("hosts", &format!("{}\n", host.inventory_line("target")));
    let playbook = shipped("playbooks/zfs.yml");
    let words = [playbook.as_str(), "-i", "hosts", "-e", SCHEDULE, "-e", "ansible_become=false"];
    let ran = shipped::converges(&project, &words, || host.listing());
    assert_eq!(ran["target: zfs_host : Settings of periodic"].status, "changed", "{ran:?}");
    host.sh("cat /etc/periodic.conf /usr/local/etc/cron.d/zfs-schedule").expect_code(0).out_has(&[
        "daily_scrub_zfs_enable=\"YES\"",
        "daily_scrub_zfs_pools=\"tank\"",
        "daily_scrub_zfs_default_threshold=\"35\"",
        "*/15 * * * * root /usr/local/sbin/zfs-schedule",
    ]);
    let script = host.sh("cat /usr/local/sbin/zfs-schedule").stdout;
    assert!(script.contains("snapshot hourly '' tank/data || failed=1\n"), "{script}");
    assert!(!script.contains("\nscrub tank"), "{script}");
}

const HOSTS: &str = "zfs:
  vars: {ansible_connection: local}
  hosts:
    a:
      backup_datasets: [pa/d]
      zfs_retention: [{name: pa/d, keep: {last: 1}, prefix: auto_, max_share: 90}]
    b:
      zfs_retention: [{name: pb/x/d, keep: {last: 9}}]
";
const FILE: &str =
    "defaults: {encryption: plain}\nedges: [{id: e, source: 'a:pa/d', target: 'b:pb/x/d'}]\n";

#[test]
fn copies_and_backups_are_predicted_run_and_fail_by_their_code() {
    let pools = Pools::new();
    pools.snap("auto_1");
    pools.snap("auto_2");
    let project = project().file("hosts.yml", HOSTS).file("replication.yml", FILE);
    let (copies, backup) = (shipped("playbooks/replicate.yml"), shipped("playbooks/backup.yml"));
    let ran = converges(&pools.fuse, &project, &[&copies, "-i", "hosts.yml"], || pools.history());
    assert_eq!(ran["a: Copies"].status, "changed", "{ran:?}");
    assert_eq!(ran["a: Snapshots that no rule keeps"].status, "changed", "{ran:?}");
    let names = |dataset| pools.sh(&format!("zfs list -H -o name -t snapshot -r {dataset} | sort"));
    assert_eq!(
        (names("pa/d").as_str(), names("pb/x/d").as_str()),
        ("pa/d@auto_2\n", "pb/x/d@auto_1\npb/x/d@auto_2\n")
    );
    // The hour may end while the test runs.
    let hour = "backup_snapshot=auto_2026-11-23T11:00:00Z_hourly";
    pools.snap("auto_3");
    let words = [backup.as_str(), "-i", "hosts.yml", "-e", hour];
    let ran = converges(&pools.fuse, &project, &words, || pools.history());
    assert_eq!(ran["a: Snapshots"].status, "changed", "{ran:?}");
    assert!(names("pb/x/d").contains("pb/x/d@auto_2026-11-23T11:00:00Z_hourly\n"));
    let own = ["playbook", "-e", "ansible_become=false", &backup, "-i", "hosts.yml"];
    pools.fuse.tank(&project, &own).expect_code(0);
    let now = names("pa/d");
    let mut taken = now.lines().filter_map(|name| Name::parse(name.split_once('@')?.1));
    assert!(
        taken.next_back().is_some_and(|name| name.kind() == "hourly" && name.at() % 3600 == 0),
        "{now}"
    );
    pools.snap("auto_4");
    // A copy that fails: the code says so, and what was kept before stays.
    pools.sh("zfs set org.tank:lock.e='other.9.9 9999999999 them' pb/x");
    let own = ["playbook", "-e", "ansible_become=false", &copies, "-i", "hosts.yml"];
    pools.fuse.tank(&project, &own).expect_code(2).out_has(&["another run works on it"]);
}

#[test]
fn the_example_of_a_topology_fits_its_inventory() {
    let path = shipped("inventory/storage/replication.yml");
    let text = std::fs::read_to_string(&path).unwrap();
    let loaded = tank::base::yaml::load(&text, &tank::base::Source::file(&path)).unwrap();
    let topology = topology::read(&loaded.value).unwrap();
    let project = project();
    let hosts =
        project.tank(&["inventory", "-i", &shipped("inventory/storage/hosts.yml"), "--list"]);
    let hosts: serde_json::Value = serde_json::from_str(&hosts.expect_code(0).stdout).unwrap();
    let all = hosts["_meta"]["hostvars"].as_object().unwrap();
    for link in &topology.links {
        for place in [&link.edge.source, &link.edge.target] {
            assert!(all.contains_key(&place.host), "{place}");
        }
    }
    for name in ["zfs", "replicate", "backup"] {
        let playbook = shipped(&format!("playbooks/{name}.yml"));
        let inventory = shipped("inventory/storage/hosts.yml");
        project.tank(&["playbook", &playbook, "-i", &inventory, "--syntax-check"]).expect_code(0);
    }
}
