//! The modules for ZFS on a real one: zfs-fuse (pool version 23) with files for disks, in a mount namespace of its own.
//! It has no volumes, no delegation and no way to list the tags of holds; those are tested on recorded answers.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::process::{self, Outcome, as_root};
use crate::project::{Project, TANK};

const START: &str = include_str!("zfs-start.sh");
const MAKE: &str = include_str!("../fixtures/zfs/make.yml");
const REFUSE: &str = include_str!("../fixtures/zfs/refuse.yml");
const SNAPSHOTS: &str = include_str!("../fixtures/zfs/snapshots.yml");
const PRUNE: &str = include_str!("../fixtures/zfs/prune.yml");
const DESTROY: &str = include_str!("../fixtures/zfs/destroy.yml");

/// A running zfs-fuse; it ends with all its pools when dropped.
pub struct Fuse {
    dir: TempDir,
    child: Child,
    pid: u32,
}

impl Fuse {
    /// Starts it and makes four disks of 100 MB.
    pub fn start() -> Fuse {
        let dir = tempfile::Builder::new().prefix("tank-zfs.").tempdir_in("/tmp").unwrap();
        for name in ["d1", "d2", "d3", "d4"] {
            let disk = fs::File::create(dir.path().join(name)).unwrap();
            disk.set_len(100 << 20).unwrap();
        }
        std::os::unix::fs::symlink(dir.path().join("d2"), dir.path().join("by-id")).unwrap();
        let log = fs::File::create(dir.path().join("log")).unwrap();
        let mut command = as_root("unshare");
        command.args(["--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"]);
        command.args(["sh", "-c", START]).stdin(Stdio::null());
        command.stdout(log.try_clone().unwrap()).stderr(log);
        let child = command.spawn().unwrap();
        let mut fuse = Fuse { dir, pid: child.id(), child };
        fuse.wait();
        fuse
    }

    /// Waits until it answers.
    fn wait(&mut self) {
        process::until("zfs-fuse answers", || {
            if !process::is_root() {
                // sudo, unshare.
                let found = process::descendants(self.child.id());
                self.pid = found.first().copied().unwrap_or(self.pid);
            }
            let ended = self.child.try_wait().unwrap();
            let log = || fs::read_to_string(self.dir.path().join("log")).unwrap();
            assert!(ended.is_none(), "zfs-fuse: {}", log());
            self.shell("test -S /run/zfs/zfs_socket && zpool list -H").code == 0
        });
    }

