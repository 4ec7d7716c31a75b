//! A real Debian 12 with only its shell and an SSH server: no python. Built once by mmdebstrap, copied for each
//! test, and run in namespaces of its own (mounts, processes, host name); the network is the machine's.

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::process::{self, Outcome, as_root};
use crate::sshd;

/// Builds the tree at `$1`. Its digest names the cached copy: another script, another tree.
const BUILD: &str = include_str!("tree-build.sh");
/// Starts the server in the tree at `$1` on port `$2`.
const START: &str = include_str!("tree-start.sh");
/// Prints one line for each path of the tree at `$1` but those that a mere login changes.
const LIST: &str = include_str!("tree-list.sh");

/// Password of the account `admin`, who may use sudo with it.
pub const ADMIN_PASSWORD: &str = "admin's own";

/// A running Debian tree; ends and goes away when dropped. Logins: `root` by key, `admin` by key or password.
pub struct Tree {
    dir: TempDir,
    port: u16,
    child: Child,
}

impl Tree {
    /// A fresh Debian with its server listening.
    pub fn start() -> Tree {
        static CACHED: OnceLock<PathBuf> = OnceLock::new();
        let build = |tree: &Path| {
            let words = ["-c", BUILD, "sh"];
            run_as_root(Command::new("sh").args(words).arg(tree).arg(ADMIN_PASSWORD));
        };
        Tree::copy(CACHED.get_or_init(|| image("debian12", BUILD, build)), START)
    }

