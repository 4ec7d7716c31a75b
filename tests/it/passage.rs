//! The ways that streams go, between two pools of a real ZFS: straight from host to host by real SSH servers, through the
//! operator, at a rate, with tools.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tank::run::replicate::{Level, Told};

use crate::process::{self, Outcome, until};
use crate::project::Project;
use crate::replicate::{EDGE, Pools, edges};
use crate::sshd::Sshd;

/// Two servers that see the pools; both are this machine, and let in who is in the account's own file.
struct Two {
    pools: Pools,
    a: Sshd,
    b: Sshd,
}

impl Two {
    fn new() -> Self {
        let pools = Pools::new();
        pools.snap("s1");
        // A file of its own, which only these servers and what they run see.
        pools.sh("home=$(getent passwd \"$(id -u)\" | cut -d: -f6); mkdir -p /run/sshd $DISKS/ssh \"$home/.ssh\"; mount --bind $DISKS/ssh \"$home/.ssh\"");
        let server = || {
            let own = Sshd::builder().option("AuthorizedKeysFile .ssh/authorized_keys");
            own.inside(pools.fuse.pid()).start()
        };
        let (a, b) = (server(), server());
        let two = Self { pools, a, b };
        fs::write(two.keys(), two.own_keys()).unwrap();
        two
    }

    fn keys(&self) -> PathBuf {
        self.pools.fuse.dir().join("ssh/authorized_keys")
    }

    /// The keys by which the operator logs in.
    fn own_keys(&self) -> String {
        [&self.a, &self.b].map(|one| fs::read_to_string(one.authorized_keys()).unwrap()).concat()
    }

    fn project(&self, more: &str) -> Project {
        let (a, b) = (self.a.inventory_line("a"), self.b.inventory_line("b"));
        Project::new()
            .file("hosts", &format!("{a}\n{b}\nhere ansible_connection=local\n"))
            .file("replication.yml", &EDGE.replace("}]", &format!(", {more}}}]")))
    }

    fn tank(&self, project: &Project, word: &str) -> Outcome {
        self.pools.fuse.tank(project, &["replicate", word, "-i", "hosts"])
    }

    /// How often somebody logged in.
    fn logins(server: &Sshd) -> usize {
        server.log().matches("Accepted publickey").count()
    }
}

#[test]
fn straight_by_push_and_by_pull() {
    let two = Two::new();
    for (transport, words, called) in [
        ("push", "straight, the source calls", &two.b),
        ("pull", "straight, the target calls", &two.a),
    ] {
        let project = two.project(&format!("transport: {transport}"));
        two.pools.snap(transport);
        let before = two.pools.history();
        two.tank(&project, "plan").expect_code(0).out_has(&[words, "to be copied"]);
        assert_eq!(two.pools.history(), before);
        let logins = Two::logins(called);
        two.tank(&project, "run").expect_code(0).out_has(&["stream(s)", "copied"]);
        assert_eq!(two.pools.guids("pa/d"), two.pools.guids("pb/x/d"));
        // Our own connection, and one of the other host for each stream.
        assert!(Two::logins(called) > logins + 1, "{}", called.log());
        assert_eq!(fs::read_to_string(two.keys()).unwrap(), two.own_keys());
        two.tank(&project, "run").expect_code(0).out_has(&["up to date"]);
    }
}

#[test]
fn a_way_that_is_not_open_is_told_before_anything_is_done() {
    let two = Two::new();
    two.pools.sh("mount --bind /dev/null \"$(command -v zstd)\"");
    let before = two.pools.history();
    for (more, error) in [
        ("transport: push, address: '127.0.0.1:9'", "a can't reach b at 127.0.0.1, port 9"),
        ("transport: pull, agent: yes", "no agent is forwarded to b"),
        ("compress: zstd", "a has no zstd"),
    ] {
        let project = two.project(more);
        for word in ["plan", "run"] {
            two.tank(&project, word).expect_code(2).out_has(&[error, "FAILED"]);
        }
    }
    let local = two.project("transport: push");
    let local = local
        .file("replication.yml", &EDGE.replace("b:", "here:").replace("}]", ", transport: push}]"));
    two.tank(&local, "run").expect_code(2).out_has(&["the host key of here is not known here"]);
    assert_eq!(two.pools.history(), before);
    assert_eq!(fs::read_to_string(two.keys()).unwrap(), two.own_keys());
}