    /// A command as root where its file systems are seen.
    fn inside(&self) -> Command {
        let mut command = as_root("nsenter");
        command.args([
            "-t",
            &self.pid.to_string(),
            "-m",
            "-r",
            "--",
            "env",
            "-i",
            "LC_ALL=C.UTF-8",
        ]);
        command.arg("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        command
    }

    /// Runs a shell command there.
    pub fn shell(&self, words: &str) -> Outcome {
        process::run(self.inside().args(["sh", "-c", words]), Duration::from_secs(60))
    }

    /// The process whose file systems those are.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Where its disks are.
    pub fn dir(&self) -> &std::path::Path {
        self.dir.path()
    }

    /// Runs a playbook of a project on this machine, there.
    fn play(&self, project: &Project, words: &[&str]) -> Outcome {
        self.tank(project, &[&["playbook", "-i", "hosts"], words].concat())
    }

    /// Runs tank in a project on this machine, there.
    pub fn tank(&self, project: &Project, words: &[&str]) -> Outcome {
        self.tank_by(project, &[], words)
    }

    /// The same, by a program that is called with it.
    pub fn tank_by(&self, project: &Project, by: &[&str], words: &[&str]) -> Outcome {
        let mut command = self.inside();
        command.arg(format!("HOME={}", project.home().display()));
        command.args(["sh", "-c", "cd \"$0\" && exec \"$@\""]).arg(project.path());
        command.args(by).arg(TANK).args(words);
        process::run(&mut command, Duration::from_secs(120))
    }

    fn project(&self) -> Project {
        let hosts =
            format!("localhost ansible_connection=local dir={}\n", self.dir.path().display());
        Project::new()
            .file("hosts", &hosts)
            .file("make.yml", MAKE)
            .file("refuse.yml", REFUSE)
            .file("snapshots.yml", SNAPSHOTS)
            .file("prune.yml", PRUNE)
            .file("destroy.yml", DESTROY)
    }
}

impl Drop for Fuse {
    fn drop(&mut self) {
        let _ = self.shell("for p in $(zpool list -H -o name); do zpool destroy -f \"$p\"; done");
        if process::is_root() {
            // Its starter waits for it, and then ends.
            process::kill_children(self.child.id());
        } else {
            let _ = as_root("kill").arg(self.pid.to_string()).output();
        }
        let _ = self.child.wait();
    }
}

#[test]
fn pools_and_datasets_are_made_once_and_predicted_before() {
    let fuse = Fuse::start();
    let project = fuse.project();
    let check = fuse.play(&project, &["make.yml", "--check", "--diff"]).expect_code(0);
    check.out_has(&["changed=8 "]);
    assert_eq!(fuse.shell("zpool list -H").stdout, "");
    let run = fuse.play(&project, &["make.yml", "--diff"]).expect_code(0);
    run.out_has(&["changed=8 "]);
    let mountpoint = fuse.shell("zfs get -H -o value compression,quota,mounted tank/www/site");
    assert_eq!(mountpoint.stdout, "gzip\n64M\nyes\n");
    fuse.play(&project, &["make.yml", "--diff"]).expect_code(0).out_has(&["changed=0 "]);
    fuse.play(&project, &["make.yml", "--check"]).expect_code(0).out_has(&["changed=0 "]);
    fuse.play(&project, &["refuse.yml"]).expect_code(0).out_has(&["changed=0 ", "failed=0 "]);
    let history = fuse.shell("zpool history tank").stdout;
    assert!(!history.contains("destroy") && !history.contains("zpool add"), "{history}");
}

#[test]
fn snapshots_are_taken_held_and_gone_back_to() {
    let fuse = Fuse::start();
    let project = fuse.project();
    fuse.play(&project, &["make.yml"]).expect_code(0);
    fuse.play(&project, &["snapshots.yml"]).expect_code(0).out_has(&["failed=0 "]);
    let history = fuse.shell("zpool history tank").stdout;
    assert!(!history.contains("rollback -"), "{history}");
    assert!(!history.contains("destroy -"), "{history}");
}

#[test]
fn what_is_destroyed_is_said_and_allowed_before() {
    let fuse = Fuse::start();
    let project = fuse.project();
    fuse.play(&project, &["make.yml"]).expect_code(0);
    let check = fuse.play(&project, &["destroy.yml", "--check", "--diff"]).expect_code(0);
    check.out_has(&["tank/www/site@one", "failed=0 "]);
    fuse.shell("zfs list -H -o name tank/www/site@one 2>&1").expect_code(1);
    fuse.play(&project, &["destroy.yml"]).expect_code(0).out_has(&["failed=0 "]);
    assert_eq!(fuse.shell("zpool list -H").stdout, "");
    let run = fuse.play(&project, &["destroy.yml", "--tags", "last"]).expect_code(0);
    run.out_has(&["changed=0 "]);
}

#[test]
fn snapshots_are_pruned_as_it_was_predicted() {
    let fuse = Fuse::start();
    let project = fuse.project();
    fuse.play(&project, &["make.yml"]).expect_code(0);
    let dir = fuse.dir().display();
    let more = format!(
        "set -e; \n\
         for n in 1 2 3 4 5 6 7; do zfs snapshot -r tank@auto_$n; done; zfs snapshot tank/www@auto\n\
         zfs hold own tank/www@auto_2; zfs clone -o mountpoint={dir}/c tank/www@auto_3 tank/elsewhere\n\
         zfs set org.tank:source=7 tank/copy; zfs set org.tank:suspect=e tank/off"
    );
    fuse.shell(&more).expect_code(0);
    let before = fuse.shell("zpool history tank").stdout;
    let check = fuse.play(&project, &["prune.yml", "--check", "--diff"]).expect_code(0);
    check.out_has(&["DESTROY  tank/www/site@auto_5", "KEEP     tank/www@auto ", "changed=1 "]);
    assert_eq!(fuse.shell("zpool history tank").stdout, before);
    fuse.play(&project, &["prune.yml"]).expect_code(0).out_has(&["changed=1 "]);
    let left = fuse.shell("zfs list -H -o name -t snapshot -r tank/www | sort").stdout;
    let left: Vec<&str> = left.lines().map(|name| name.strip_prefix("tank/www").unwrap()).collect();
    let wanted = ["/site@auto_4", "/site@auto_6", "/site@auto_7", "/site@zero", "@auto", "@auto_2"];
    assert_eq!(left, [&wanted[..], &["@auto_3", "@auto_6", "@auto_7"]].concat());
    assert!(!fuse.shell("zpool history tank").stdout.contains("destroy -"));
}
