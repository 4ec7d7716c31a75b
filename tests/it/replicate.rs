//! Replication between two pools of a real ZFS (zfs-fuse, pool version 23): it has no bookmarks, no resumed receives, no
//! property `written`. The numbers are those of the scenarios.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tank::base::{Source as Text, quote, yaml};
use tank::connection::r#become::Identity;
use tank::connection::local::LocalTransport;
use tank::connection::shell::{self, Limits};
use tank::connection::transport::{Process, Stream, Transport};
use tank::run::replicate::{
    EdgeEnd, Hosts, Job, Level, PruneEnd, Told, Wish, prune, replicate, text,
};
use tank::spec::pipe::Source;
use tank::spec::{
    Answer, Applied, BoxFuture, Change, Command, Content, Host, HostError, Pipe, Platform, Probe,
    Program,
};
use tank::zfs::topology::{self, Topology};

use crate::project::Project;
use crate::zfs::Fuse;

/// This machine, where the pools of a daemon are seen.
struct Inside {
    local: Arc<LocalTransport>,
    pid: u32,
}

impl Transport for Inside {
    fn open(&self, command: String, pty: bool) -> BoxFuture<'static, Result<Process, HostError>> {
        let enter =
            format!("exec nsenter -t {} -m -r -- /bin/sh -c {}", self.pid, quote::sh(&command));
        self.local.open(enter, pty)
    }

    fn tcp(
        &self,
        host: String,
        port: u16,
    ) -> BoxFuture<'static, Result<Box<dyn Stream>, HostError>> {
        self.local.tcp(host, port)
    }

    fn is_open(&self) -> bool {
        self.local.is_open()
    }

    fn close(&self) -> BoxFuture<'static, ()> {
        self.local.close()
    }
}

/// What goes wrong on purpose.
#[derive(Default)]
pub struct Faults {
    /// Requests that change something until one of them loses its connection behind its work; negative: none does.
    pub requests: AtomicI64,
    /// Bytes of each stream until it is cut; 0: none is.
    pub bytes: AtomicU64,
    /// Streams in which a byte is changed on the way.
    pub garbled: AtomicI64,
    /// What somebody else does behind the first look, and only once.
    pub meanwhile: Mutex<Option<String>>,
    /// Hosts that cannot be reached.
    pub down: Mutex<Vec<String>>,
    /// Programs that streams ran.
    streams: Mutex<Vec<String>>,
    /// Questions and requests, by host.
    asked: Mutex<BTreeMap<String, usize>>,
    /// Questions until no more are answered; negative: all are.
    pub questions: AtomicI64,
}

impl Faults {
    fn none() -> Arc<Self> {
        let faults = Self::default();
        faults.requests.store(-1, Ordering::SeqCst);
        faults.questions.store(-1, Ordering::SeqCst);
        Arc::new(faults)
    }

    /// Whether this request is the one.
    fn hits(&self) -> bool {
        self.requests.load(Ordering::SeqCst) >= 0
            && self.requests.fetch_sub(1, Ordering::SeqCst) == 0
    }
}

struct Faulty {
    host: Arc<dyn Host>,
    faults: Arc<Faults>,
}

struct Cut {
    source: Box<dyn Source>,
    left: u64,
}

impl Faulty {
    fn counted(&self) {
        let mut asked = self.faults.asked.lock().unwrap();
        *asked.entry(self.host.name().to_owned()).or_default() += 1;
    }
}

/// Changes a byte some way into the stream.
struct Garbled {
    source: Box<dyn Source>,
    left: Option<usize>,
}

impl Source for Garbled {
    fn read(&mut self) -> BoxFuture<'_, Result<Bytes, HostError>> {
        Box::pin(async move {
            let bytes = self.source.read().await?;
            let Some(left) = self.left else { return Ok(bytes) };
            self.left = (left >= bytes.len()).then(|| left - bytes.len());
            if self.left.is_some() {
                return Ok(bytes);
            }
            let mut bytes = bytes.to_vec();
            bytes[left] ^= 0x10;
            Ok(bytes.into())
        })
    }
}

impl Source for Cut {
    fn read(&mut self) -> BoxFuture<'_, Result<Bytes, HostError>> {
        Box::pin(async move {
            if self.left == 0 {
                return Err(HostError::Lost("zfs send".to_owned()));
            }
            let bytes = self.source.read().await?;
            let taken = usize::try_from(self.left).unwrap().min(bytes.len());
            self.left -= taken as u64;
            Ok(bytes.slice(..taken))
        })
    }
}