    /// A fresh copy of a cached tree with its server listening: `start` is a script that starts it.
    pub fn copy(cached: &Path, start: &str) -> Tree {
        let dir = tempfile::Builder::new().prefix("tank-tree.").tempdir_in("/tmp").unwrap();
        let root = dir.path().join("root");
        run_as_root(Command::new("cp").arg("-a").arg(cached).arg(&root));
        sshd::make_key(&dir.path().join("key"), "ed25519", "");
        sshd::make_key(&dir.path().join("host"), "ed25519", "");
        let port = sshd::free_port();
        let child = launch(start, dir.path(), port);
        let key = fs::read_to_string(dir.path().join("host.pub")).unwrap();
        fs::write(
            dir.path().join("known_hosts"),
            format!("[127.0.0.1]:{port} {}\n", key.trim_end()),
        )
        .unwrap();
        let tree = Tree { dir, port, child };
        tree.wait();
        tree
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The private key that opens all accounts; beside it `.pub`.
    pub fn key(&self) -> PathBuf {
        self.dir.path().join("key")
    }

    /// The tree's root directory, seen from outside.
    pub fn root(&self) -> PathBuf {
        self.dir.path().join("root")
    }

    /// An inventory line of a host of that name that logs in as `root`.
    pub fn inventory_line(&self, name: &str) -> String {
        let (key, known) = (self.dir.path().join("key"), self.dir.path().join("known_hosts"));
        format!("{} ansible_user=root", sshd::line(name, self.port, &key, &known))
    }

    /// The same for another user.
    pub fn inventory_line_of(&self, name: &str, user: &str) -> String {
        self.inventory_line(name).replace("ansible_user=root", &format!("ansible_user={user}"))
    }

    /// The same for `admin`, who becomes root by sudo with `ADMIN_PASSWORD`.
    pub fn admin_inventory_line(&self, name: &str) -> String {
        self.inventory_line_of(name, "admin")
    }

    /// Runs a shell command as root in the tree (not over SSH).
    pub fn shell(&self, words: &str) -> Outcome {
        let mut command = self.chroot();
        command.args(["/bin/sh", "-c", words]);
        process::run(&mut command, Duration::from_secs(300))
    }

    /// A command as root in the tree and under its host name, so that no word sets the machine's.
    pub fn chroot(&self) -> Command {
        let named = |pid: &u32| {
            let name = fs::read_to_string(format!("/proc/{pid}/comm"));
            name.is_ok_and(|name| name.trim_end() == "unshare")
        };
        let mut pids = process::descendants(self.child.id());
        pids.push(self.child.id());
        let pid = pids.into_iter().find(named).expect("unshare runs as long as the tree");
        let mut command = as_root("nsenter");
        command.arg("--target").arg(pid.to_string()).args(["--uts", "chroot"]).arg(self.root());
        command
    }

    /// Type, mode, owner, path, and content or link target of everything in the tree, a line each:
    /// equal before and after means that nothing was written.
    pub fn listing(&self) -> String {
        let mut command = as_root("sh");
        command.args(["-c", LIST, "sh"]).arg(self.root());
        process::run(&mut command, Duration::from_secs(120)).expect_code(0).stdout
    }

    /// The lines of the listing that were not in an earlier one, or are no longer there.
    pub fn changed_since(&self, before: &str) -> Vec<String> {
        let now = self.listing();
        let (old, new): (HashSet<&str>, HashSet<&str>) =
            (before.lines().collect(), now.lines().collect());
        let mut changed: Vec<String> =
            new.difference(&old).map(|line| (*line).to_owned()).collect();
        let names: HashSet<&str> = new.iter().filter_map(|line| line.split(" ./").nth(1)).collect();
        let gone = old
            .iter()
            .filter(|line| line.split(" ./").nth(1).is_some_and(|name| !names.contains(name)));
        changed.extend(gone.map(|line| format!("gone: {line}")));
        changed.sort();
        changed
    }

    fn wait(&self) {
        let start = Instant::now();
        let log = || fs::read_to_string(self.dir.path().join("log")).unwrap();
        while !log().contains("Server listening on") {
            assert!(
                start.elapsed() < Duration::from_secs(30),
                "the tree's sshd does not start: {}",
                log()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let mut pids = process::descendants(self.child.id());
        pids.reverse();
        let words: Vec<String> = pids.iter().map(ToString::to_string).collect();
        if !words.is_empty() {
            let _ = as_root("kill").arg("-9").args(words).stderr(Stdio::null()).status();
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = as_root("rm").args(["-rf", "--one-file-system"]).arg(self.root()).status();
    }
}

/// The directory for what is worth keeping between test runs.
pub fn cache_dir() -> PathBuf {
    let set = |name| std::env::var_os(name).map(PathBuf::from);
    let home = || set("HOME").expect("HOME is not set").join(".cache");
    set("TANK_CACHE").unwrap_or_else(|| set("XDG_CACHE_HOME").unwrap_or_else(home).join("tank"))
}

/// The tree of that name to copy, built when it is not there; another process that builds it is waited for.
/// `inputs` are all texts it is made of: others, another tree. `build` must leave `etc/tank-built` when all is done.
pub fn image(name: &str, inputs: &str, build: impl FnOnce(&Path)) -> PathBuf {
    let cache = cache_dir();
    fs::create_dir_all(&cache).unwrap();
    let lock = fs::File::create(cache.join("tree.lock")).unwrap();
    lock.lock().unwrap();
    let tree = cache.join(format!("{name}-{:016x}", digest(inputs)));
    if tree.join("etc/tank-built").exists() {
        return tree;
    }
    let fresh = tree.with_extension("new");
    run_as_root(Command::new("rm").args(["-rf", "--one-file-system"]).arg(&fresh));
    build(&fresh);
    run_as_root(Command::new("mv").arg(&fresh).arg(&tree));
    tree
}

/// FNV-1a: names a cache entry, nothing more.
fn digest(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

/// Runs it as root; it must succeed.
#[track_caller]
pub fn run_as_root(command: &Command) {
    let mut root = as_root(command.get_program().to_str().unwrap());
    root.args(command.get_args());
    process::run(&mut root, Duration::from_secs(900)).expect_code(0);
}

fn launch(start: &str, dir: &Path, port: u16) -> Child {
    let mut log = fs::File::create(dir.join("log")).unwrap();
    writeln!(log, "starting").unwrap();
    as_root("unshare")
        .args([
            "--mount",
            "--uts",
            "--ipc",
            "--pid",
            "--fork",
            "--kill-child",
            "sh",
            "-c",
            start,
            "sh",
        ])
        .arg(dir.join("root"))
        .arg(port.to_string())
        .arg(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("unshare (util-linux) is needed")
}

#[test]
fn a_debian_without_python_answers() {
    let tree = Tree::start();
    let ssh = |user: &str, words: &str| {
        let mut command = Command::new("ssh");
        command.args([
            "-F",
            "/dev/null",
            "-o",
            "BatchMode=yes",
            "-o",
            "IdentitiesOnly=yes",
            "-o",
            "LogLevel=ERROR",
        ]);
        command
            .arg("-o")
            .arg(format!("UserKnownHostsFile={}", tree.dir.path().join("known_hosts").display()));
        command.arg("-i").arg(tree.dir.path().join("key"));
        command.args(["-p", &tree.port().to_string(), "-l", user, "127.0.0.1", words]);
        process::run(&mut command, Duration::from_secs(60))
    };
    let before = tree.listing();
    let say = ssh(
        "root",
        ". /etc/os-release; echo $ID$VERSION_ID $(id -un) $$; command -v python3 || echo none",
    );
    assert!(say.stdout.starts_with("debian12 root "), "{say:?}");
    assert!(say.stdout.ends_with("\nnone\n"), "{say:?}");
    let say = ssh("admin", &format!("echo \"{ADMIN_PASSWORD}\" | sudo -S -p '' id -un"));
    assert_eq!(say.stdout, "root\n", "{say:?}");
    assert_eq!(tree.changed_since(&before), [""; 0], "a login alone shows in the listing");
    ssh("root", "echo >>/etc/motd; hostname changed-here").expect_code(0);
    let changed = tree.changed_since(&before);
    assert!(changed.len() == 1 && changed[0].ends_with(" ./etc/motd"), "{changed:?}");
    tree.shell("test \"$(hostname)\" = changed-here && hostname changed-again").expect_code(0);
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    assert!(!name.starts_with("changed-"), "the machine's own name is {name}");
}