/// An agent with one key.
struct Agent(Child);

impl Agent {
    fn start(socket: &std::path::Path, key: &std::path::Path) -> Self {
        let mut command = Command::new("ssh-agent");
        command.args(["-D", "-a"]).arg(socket).stdout(Stdio::null());
        let agent = Self(command.spawn().unwrap());
        until("the agent answers", || UnixStream::connect(socket).is_ok());
        let mut add = Command::new("ssh-add");
        add.arg("-q").arg(key).env("SSH_AUTH_SOCK", socket);
        process::run(&mut add, Duration::from_secs(10)).expect_code(0);
        agent
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn straight_by_the_forwarded_agent() {
    let two = Two::new();
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("agent");
    let _agent = Agent::start(&socket, &two.b.key());
    let project = two.project("transport: push, agent: yes");
    let forward = format!("-F /dev/null -o ForwardAgent={} ", socket.display());
    let a = two.a.inventory_line("a").replace("-F /dev/null ", &forward);
    let project = project.file("hosts", &format!("{a}\n{}\n", two.b.inventory_line("b")));
    two.tank(&project, "run").expect_code(0).out_has(&["1 stream(s)", "copied"]);
    assert_eq!(two.pools.guids("pa/d"), two.pools.guids("pb/x/d"));
}

fn one_host(more: &str) -> tank::zfs::topology::Topology {
    edges(&EDGE.replace("b:", "a:").replace("}]", &format!("{more}}}]")))
}

#[test]
fn one_host_by_a_pipe_of_its_own_or_through_the_operator() {
    let pools = Pools::new();
    pools.snap("s1");
    let told = pools.expect(&one_host(""), Level::Done);
    assert!(told.contains("(plain; within the host)"), "{told}");
    assert_eq!(pools.streams().len(), 1);
    pools.snap("s2");
    let told = pools.expect(&one_host(", transport: operator"), Level::Done);
    assert!(told.contains("(plain; through the operator)"), "{told}");
    let streams = pools.streams();
    assert!(streams[1].contains("zfs receive") && streams[2].contains("zfs send"), "{streams:?}");
    assert_eq!(pools.guids("pa/d"), pools.guids("pb/x/d"));
}

#[test]
fn s52_s53_a_rate_holds_and_zstd_is_used_where_both_have_it() {
    let pools = Pools::new();
    pools.sh("head -c 1500000 /dev/urandom >$DISKS/d/file; zfs snapshot pa/d@s1");
    let start = Instant::now();
    pools.expect(&one_host(", rate: 500K"), Level::Done);
    let took = start.elapsed().as_secs_f64();
    // How well it is kept is measured elsewhere, without all the rest of a run.
    assert!(took > 2.5, "{took}");
    let streams = pools.streams();
    assert!(
        streams[0].contains("zstd -q -d -c") && streams[1].contains("zstd -q -c"),
        "{streams:?}"
    );
    let bytes = pools.bytes.lock().unwrap();
    let done = bytes.iter().map(|told| match told {
        Told::Bytes { done, .. } => *done,
        Told::Line(_) => panic!("a line"),
    });
    assert!(done.clone().count() > 3 && done.is_sorted(), "{bytes:?}");
    drop(bytes);
    pools.snap("s2");
    pools.expect(&one_host(", transport: operator, compress: none"), Level::Done);
    assert!(!pools.streams()[2..].concat().contains("zstd"));
    assert_eq!(pools.guids("pa/d"), pools.guids("pb/x/d"));
}