impl Host for Faulty {
    fn name(&self) -> &str {
        self.host.name()
    }
    fn platform(&self) -> Arc<Platform> {
        self.host.platform()
    }
    fn probe(&self, probe: Probe) -> BoxFuture<'static, Result<Answer, HostError>> {
        self.counted();
        let left = &self.faults.questions;
        if left.load(Ordering::SeqCst) == 0 {
            let lost = HostError::Lost("a question".to_owned());
            return Box::pin(std::future::ready(Err(lost)));
        }
        left.fetch_sub(1, Ordering::SeqCst);
        self.host.probe(probe)
    }
    fn apply(
        &self,
        parts: Vec<Vec<Change>>,
        env: Vec<(String, String)>,
        then: Option<Probe>,
    ) -> BoxFuture<'static, Result<Applied, HostError>> {
        self.host.apply(parts, env, then)
    }
    fn run(&self, command: Command) -> BoxFuture<'static, Result<Answer, HostError>> {
        self.counted();
        let meanwhile = self.faults.meanwhile.lock().unwrap().take();
        let meanwhile = meanwhile.map(|text| self.host.run(Command::new(["sh", "-c", &text])));
        let done = self.host.run(command);
        let hit = self.faults.hits();
        Box::pin(async move {
            if let Some(meanwhile) = meanwhile {
                let answer = meanwhile.await?;
                assert_eq!(answer.rc, 0, "{}", answer.error_text());
            }
            let answer = done.await;
            if hit { Err(HostError::Lost("a script".to_owned())) } else { answer }
        })
    }
    fn put_temp(
        &self,
        name: &str,
        content: Content,
    ) -> BoxFuture<'static, Result<String, HostError>> {
        self.host.put_temp(name, content)
    }
    fn fetch(&self, path: &str, to: PathBuf) -> BoxFuture<'static, Result<String, HostError>> {
        self.host.fetch(path, to)
    }
    fn reaches(
        &self,
        host: &str,
        port: u16,
        limit: Duration,
    ) -> BoxFuture<'static, Result<bool, HostError>> {
        self.host.reaches(host, port, limit)
    }
    fn reconnect(&self) -> BoxFuture<'static, Result<(), HostError>> {
        self.host.reconnect()
    }
    fn pipe(&self, program: &Program) -> BoxFuture<'static, Result<Pipe, HostError>> {
        self.counted();
        self.faults.streams.lock().unwrap().push(program.script.clone());
        let (piped, hit) = (self.host.pipe(program), self.faults.hits());
        let bytes = self.faults.bytes.load(Ordering::SeqCst);
        let producer = !program.input;
        let garbled = producer && self.faults.garbled.fetch_sub(1, Ordering::SeqCst) > 0;
        Box::pin(async move {
            let mut pipe = piped.await?;
            if hit {
                pipe.kill().await;
                return Err(HostError::Lost("a stream".to_owned()));
            }
            if garbled {
                let source = std::mem::replace(&mut pipe.output, Box::new(Nothing));
                pipe.output = Box::new(Garbled { source, left: Some(10_000) });
            }
            if producer && bytes > 0 {
                let source = std::mem::replace(&mut pipe.output, Box::new(Nothing));
                pipe.output = Box::new(Cut { source, left: bytes });
            }
            Ok(pipe)
        })
    }
}

struct Nothing;

impl Source for Nothing {
    fn read(&mut self) -> BoxFuture<'_, Result<Bytes, HostError>> {
        Box::pin(std::future::ready(Ok(Bytes::new())))
    }
}

pub struct Machines {
    pid: u32,
    faults: Arc<Faults>,
    open: tokio::sync::Mutex<BTreeMap<String, Arc<dyn Host>>>,
}

impl Hosts for Machines {
    fn open<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Arc<dyn Host>, String>> {
        Box::pin(async move {
            if self.faults.down.lock().unwrap().iter().any(|down| down == name) {
                return Err(format!("{name}: connect: no route"));
            }
            let mut open = self.open.lock().await;
            if let Some(host) = open.get(name) {
                return Ok(Arc::clone(host));
            }
            let transport = Arc::new(Inside { local: LocalTransport::new(), pid: self.pid });
            let host =
                shell::open(transport, &Identity::login(name), &Limits::default()).await.unwrap();
            let host: Arc<dyn Host> = Arc::new(Faulty { host, faults: Arc::clone(&self.faults) });
            open.insert(name.to_owned(), Arc::clone(&host));
            Ok(host)
        })
    }
}

