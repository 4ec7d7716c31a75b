//! Long streams through the operator: sizes, memory, cuts, ends, other users, other connections.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tank::connection::r#become::{Identity, Method};
use tank::connection::local::LocalTransport;
use tank::connection::openssh;
use tank::connection::shell::{self, Limits as ShellLimits};
use tank::connection::ssh::{ConnectEnv, ConnectionVars, Target, connect};
use tank::connection::transport::Transport;
use tank::run::stream::{Address, Cut, Direct, Limits, Relayed, pair, relay};
use tank::spec::{BoxFuture, End, Host, Pipe, Program};
use tank::zfs::rate::Schedule;

use crate::delay::{Proxy, Shape};
use crate::process::{self, until};
use crate::sshd::Sshd;
use crate::tree::{ADMIN_PASSWORD, Tree};

fn vars(port: u16, key: &Path, known_hosts: &Path) -> ConnectionVars {
    ConnectionVars {
        port: Some(port),
        private_key_file: Some(key.display().to_string()),
        common_args: Some(format!("-F /dev/null -o UserKnownHostsFile={}", known_hosts.display())),
        ..ConnectionVars::new("127.0.0.1")
    }
}

async fn russh(vars: &ConnectionVars) -> Arc<dyn Transport> {
    let env = ConnectEnv::of_process(None);
    connect(&Target::resolve(vars, &env).unwrap(), &env).await.unwrap()
}

async fn host_on(transport: Arc<dyn Transport>, who: &Identity) -> Arc<dyn Host> {
    shell::open(transport, who, &ShellLimits::default()).await.unwrap()
}

/// A host that is this server, by this port of loopback.
async fn host(sshd: &Sshd, port: u16) -> Arc<dyn Host> {
    // Makes the key known for the port.
    sshd.inventory_line_through("h", port);
    let transport = russh(&vars(port, &sshd.key(), &sshd.known_hosts())).await;
    host_on(transport, &Identity::login("h")).await
}

async fn from(host: &Arc<dyn Host>, script: &str) -> Pipe {
    host.pipe(&Program::producer("from", script)).await.unwrap()
}

async fn to(host: &Arc<dyn Host>, script: &str) -> Pipe {
    host.pipe(&Program::consumer("to", script)).await.unwrap()
}

fn never() -> BoxFuture<'static, ()> {
    Box::pin(std::future::pending())
}

async fn carry(from: Pipe, to: Pipe) -> Relayed {
    relay(from, to, &Limits::default(), &|_| {}, never()).await
}

/// A file of random bytes.
fn random_file(path: &Path, megabytes: u64) {
    let mut command = Command::new("sh");
    let text = "head -c \"$1\" /dev/urandom >\"$2\"";
    command.args(["-c", text, "sh", &(megabytes << 20).to_string()]).arg(path);
    process::run(&mut command, Duration::from_secs(60)).expect_code(0);
}

/// This very test in a process of its own, whose memory is its alone.
fn as_child(test: &str) -> Option<Command> {
    if std::env::var_os("TANK_STREAM_CHILD").is_some() {
        return None;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env("TANK_STREAM_CHILD", "1");
    Some(command)
}

/// Nothing of that name runs on this machine any more.
fn gone(words: &str) {
    let find = || process::run(Command::new("pgrep").args(["-f", words]), Duration::from_secs(10));
    until(&format!("{words} is gone"), || find().code == 1);
}

/// Runs a future in a runtime like the program's own.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let value = runtime.block_on(future);
    runtime.shutdown_background();
    value
}

#[test]
fn two_hundred_megabytes_arrive_whole_in_bounded_memory() {
    if let Some(mut command) =
        as_child("streams::two_hundred_megabytes_arrive_whole_in_bounded_memory")
    {
        process::run(&mut command, Duration::from_secs(240)).expect_code(0);
        return;
    }
    let (one, two) = (Sshd::start(), Sshd::start());
    let dir = tempfile::tempdir().unwrap();
    let (source, target) = (dir.path().join("source"), dir.path().join("target"));
    random_file(&source, 200);
    let relayed = block_on(async {
        let (a, b) = (host(&one, one.port()).await, host(&two, two.port()).await);
        let from = from(&a, &format!("cat {}", source.display())).await;
        carry(from, to(&b, &format!("cat >{}", target.display())).await).await
    });
    assert!(relayed.is_ok() && relayed.bytes == 200 << 20, "{relayed:?}");
    let same = process::run(Command::new("cmp").args([&source, &target]), Duration::from_secs(60));
    same.expect_code(0);
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    println!("200 MiB over two legs: peak memory {} MiB", peak >> 10);
    assert!(peak < 100 << 10, "peak memory {peak} KiB");
}