/// Two pools, `pa` on host a and `pb` on host b.
pub struct Pools {
    pub fuse: Fuse,
    pub faults: Arc<Faults>,
    lines: Arc<Mutex<Vec<String>>>,
    /// What was told of streams.
    pub bytes: Arc<Mutex<Vec<Told>>>,
}

pub const EDGE: &str = "edges: [{id: e, source: 'a:pa/d', target: 'b:pb/x/d', encryption: plain}]";

pub fn edges(text: &str) -> Topology {
    let loaded = yaml::load(text, &Text::file("replication.yml")).unwrap();
    topology::read(&loaded.value).unwrap()
}

/// The one edge, with more said about it.
fn with(more: &str) -> Topology {
    edges(&EDGE.replace("}]", &format!(", {more}}}]")))
}

impl Pools {
    pub fn new() -> Self {
        let fuse = Fuse::start();
        let pools =
            Self { fuse, faults: Faults::none(), lines: Arc::default(), bytes: Arc::default() };
        pools.sh("cd \"$DISKS\"; for p in a b; do n=d1; [ $p = a ] || n=d3; zpool create -o cachefile=none -m none p$p $PWD/$n; done");
        pools.sh("zfs create -o mountpoint=$DISKS/d pa/d");
        pools
    }

    pub fn sh(&self, script: &str) -> String {
        let script = format!("set -e; DISKS={}; {script}", self.fuse.dir().display());
        self.fuse.shell(&script).expect_code(0).stdout
    }

    /// Takes a snapshot behind some new content.
    pub fn snap(&self, name: &str) {
        self.sh(&format!("head -c 20000 /dev/urandom >$DISKS/d/{name}; zfs snapshot pa/d@{name}"));
    }

    pub fn run(&self, topology: &Topology, check: bool) -> Vec<EdgeEnd> {
        let job = self.job(topology, check);
        self.with_hosts(async |hosts| replicate(&job, hosts).await)
    }

    /// Prunes, or says what would go.
    pub fn prune(&self, topology: &Topology, wish: &Wish, check: bool) -> Vec<PruneEnd> {
        let job = self.job(topology, check);
        self.with_hosts(async |hosts| prune(&job, wish, hosts).await)
    }

    pub fn job(&self, topology: &Topology, check: bool) -> Job {
        let (lines, bytes) = (Arc::clone(&self.lines), Arc::clone(&self.bytes));
        Job {
            links: topology.links.clone(),
            only: Vec::new(),
            check,
            run: "test.1.1".to_owned(),
            operator: "me".to_owned(),
            retries: 1,
            day: "20261123".to_owned(),
            tell: Arc::new(move |told| match told {
                Told::Line(line) => lines.lock().unwrap().push(line),
                told @ Told::Bytes { .. } => bytes.lock().unwrap().push(told),
            }),
        }
    }

    /// Does something with the hosts.
    pub fn with_hosts<T>(&self, work: impl AsyncFnOnce(&Machines) -> T) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let hosts = Machines {
            pid: self.fuse.pid(),
            faults: Arc::clone(&self.faults),
            open: Default::default(),
        };
        let done = runtime.block_on(work(&hosts));
        runtime.block_on(async { drop(hosts) });
        runtime.shutdown_background();
        done
    }

    /// Runs, and shows what came of it.
    pub fn told(&self, topology: &Topology, check: bool) -> String {
        text(&topology.links, &self.run(topology, check), check)
    }

    /// Runs to the wanted end.
    pub fn expect(&self, topology: &Topology, level: Level) -> String {
        let ends = self.run(topology, false);
        let told = text(&topology.links, &ends, false);
        let worst = ends.iter().map(|end| end.level).max().unwrap();
        assert_eq!(worst, level, "{told}\n{:?}", self.lines.lock().unwrap());
        told
    }

    /// The programs that streams ran so far.
    pub fn streams(&self) -> Vec<String> {
        self.faults.streams.lock().unwrap().clone()
    }

    pub fn history(&self) -> String {
        self.sh("zpool history pa; zpool history pb")
    }

    /// Identities of the snapshots of a dataset, oldest first.
    pub fn guids(&self, dataset: &str) -> Vec<String> {
        let names = self.sh(&format!(
            "zfs list -H -o name -t snapshot -s creation -r {dataset} 2>/dev/null || :"
        ));
        let own = names.lines().filter(|name| name.split('@').next() == Some(dataset));
        own.map(|name| self.sh(&format!("zfs get -Hp -o value guid '{name}'")).trim().to_owned())
            .collect()
    }

    /// Both sides have the same snapshots, and the newest has the same content.
    pub fn same(&self) {
        assert_eq!(self.guids("pa/d"), self.guids("pb/x/d"));
        let sums = "mkdir -p $DISKS/c; zfs clone -o mountpoint=$DISKS/c pb/x/d@LAST pb/check; (cd $DISKS/c && cat * | md5sum); n=0; until zfs destroy pb/check 2>/dev/null || [ $n -gt 20 ]; do n=$((n + 1)); sleep 0.2; done";
        let last = self.sh("zfs list -H -o name -t snapshot -s creation -r pb/x/d | tail -n 1");
        let there = self.sh(&sums.replace("LAST", last.trim().split('@').nth(1).unwrap()));
        assert_eq!(self.sh("cd $DISKS/d && cat * | md5sum"), there);
    }
}

#[test]
fn s01_s03_s04_a_plan_writes_nothing_a_run_copies_all_a_second_nothing() {
    let pools = Pools::new();
    for name in ["s1", "s2", "s3"] {
        pools.snap(name);
    }
    let before = pools.history();
    let told = pools.told(&edges(EDGE), true);
    assert!(
        told.contains("make pb/x\n    send @s1 in full\n    send @s1 to @s2\n    send @s2 to @s3"),
        "{told}"
    );
    assert_eq!(pools.history(), before);
    pools.expect(&edges(EDGE), Level::Done);
    pools.same();
    assert_eq!(
        pools.sh("zfs get -H -o value readonly,mounted,canmount pb/x/d"),
        "on\nno\nnoauto\n"
    );
    // The base is held on both sides: this old pool has no bookmarks.
    assert_eq!(
        pools.sh("zfs get -H -o value userrefs pa/d@s1 pa/d@s2 pa/d@s3 pb/x/d@s1 pb/x/d@s3"),
        "0\n0\n1\n0\n1\n"
    );
    let (before, streams) = (pools.history(), pools.faults.streams.lock().unwrap().len());
    pools.expect(&edges(EDGE), Level::Idle);
    assert_eq!(pools.history(), before);
    assert_eq!(pools.faults.streams.lock().unwrap().len(), streams, "nothing was sent");
    pools.snap("s4");
    pools.expect(&edges(EDGE), Level::Done);
    pools.same();
}

#[test]
fn nothing_to_do_costs_as_little_however_many_datasets_there_are() {
    let pools = Pools::new();
    pools.sh("n=0; while [ $n -lt 12 ]; do zfs create -o mountpoint=none pa/d/$n; n=$((n + 1)); done; zfs snapshot -r pa/d@s1");
    let tree = with("recursive: yes");
    pools.expect(&tree, Level::Done);
    pools.faults.asked.lock().unwrap().clear();
    pools.expect(&tree, Level::Idle);
    let asked = pools.faults.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(asked.values().all(|times| *times <= 3), "{asked:?}");
}

#[test]
fn s05_s07_s08_s10_names_say_nothing_and_divergence_stops() {
    let pools = Pools::new();
    pools.snap("s1");
    pools.snap("s2");
    pools.expect(&edges(EDGE), Level::Done);
    pools.sh("zfs rename pa/d@s2 pa/d@other");
    pools.snap("s3");
    let told = pools.expect(&edges(EDGE), Level::Done);
    assert!(told.contains("@other of the source is @s2 on the target"), "{told}");
    // Back on the source, and another s3.
    pools.sh("for s in s3 other; do zfs release tank_e pa/d@$s 2>/dev/null || :; done; zfs rollback -r pa/d@s1");
    pools.snap("s3");
    let told = pools.expect(&edges(EDGE), Level::Failed);
    assert!(
        told.contains("the target has diverged: behind the common @s1 it has @s2, @s3"),
        "{told}"
    );
    let rollback = with("on_divergence: rollback_common");
    let told = pools.expect(&rollback, Level::Failed);
    assert!(told.contains("would destroy what is kept: @s3 (held)"), "{told}");
    pools.sh("zfs release tank_e pb/x/d@s3");
    let told = pools.told(&rollback, true);
    assert!(told.contains("roll back to @s1: destroys @s2 (guid"), "{told}");
    pools.expect(&rollback, Level::Done);
    pools.same();
    pools.expect(&edges(EDGE), Level::Idle);
}