#[test]
fn a_slow_consumer_makes_the_producer_wait_and_stalls_nothing_else() {
    let sshd = Sshd::start();
    let dir = tempfile::tempdir().unwrap();
    let done = dir.path().join("done");
    block_on(async {
        let host = host(&sshd, sshd.port()).await;
        let text = format!("head -c 100000000 /dev/zero; touch {}", done.display());
        let (from, to) = (from(&host, &text).await, to(&host, "sleep 4; wc -c >&2").await);
        let carrying = tokio::spawn(carry(from, to));
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(!done.exists(), "100 MB were taken although nobody read them");
        let start = Instant::now();
        let answer = host.run(tank::spec::Command::new(["echo", "alive"])).await.unwrap();
        assert_eq!(answer.text().trim(), "alive");
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        let relayed = carrying.await.unwrap();
        assert!(relayed.is_ok(), "{relayed:?}");
        assert_eq!(relayed.to.stderr.trim(), "100000000");
    });
}

#[test]
fn a_cut_leg_ends_both_programs() {
    for cut_producer in [true, false] {
        let (one, two) = (Sshd::start(), Sshd::start());
        let relayed = block_on(async {
            let (cut, whole) = if cut_producer { (&one, &two) } else { (&two, &one) };
            let shape = Shape { cut_after: cut_producer.then_some(9_000_000), ..Shape::default() };
            let proxy = Proxy::start(cut.port(), shape);
            let (near, far) = (host(whole, whole.port()).await, host(cut, proxy.port()).await);
            let (a, b) = if cut_producer { (far, near) } else { (near, far) };
            let from = from(&a, "cat /dev/zero").await;
            let rest = if cut_producer { "true" } else { "sleep 4242" };
            let to = to(&b, &format!("cat >/dev/null; {rest}")).await;
            let cutting = async {
                tokio::time::sleep(Duration::from_millis(1500)).await;
                if !cut_producer {
                    cut.cut_connections();
                }
                std::future::pending().await
            };
            tokio::select! {
                relayed = carry(from, to) => relayed,
                () = cutting => unreachable!(),
            }
        });
        let wanted = if cut_producer { Cut::Producer } else { Cut::Consumer };
        assert_eq!(relayed.cut, wanted, "{relayed:?}");
        assert!(relayed.cause().unwrap().contains("connection lost"), "{relayed:?}");
        let lost = if cut_producer { &relayed.from } else { &relayed.to };
        assert_eq!(lost.end, End::Lost);
        until("nothing is left", || !one.has_sessions() && !two.has_sessions());
        gone("sleep 4242");
    }
}

#[test]
fn an_operator_that_is_killed_leaves_nothing_running() {
    let test = "streams::an_operator_that_is_killed_leaves_nothing_running";
    let words = |name| PathBuf::from(std::env::var_os(name).unwrap());
    if std::env::var_os("TANK_STREAM_CHILD").is_some() {
        let port = words("PORT").to_str().unwrap().parse().unwrap();
        block_on(async {
            let transport = russh(&vars(port, &words("KEY"), &words("KNOWN"))).await;
            let host = host_on(transport, &Identity::login("h")).await;
            let from = from(&host, &format!("touch {}; sleep 8383", words("MARK").display())).await;
            carry(from, to(&host, "sleep 8383").await).await
        });
        return;
    }
    let sshd = Sshd::start();
    let dir = tempfile::tempdir().unwrap();
    let mark = dir.path().join("mark");
    let mut command = as_child(test).unwrap();
    command.env("PORT", sshd.port().to_string()).env("KEY", sshd.key());
    command.env("KNOWN", sshd.known_hosts()).env("MARK", &mark);
    let run = process::start(&mut command);
    until("the programs run", || mark.exists());
    process::signal(run.pid(), Signal::KILL);
    run.end(Duration::from_secs(10)).expect_code(137);
    until("nothing is left", || !sshd.has_sessions());
    gone("sleep 8383");
}