#[test]
fn s12_s13_what_nobody_sent_is_set_aside_or_left() {
    let pools = Pools::new();
    pools.snap("s1");
    pools
        .sh("zfs create pb/x; zfs create -o mountpoint=$DISKS/own pb/x/d; echo 1 >$DISKS/own/file");
    let told = pools.expect(&edges(EDGE), Level::Failed);
    assert!(told.contains("is there without any snapshot"), "{told}");
    pools.sh("zfs snapshot pb/x/d@own");
    let told = pools.expect(&edges(EDGE), Level::Failed);
    assert!(told.contains("no common snapshot"), "{told}");
    assert!(!pools.history().contains("destroy"));
    pools.sh("zfs unmount pb/x/d");
    pools.expect(&with("on_divergence: set_aside"), Level::Done);
    assert_eq!(
        pools.sh("zfs list -H -o name pb/x/d.conflict-20261123@own"),
        "pb/x/d.conflict-20261123@own\n"
    );
    pools.same();
}

#[test]
fn s19_interrupted_twenty_times_and_complete_at_last() {
    let pools = Pools::new();
    pools.snap("s1");
    pools.expect(&edges(EDGE), Level::Done);
    for (round, bytes) in (1_u64..=20).map(|round| (round, round * 7919 % 23_000 + 1)) {
        pools.snap(&format!("r{round}"));
        pools.faults.bytes.store(bytes, Ordering::SeqCst);
        pools.run(&edges(EDGE), false);
        let common = pools.guids("pb/x/d");
        let sent = pools.guids("pa/d");
        assert!(sent.starts_with(&common), "round {round}: {common:?} {sent:?}");
    }
    pools.faults.bytes.store(0, Ordering::SeqCst);
    pools.expect(&edges(EDGE), Level::Done);
    pools.same();
    pools.expect(&edges(EDGE), Level::Idle);
}

#[test]
fn s23_s24_a_lock_is_kept_and_one_whose_lease_ended_is_taken() {
    let pools = Pools::new();
    pools.snap("s1");
    pools.sh("zfs set org.tank:lock.e='other.9.9 9999999999 them' pb");
    let told = pools.expect(&edges(EDGE), Level::Busy);
    assert!(told.contains("another run works on it: other.9.9"), "{told}");
    pools.sh("zfs set org.tank:lock.e='other.9.9 100 them' pb");
    pools.expect(&edges(EDGE), Level::Done);
    assert!(pools.lines.lock().unwrap().iter().any(|line| line.contains("other.9.9 had run out")));
    assert_eq!(pools.sh("zfs get -H -o value org.tank:lock.e pb"), "free test.1.1\n");
    pools.same();
    // A run of this machine whose process is gone.
    pools.sh("zfs set org.tank:lock.e='test.2147483647.1 9999999999 me' pb");
    pools.snap("s2");
    pools.expect(&edges(EDGE), Level::Done);
    pools.same();
}

#[test]
fn s25_a_run_may_be_cut_behind_any_command() {
    let pools = Pools::new();
    pools.snap("s0");
    let mut cut = 0;
    for request in 0..40 {
        pools.snap(&format!("n{request}"));
        let before = pools.guids("pb/x/d");
        pools.faults.requests.store(request, Ordering::SeqCst);
        let ends = pools.run(&edges(EDGE), false);
        let hit = pools.faults.requests.swap(-1, Ordering::SeqCst) < 0;
        let after = pools.guids("pb/x/d");
        assert!(after.starts_with(&before), "request {request}: nothing is lost");
        if let Some(base) = after.last() {
            assert!(
                pools.guids("pa/d").contains(base),
                "request {request}: the base is on both sides"
            );
        }
        pools.expect(
            &edges(EDGE),
            if ends[0].level == Level::Done && !hit { Level::Idle } else { worst(&pools) },
        );
        pools.same();
        pools.expect(&edges(EDGE), Level::Idle);
        if !hit {
            break;
        }
        cut += 1;
    }
    assert!((6..40).contains(&cut), "{cut} requests");
}

/// What the next run has to do: something, or nothing when only its last word was lost.
fn worst(pools: &Pools) -> Level {
    pools.run(&edges(EDGE), true).iter().map(|end| end.level).max().unwrap()
}

#[test]
fn s40_s42_trees_and_odd_names() {
    let pools = Pools::new();
    let long = "n".repeat(180);
    pools.sh(&format!("zfs create -o mountpoint=none 'pa/d/a b:c.d-e'; zfs create pa/d/tmp; zfs create pa/d/{long}; zfs snapshot -r pa/d@s1"));
    let tree = with("recursive: yes, exclude: [tmp]");
    pools.expect(&tree, Level::Done);
    let names = pools.sh("zfs list -H -o name -r pb/x/d");
    assert_eq!(names, format!("pb/x/d\npb/x/d/a b:c.d-e\npb/x/d/{long}\n"));
    pools.expect(&tree, Level::Idle);
    pools.sh("zfs create pa/d/late; zfs snapshot pa/d/late@l1; zfs release tank_e 'pa/d/a b:c.d-e@s1'; zfs destroy -r 'pa/d/a b:c.d-e'; zfs create pa/d/empty");
    let told = pools.expect(&tree, Level::Done);
    assert!(told.contains("pb/x/d/a b:c.d-e is kept: its source is gone"), "{told}");
    assert!(told.contains("pa/d/late -> pb/x/d/late"), "{told}");
    pools.expect(&tree, Level::Idle);
}

#[test]
fn s06_a_renamed_dataset_is_followed_where_that_is_allowed() {
    let pools = Pools::new();
    pools.sh("zfs create -o mountpoint=none pa/d/old; zfs snapshot -r pa/d@s1");
    let tree = with("recursive: yes");
    pools.expect(&tree, Level::Done);
    pools.sh("zfs rename pa/d/old pa/d/new; zfs snapshot -r pa/d@s2");
    let told = pools.expect(&tree, Level::Failed);
    assert!(told.contains("the dataset was renamed: its copy is pb/x/d/old"), "{told}");
    pools.expect(&with("recursive: yes, follow_renames: yes"), Level::Done);
    assert_eq!(pools.guids("pa/d/new"), pools.guids("pb/x/d/new"));
    pools.expect(&tree, Level::Idle);
}

#[test]
fn s45_s46_one_target_is_down_and_a_chain_goes_on() {
    let pools = Pools::new();
    pools.snap("s1");
    let chain = edges(
        "defaults: {encryption: plain}\nedges:\n  - {id: e, source: 'a:pa/d', target: 'b:pb/x/d'}\n  - {id: f, source: 'b:pb/x/d', target: 'c:pb/y/d'}\n  - {id: g, source: 'a:pa/d', target: 'd:pb/z/d'}\n",
    );
    pools.faults.down.lock().unwrap().push("d".to_owned());
    let ends = pools.run(&chain, false);
    assert_eq!(ends[0].level, Level::Done);
    assert_eq!(ends[2].level, Level::Unreachable, "{:?}", ends[2].error);
    // The chain's second edge saw what the first had brought.
    assert_eq!(pools.guids("pb/y/d"), pools.guids("pa/d"));
    // Without its middle.
    pools.snap("s2");
    pools.sh("for t in tank_e tank_f; do zfs release $t pb/x/d@s1 2>/dev/null || :; done; zfs destroy -r pb/x");
    let direct = edges("edges: [{id: h, source: 'a:pa/d', target: 'c:pb/y/d', encryption: plain}]");
    let told = pools.expect(&direct, Level::Done);
    assert!(told.contains("base @s1"), "{told}");
    assert_eq!(pools.guids("pb/y/d"), pools.guids("pa/d"));
}

/// Runs only these edges of all.
fn run_only(pools: &Pools, topology: &Topology, only: &str) -> String {
    let job = Job { only: vec![only.to_owned()], ..pools.job(topology, false) };
    let ends = pools.with_hosts(async |hosts| replicate(&job, hosts).await);
    text(&topology.links, &ends, false)
}