#[test]
fn f54_failures_of_either_end_are_told_and_leave_nothing() {
    let sshd = Sshd::start();
    block_on(async {
        let host = host(&sshd, sshd.port()).await;
        let relayed = carry(
            from(&host, "echo no such dataset >&2; exit 2").await,
            to(&host, "cat >/dev/null; exit 1").await,
        )
        .await;
        assert_eq!(relayed.cause().unwrap(), "no such dataset");
        let relayed = carry(
            from(&host, "cat /dev/zero").await,
            to(&host, "head -c 30000000 >/dev/null; echo out of space >&2; exit 1").await,
        )
        .await;
        assert_eq!(
            (relayed.cut, relayed.cause().unwrap().as_str()),
            (Cut::Consumer, "out of space")
        );
        let stop = Box::pin(tokio::time::sleep(Duration::from_millis(500)));
        let (from, to) = (from(&host, "sleep 1000").await, to(&host, "sleep 1000").await);
        let relayed = relay(from, to, &Limits::default(), &|_| {}, stop).await;
        assert_eq!(relayed.cut, Cut::Interrupted);
        assert_eq!((relayed.from.end, relayed.to.end), (End::Signal(15), End::Signal(15)));
    });
    until("nothing is left", || !sshd.has_sessions());
    // One for the shells and six for streams, less those that were free again in time.
    assert!(sshd.log().matches("Accepted publickey").count() < 7, "{}", sshd.log());
}

#[test]
fn other_users_by_sudo_with_a_password() {
    let tree = Tree::start();
    tree.shell("echo 'Defaults use_pty' >/etc/sudoers.d/pty").expect_code(0);
    let line = tree.admin_inventory_line("debian");
    let word = |name: &str| {
        let rest = line.split(&format!("{name}=")).nth(1).unwrap();
        rest.split([' ', '\'']).next().unwrap().to_owned()
    };
    let mut vars = vars(
        tree.port(),
        Path::new(&word("ansible_ssh_private_key_file")),
        Path::new(&word("UserKnownHostsFile")),
    );
    vars.user = Some("admin".to_owned());
    block_on(async {
        let transport = russh(&vars).await;
        let who = Identity::user("debian", "root", Method::Sudo).password(ADMIN_PASSWORD);
        let host = host_on(transport, &who).await;
        let (from, to) = (
            from(&host, "id -un >&2; head -c 20000000 /dev/urandom | tee /root/one").await,
            to(&host, "id -un >&2; cat >/root/two; cmp /root/one /root/two").await,
        );
        let relayed = carry(from, to).await;
        assert!(relayed.is_ok() && relayed.bytes == 20_000_000, "{relayed:?}");
        assert_eq!((relayed.from.stderr.trim(), relayed.to.stderr.trim()), ("root", "root"));
        let pipe = host.pipe(&Program::consumer("to", "sleep 3131")).await.unwrap();
        assert_eq!(pipe.kill().await.end, End::Signal(15));
        drop(host.pipe(&Program::consumer("to", "sleep 3131")).await.unwrap());
    });
    let gone = || tree.shell("grep -l sleep.3131 /proc/[0-9]*/cmdline 2>/dev/null || :");
    until("nothing is left", || gone().stdout.lines().all(|line| line.contains("self")));
}

#[test]
fn by_the_systems_ssh_and_to_this_machine() {
    let sshd = Sshd::start();
    let dir = tempfile::tempdir().unwrap();
    let (source, target) = (dir.path().join("source"), dir.path().join("target"));
    random_file(&source, 30);
    block_on(async {
        let env = ConnectEnv::of_process(None);
        let vars = vars(sshd.port(), &sshd.key(), &sshd.known_hosts());
        let transport: Arc<dyn Transport> = openssh::connect(&vars, &env).await.unwrap();
        let far = host_on(Arc::clone(&transport), &Identity::login("far")).await;
        let here = host_on(LocalTransport::new(), &Identity::login("here")).await;
        let from = from(&far, &format!("cat {}", source.display())).await;
        let relayed = carry(from, to(&here, &format!("cat >{}", target.display())).await).await;
        assert!(relayed.is_ok() && relayed.bytes == 30 << 20, "{relayed:?}");
        let back = carry(
            self::from(&here, "cat /dev/zero").await,
            to(&far, "head -c 1000 >/dev/null; echo enough >&2; exit 4").await,
        );
        assert_eq!(back.await.cause().unwrap(), "enough");
        let from = self::from(&far, "sleep 1000").await;
        let ending = tokio::spawn(carry(from, to(&here, "cat").await));
        tokio::time::sleep(Duration::from_millis(300)).await;
        sshd.cut_connections();
        let relayed = ending.await.unwrap();
        assert_eq!(
            (relayed.from.end, relayed.cause().unwrap().as_str()),
            (End::Lost, "connection lost")
        );
        transport.close().await;
    });
    let same = process::run(Command::new("cmp").args([&source, &target]), Duration::from_secs(60));
    same.expect_code(0);
    until("nothing is left", || !sshd.has_sessions());
}