#[test]
fn what_an_edge_that_is_not_run_starts_from_stays() {
    let pools = Pools::new();
    pools.snap("s1");
    let chain = |more: &str| {
        edges(&format!(
            "defaults: {{encryption: plain{more}}}\nedges:\n  - {{id: e, source: 'a:pa/d', target: 'b:pb/x/d'}}\n  - {{id: f, source: 'b:pb/x/d', target: 'c:pb/y/d'}}\n"
        ))
    };
    pools.expect(&chain(""), Level::Done);
    // The source goes back, and s2 is held for the second edge alone.
    pools.snap("s2");
    pools.expect(&chain(""), Level::Done);
    pools.sh("zfs release tank_e pa/d@s2; zfs rollback -r pa/d@s1; zfs release tank_e pb/x/d@s2");
    pools.snap("s3");
    // Nobody asks c, which is down at that.
    pools.faults.down.lock().unwrap().push("c".to_owned());
    let back = chain(", on_divergence: rollback_common");
    let told = run_only(&pools, &back, "e");
    assert!(told.contains("would destroy what is kept: @s2 (held)"), "{told}");
    assert!(!told.contains("f:"), "{told}");
    pools.faults.down.lock().unwrap().clear();
    // Its hold is gone, but it is asked and the snapshot is there: still needed.
    pools.sh("zfs release tank_f pb/x/d@s2");
    let told = text(&back.links, &pools.run(&back, true), true);
    assert!(told.contains("@s2 (another edge starts from it)"), "{told}");
}

#[test]
fn a_lost_property_is_set_again_and_what_is_in_service_is_left() {
    let pools = Pools::new();
    pools.snap("s1");
    pools.sh("zfs set compression=on pa/d");
    let edge = with("properties: [compression]");
    pools.expect(&edge, Level::Done);
    assert_eq!(pools.sh("zfs get -H -o value compression pb/x/d"), "on\n");
    pools.sh("zfs set readonly=off pb/x/d; zfs set compression=gzip pa/d");
    let before = pools.history();
    let told = text(&edge.links, &pools.run(&edge, true), true);
    assert!(told.contains("set compression=gzip readonly=on"), "{told}");
    assert_eq!(pools.history(), before);
    pools.expect(&edge, Level::Done);
    assert_eq!(pools.sh("zfs get -H -o value compression,readonly pb/x/d"), "gzip\non\n");
    pools.expect(&edge, Level::Idle);
    pools
        .sh("zfs set readonly=off pb/x/d; zfs set mountpoint=$DISKS/live pb/x/d; zfs mount pb/x/d");
    let told = pools.expect(&edge, Level::Idle);
    assert!(told.contains("pb/x/d: readonly is off, wanted on: it may be in service"), "{told}");
}

#[test]
fn a_clone_is_sent_in_full_where_its_origin_cannot_be_told() {
    let pools = Pools::new();
    pools.sh("zfs create -o mountpoint=none pa/d/o; zfs snapshot pa/d/o@x; zfs clone -o mountpoint=none pa/d/o@x pa/d/c; zfs snapshot -r pa/d@s1");
    let told = pools.expect(&with("recursive: yes"), Level::Done);
    assert!(told.contains("a clone of pa/d/o@x, sent in full"), "{told}");
    assert_eq!(pools.guids("pa/d/c"), pools.guids("pb/x/d/c"));
}

#[test]
fn a_lock_is_given_back_when_another_look_fails() {
    let pools = Pools::new();
    pools.snap("s1");
    let edge = edges(EDGE);
    // Another run has worked there since the look, and then the hosts answer no more.
    let other = "zfs set org.tank:lock.e='free other.9.9' pb".to_owned();
    *pools.faults.meanwhile.lock().unwrap() = Some(other);
    pools.faults.questions.store(2, Ordering::SeqCst);
    let ends = pools.run(&edge, false);
    pools.faults.questions.store(-1, Ordering::SeqCst);
    assert_eq!(ends[0].level, Level::Failed, "{ends:?}");
    assert!(ends[0].error.as_ref().unwrap().contains("lost"), "{ends:?}");
    assert!(!ends[0].parts.iter().any(|part| part.changed));
    assert_eq!(pools.sh("zfs get -H -o value org.tank:lock.e pb"), "free test.1.1\n");
    pools.expect(&edge, Level::Done);
}

#[test]
fn what_was_not_done_is_not_changed() {
    let pools = Pools::new();
    pools.snap("s1");
    // What was to be sent goes between the look and the work: it cannot be held.
    *pools.faults.meanwhile.lock().unwrap() = Some("zfs destroy pa/d@s1".to_owned());
    let ends = pools.run(&edges(EDGE), false);
    let part = &ends[0].parts[0];
    // The parent was made by then.
    assert!(part.error.is_some() && part.changed, "{ends:?}");
    pools.snap("s2");
    *pools.faults.meanwhile.lock().unwrap() = Some("zfs destroy pa/d@s2".to_owned());
    let ends = pools.run(&edges(EDGE), false);
    let part = &ends[0].parts[0];
    assert!(part.error.is_some() && !part.changed, "{ends:?}");
}

#[test]
fn the_command_tells_by_its_code() {
    let pools = Pools::new();
    pools.snap("s1");
    let project = Project::new()
        .file("hosts", "a ansible_connection=local\nb ansible_connection=local\n")
        .file("replication.yml", EDGE)
        .file("bad.yml", "edges:\n  - {source: 'a:pa/d', target: 'a:pa/d/x', recursive: yes, encryption: plain}\n");
    let tank = |words: &[&str]| {
        pools.fuse.tank(&project, &[&["replicate"], words, &["-i", "hosts"]].concat())
    };
    tank(&["plan"]).expect_code(0).out_has(&["send @s1 in full", "to be copied"]);
    tank(&["run"]).expect_code(0).out_has(&["1 stream(s)", "copied"]);
    tank(&["run"]).expect_code(0).out_has(&["up to date"]);
    for unused in ["--limit=a", "--forks=2", "--output=json", "--diff", "-v"] {
        tank(&["run", unused]).expect_code(2).err_has(&["unexpected argument"]);
    }
    tank(&["run", "bad.yml"]).expect_code(4).err_has(&["bad.yml:2:5", "lie in each other"]);
    tank(&["run", "--edge", "ee"])
        .expect_code(1)
        .err_has(&["the topology has no edge 'ee'", "Did you mean 'e'?"]);
    pools.sh("zfs set org.tank:lock.e='other.9.9 9999999999 them' pb");
    pools.snap("s2");
    tank(&["run"]).expect_code(75).out_has(&["busy"]);
}

#[test]
fn a_removable_target_may_be_absent_and_a_source_may_not() {
    let pools = Pools::new();
    pools.snap("s1");
    let drawer = |source: &str, target: &str| {
        edges(&format!(
            "edges: [{{id: e, source: 'a:{source}', target: 'b:{target}', encryption: plain, removable: yes}}]"
        ))
    };
    let told = pools.expect(&drawer("pa/d", "disk/d"), Level::Absent);
    assert!(told.contains("there is no pool disk on b\n  absent"), "{told}");
    pools.expect(&drawer("disk/d", "pb/d"), Level::Failed);
    pools.expect(&drawer("pa/d", "pb/x/d"), Level::Done);
}

const PLAY: &str = "- hosts: all
  gather_facts: false
  tasks:
    - name: Copy
      zfs_replication:
        defaults: {encryption: plain}
        edges: [{id: e, source: 'a:pa/d', target: 'b:pb/x/d'}]
      register: copied
    - debug: {msg: '{{ copied.edges[0].level }} {{ copied.edges[0].datasets[0].streams }}'}
      run_once: true
";

#[test]
fn a_task_of_a_play_copies_once_for_all_hosts() {
    let pools = Pools::new();
    pools.snap("s1");
    let project = Project::new()
        .file("hosts", "a ansible_connection=local\nb ansible_connection=local\n")
        .file("play.yml", PLAY)
        .file("looks.yml", &PLAY.replace("register:", "check_mode: true\n      register:"))
        .file("typo.yml", &PLAY.replace("'b:pb", "'bb:pb"));
    let play =
        |words: &[&str]| pools.fuse.tank(&project, &[&["playbook", "-i", "hosts"], words].concat());
    let before = pools.history();
    play(&["play.yml", "--check"]).expect_code(0).out_has(&["changed: [a]", "changed=1 "]);
    play(&["looks.yml"]).expect_code(0).out_has(&["changed: [a]", "changed=1 "]);
    assert_eq!(pools.history(), before);
    play(&["play.yml"]).expect_code(0).out_has(&["changed: [a]", "done 1", "changed=1 "]);
    pools.same();
    play(&["play.yml"]).expect_code(0).out_has(&["ok: [a]", "idle 0", "changed=0 "]);
    play(&["typo.yml"]).expect_code(2).out_has(&["the inventory has no host 'bb'"]);
}