#[test]
fn s53_a_rate_holds_over_a_slow_network() {
    let sshd = Sshd::start();
    let shape = Shape { round_trip: Duration::from_millis(50), ..Shape::default() };
    let proxy = Proxy::start(sshd.port(), shape);
    block_on(async {
        let host = host(&sshd, proxy.port()).await;
        let (from, to) =
            (from(&host, "head -c 6000000 /dev/zero").await, to(&host, "cat >/dev/null").await);
        let limits = Limits { rate: Schedule::always(Some(2_000_000)) };
        let start = Instant::now();
        let relayed = relay(from, to, &limits, &|_| {}, never()).await;
        let took = start.elapsed().as_secs_f64();
        assert!(relayed.is_ok() && (2.7..3.6).contains(&took), "{took} {relayed:?}");
    });
}

#[test]
fn s44_straight_from_host_to_host_with_a_key_of_one_run() {
    let home = std::env::home_dir().unwrap().join(".ssh/authorized_keys");
    let before = fs::read(&home).ok();
    let (one, two) =
        (Sshd::start(), Sshd::builder().option("AuthorizedKeysFile .ssh/authorized_keys").start());
    // The server reads the account's own file here: our login needs its key there.
    let mine = fs::read_to_string(two.authorized_keys()).unwrap();
    fs::create_dir_all(home.parent().unwrap()).unwrap();
    let mut text = before.clone().unwrap_or_default();
    text.extend_from_slice(mine.as_bytes());
    fs::write(&home, &text).unwrap();
    let outcome = std::panic::catch_unwind(|| block_on(straight(&one, &two, &text, &home)));
    match before {
        Some(before) => fs::write(&home, before).unwrap(),
        None => fs::remove_file(&home).unwrap(),
    }
    outcome.unwrap();
}

async fn straight(one: &Sshd, two: &Sshd, text: &[u8], home: &Path) {
    let (a, b) = (host(one, one.port()).await, host(two, two.port()).await);
    let address =
        Address { host: "127.0.0.1".into(), port: Some(two.port()), ..Address::default() };
    let sum = "cksum >&2";
    let direct = Direct::with_key(&a, &b, &address, sum).await.unwrap();
    let added = fs::read_to_string(home).unwrap();
    assert!(added.contains("restrict,command=") && added.contains(" tank-run-"), "{added}");
    let command = direct.command();
    let relayed =
        pair(&a, ["head -c 20000000 /dev/zero", &command], true, &|_| {}, never()).await.unwrap();
    assert!(relayed.is_ok() && relayed.bytes == 20_000_000, "{relayed:?}");
    assert!(relayed.to.stderr.contains(" 20000000"), "{relayed:?}");
    // The key runs nothing else.
    let other = command.replace("cksum", "id");
    let relayed = pair(&a, ["echo a", &other], false, &|_| {}, never()).await.unwrap();
    assert!(relayed.is_ok() && relayed.to.stderr.ends_with(" 2\n"), "{relayed:?}");
    direct.close().await.unwrap();
    assert!(fs::read(home).unwrap() == text);
    let relayed = pair(&a, ["echo a", &command], false, &|_| {}, never()).await.unwrap();
    assert_eq!(relayed.to.end, End::Code(255));
    assert!(relayed.cause().unwrap().contains("Permission denied"), "{relayed:?}");
    drop(Direct::with_key(&a, &b, &address, sum).await.unwrap());
    let start = Instant::now();
    while fs::read(home).unwrap() != text {
        assert!(start.elapsed() < Duration::from_secs(10), "the key stays");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
