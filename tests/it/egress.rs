//! Egress rules with real traffic: a hypervisor, guests, an operator and the outside as network namespaces.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::process::{self, Outcome, as_root};
use crate::project::{Project, TANK};
use crate::sshd;

const START: &str = include_str!("egress-start.sh");
const NET: &str = include_str!("egress-net.py");
const SYSTEMCTL: &str = include_str!("../fixtures/tools/systemctl-units.sh");

/// The hypervisor; everything ends when it is dropped.
struct Site {
    dir: TempDir,
    child: Child,
    pid: u32,
    project: Project,
}

impl Site {
    fn start() -> Site {
        let dir = tempfile::Builder::new().prefix("tank-egress.").tempdir_in("/tmp").unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("net.py"), NET).unwrap();
        fs::write(at("systemctl"), SYSTEMCTL).unwrap();
        fs::write(at("hosts"), HOSTS).unwrap();
        let log = fs::File::create(at("log")).unwrap();
        let mut command = as_root("unshare");
        command.args(["--net", "--mount", "--propagation", "private", "--pid", "--fork"]);
        command.args(["--kill-child", "sh", "-c", START, "sh"]);
        command.arg(dir.path()).arg(at("net.py")).arg(at("systemctl"));
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let child = command.spawn().unwrap();
        let project = Project::new().file("hosts", "hv ansible_connection=local\n");
        let mut site = Site { dir, pid: child.id(), child, project };
        process::until("the namespaces are there", || {
            let ended = site.child.try_wait().unwrap();
            assert!(ended.is_none(), "{}", site.log());
            site.dir.path().join("ready").exists()
        });
        // sudo and unshare stand before it.
        let found = process::descendants(site.child.id());
        site.pid = if process::is_root() { found[0] } else { found[1] };
        site
    }

    fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap()
    }

    fn inside(&self) -> Command {
        let mut command = as_root("nsenter");
        command.args(["-t", &self.pid.to_string(), "-m", "-n", "-r", "--", "env", "-i"]);
        command.args([
            "LC_ALL=C.UTF-8",
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        ]);
        command.arg(format!("HOME={}", self.project.home().display()));
        command
    }

    /// A shell text on the hypervisor.
    fn shell(&self, text: &str) -> Outcome {
        process::run(self.inside().args(["sh", "-c", text]), Duration::from_secs(60))
    }

    /// Runs a task with these arguments on the hypervisor.
    fn task(&self, args: &str, words: &[&str]) -> Outcome {
        self.play("hosts", args, &[], words)
    }

    fn play(&self, inventory: &str, args: &str, by: &[&str], words: &[&str]) -> Outcome {
        let text = format!(
            "- hosts: all\n  gather_facts: false\n  tasks:\n    - nft_egress: {{{args}}}\n      register: out\n    - debug: {{msg: 'guarded {{{{ out.guarded | default(none) }}}}'}}\n"
        );
        fs::write(self.project.path().join("play.yml"), text).unwrap();
        let mut command = self.inside();
        command.args(by).args(["sh", "-c", "cd \"$0\" && exec \"$@\""]).arg(self.project.path());
        command.args([TANK, "playbook", "-i", inventory, "play.yml"]).args(words);
        process::run(&mut command, Duration::from_secs(120))
    }

    /// A task that changes something, as it was predicted, and then nothing.
    fn settles(&self, args: &str) {
        self.task(args, &["--check"]).expect_code(0).out_has(&["changed=1"]);
        let said = self.task(args, &["--diff"]).expect_code(0).out_has(&["changed=1"]);
        let again = self.task(args, &[]).expect_code(0);
        assert!(
            again.stdout.contains("changed=0"),
            "first: {}\nagain: {}",
            said.stdout,
            again.stdout
        );
        self.task(args, &["--check"]).expect_code(0).out_has(&["changed=0"]);
    }

    /// Whether somebody answers a guest: `proto address port [source]`.
    fn reaches(&self, from: &str, what: &str) -> bool {
        let net = self.dir.path().join("net.py");
        let text = format!("exec ip netns exec {from} python3 {} try {what}", net.display());
        self.shell(&text).stdout == "yes\n"
    }

    #[track_caller]
    fn expect(&self, from: &str, wanted: &[(&str, bool)]) {
        for (what, yes) in wanted {
            let rules = || self.shell("nft list ruleset").stdout;
            assert_eq!(self.reaches(from, what), *yes, "{from} to {what}\n{}", rules());
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // The server of a test is a daemon: nobody's child.
        if let Ok(pid) = fs::read_to_string(self.dir.path().join("sshd.pid")) {
            let _ = as_root("kill").arg(pid.trim()).output();
        }
        if process::is_root() {
            process::kill_children(self.child.id());
            let _ = self.child.kill();
        } else {
            let _ = as_root("kill").arg(self.pid.to_string()).output();
        }
        let _ = self.child.wait();
    }
}

const HOSTS: &str = "5.6.7.8 good.test\n5.6.7.9 other.test\n10.9.0.3 inner.test\n";

/// A guest on the bridge, on a kernel with or without connection tracking there.
const A: &str = "name: a, interface: tapa, bridge: br0, mac: ['52:54:00:00:00:0A'], addresses: [10.9.0.2], dns: [10.9.0.100]";
const LESS: &str = "established: none, inbound: [{from: 10.9.0.100, ports: [22]}]";

#[test]
fn a_guest_on_a_bridge_reaches_its_list_and_nothing_else() {
    let site = Site::start();
    site.expect(
        "a",
        &[
            ("tcp 5.6.7.8 443", true),
            ("tcp 5.6.7.8 853", true),
            ("tcp 5.6.7.9 443", true),
            ("udp 10.9.0.100 5353", true),
            ("tcp 10.9.0.3 22", true),
            ("tcp 10.9.0.1 22", true),
            ("tcp 10.8.0.2 22", true),
            ("tcp fd09::100 443", true),
            ("tcp fd09::3 22", true),
        ],
    );
    let allow = "allow: [{to: [5.6.7.8, 5.6.8.0/24], ports: [443, 8000-9000]}, {to: 10.9.0.100, proto: udp, ports: [123]}, {to: 'fd09::100', ports: [443]}]";
    site.settles(&format!("{A}, {LESS}, {allow}"));
    site.expect(
        "a",
        &[
            ("tcp 5.6.7.8 443", true),
            ("tcp 5.6.7.8 8443", true),
            ("tcp 5.6.7.8 80", false),
            ("tcp 5.6.7.9 443", false),
            ("udp 10.9.0.100 123", true),
            ("udp 10.9.0.100 5353", false),
            // DNS by its resolver only.
            ("udp 10.9.0.100 53", true),
            ("tcp 5.6.7.8 53", false),
            ("tcp 5.6.7.8 853", false),
            // Another guest, the host, what the host routes to.
            ("tcp 10.9.0.3 22", false),
            ("tcp 10.9.0.1 22", false),
            ("tcp 10.8.0.2 22", false),
            // IPv6 is closed, listed or not.
            ("tcp fd09::100 443", false),
            ("tcp fd09::3 22", false),
        ],
    );
    // It answers what it may answer, also to nobody else.
    site.expect("w", &[("tcp 10.9.0.2 22", true), ("tcp 10.9.0.2 80", false)]);
    site.expect("b", &[("tcp 10.9.0.2 22", false), ("tcp 5.6.7.9 443", true)]);
    spoofs(&site);
    let six = "addresses: [10.9.0.2, 'fd09::2']";
    let open = format!("{A}, {LESS}, {allow}").replace("addresses: [10.9.0.2]", six);
    site.settles(&open);
    site.shell("ip -n a neigh flush all; ip -n w neigh flush all").expect_code(0);
    site.expect(
        "a",
        &[
            ("tcp fd09::100 443", true),
            ("tcp fd09::100 80", false),
            ("tcp fd09::3 22", false),
            ("tcp 5.6.7.8 443", true),
        ],
    );
    site.shell("ip -n a -6 addr add fd09::99/64 dev eth0 nodad").expect_code(0);
    site.expect("a", &[("tcp fd09::100 443 fd09::99", false), ("tcp fd09::100 443 fd09::2", true)]);
    site.settles("name: a, state: absent");
    site.expect("a", &[("tcp 10.9.0.3 22", true)]);
    let left = site.shell("nft list tables; find /etc/tank-egress /var/lib/tank-egress /etc/systemd -name '*a*.*' -type f -newer /run/sshd");
    assert_eq!(left.stdout, "", "{}", left.stderr);
}

/// Addresses of others: of a free address, of another guest, and by ARP.
fn spoofs(site: &Site) {
    site.shell("ip -n a addr add 10.9.0.77/24 dev eth0").expect_code(0);
    site.expect("a", &[("tcp 5.6.7.8 443 10.9.0.77", false), ("tcp 5.6.7.8 443 10.9.0.2", true)]);
    // A frame with the tag of another network.
    let net = site.dir.path().join("net.py");
    site.shell(&format!("ip netns exec a python3 {} tagged eth0", net.display())).expect_code(0);
    let tagged = "nft list table bridge tank_egress_a | grep -c 'counter packets 1 .*\"tagged\"'";
    assert_eq!(site.shell(tagged).stdout, "1\n");
    // Nobody learns by ARP that it has that address.
    site.expect("w", &[("tcp 10.9.0.77 22", false)]);
    let known = site.shell("ip -n w neigh show 10.9.0.77").stdout;
    assert!(!known.contains("lladdr"), "{known}");
    site.shell(
        "ip -n a addr del 10.9.0.77/24 dev eth0; ip -n a link set eth0 address 52:54:00:00:00:0b",
    )
    .expect_code(0);
    site.shell("ip -n a route replace default via 10.9.0.100").expect_code(0);
    site.expect("a", &[("tcp 5.6.7.8 443", false)]);
    site.shell("ip -n a link set eth0 address 52:54:00:00:00:0a; ip -n a route replace default via 10.9.0.100").expect_code(0);
    site.shell("ip -n a -6 addr add fd09::2/64 dev eth0 nodad; ip -n a -6 route replace default via fd09::100");
    site.expect("a", &[("tcp 5.6.7.8 443", true)]);
}

const R: &str = "name: r, mode: routed, interface: tapr, mac: ['52:54:00:00:00:0e'], addresses: [10.8.0.2, 'fd08::2'], dns: [10.9.0.100]";

/// Begins a connection that goes on when it is told.
fn hold(site: &Site, at: &str) -> std::path::PathBuf {
    let dir = site.dir.path().join(at);
    fs::create_dir(&dir).unwrap();
    let (net, to) = (site.dir.path().join("net.py"), dir.display());
    let text = format!(
        "ip netns exec r python3 {} hold 5.6.7.8 443 {to} >/dev/null 2>&1 &",
        net.display()
    );
    site.shell(&text).expect_code(0);
    process::until("a connection", || dir.join("one").exists());
    dir
}

fn goes_on(dir: &std::path::Path) -> bool {
    fs::write(dir.join("go"), "").unwrap();
    for _ in 0..30 {
        if dir.join("two").exists() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    false
}

#[test]
fn a_routed_guest_keeps_its_connections_or_loses_them_as_told() {
    let site = Site::start();
    let allow = |to: &str| format!("{R}, allow: [{{to: [{to}], ports: [443]}}]");
    site.settles(&allow("5.6.7.8, '2a0f::8'"));
    site.expect(
        "r",
        &[
            ("tcp 5.6.7.8 443", true),
            ("tcp 5.6.7.8 80", false),
            ("tcp 2a0f::8 443", true),
            ("tcp fd09::100 443", false),
            ("udp 10.9.0.100 53", true),
            ("tcp 10.8.0.1 22", false),
            ("tcp 10.9.0.1 22", false),
            ("tcp 10.9.0.2 22", false),
        ],
    );
    // Answers go out to whoever came in.
    site.expect("w", &[("tcp 10.8.0.2 22", true)]);
    let open = hold(&site, "keep");
    let handles = || site.shell("nft -a list table inet tank_egress_r | grep -v elements").stdout;
    let before = handles();
    site.settles(&allow("5.6.7.9, 5.6.7.10, '2a0f::8'"));
    // Other addresses only: the table is the same, with what it has counted.
    let count = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "");
    assert_eq!(count(&before), count(&handles()));
    assert!(before.contains("handle"), "{before}");
    let own = |text: &str| text.lines().next().unwrap().to_string();
    assert_eq!(own(&before), own(&handles()), "the table was replaced");
    site.expect("r", &[("tcp 5.6.7.8 443", false), ("tcp 5.6.7.9 443", true)]);
    assert!(goes_on(&open), "an open connection was cut");
    site.settles(&format!("{}, established: reply", allow("5.6.7.8")));
    site.expect("w", &[("tcp 10.8.0.2 22", true)]);
    let open = hold(&site, "reply");
    site.settles(&format!("{}, established: reply", allow("5.6.7.9")));
    assert!(!goes_on(&open), "an open connection was kept");
    // Somebody else's doing is put right; others' tables stay as they are.
    site.shell("nft add table inet others; nft flush chain inet tank_egress_r guest")
        .expect_code(0);
    site.expect("r", &[("tcp 5.6.7.8 80", true)]);
    site.settles(&format!("{}, established: reply", allow("5.6.7.9")));
    site.expect("r", &[("tcp 5.6.7.8 80", false)]);
    site.shell("nft list table inet others").expect_code(0);
    site.shell("nft flush ruleset; systemctl enable --now tank-egress-rules-r.service")
        .expect_code(0);
    site.expect("r", &[("tcp 5.6.7.8 80", false), ("tcp 5.6.7.9 443", true)]);
}

#[test]
fn names_are_kept_up_to_date_and_survive_a_resolver_that_is_down() {
    let site = Site::start();
    let args = format!("{R}, allow: [{{to: [good.test, inner.test], ports: [443, 22]}}]");
    site.settles(&args);
    site.expect(
        "r",
        &[
            ("tcp 5.6.7.8 443", true),
            ("tcp 5.6.7.9 443", false),
            // A name does not open what is private.
            ("tcp 10.9.0.3 22", false),
        ],
    );
    site.task(&args, &[]).err_has(&["inner.test is 10.9.0.3, which 'deny' keeps closed"]);
    let refresh = "/etc/tank-egress/r.sh refresh";
    let records = |text: &str| {
        fs::write(site.dir.path().join("hosts"), text).unwrap();
        site.shell("for p in $(ip netns pids w); do read -r c </proc/$p/comm; [ \"$c\" != dnsmasq ] || kill -HUP $p; done; sleep 0.3")
            .expect_code(0);
    };
    // Another address: the old one stays for a while.
    records(&HOSTS.replace("5.6.7.8 good", "5.6.7.9 good"));
    site.shell(refresh).expect_code(0);
    site.expect(
        "r",
        &[("tcp 5.6.7.9 443", true), ("tcp 5.6.7.8 443", true), ("tcp 5.6.7.10 443", false)],
    );
    site.shell("sed -i 's/^[0-9]* /1000 /' /var/lib/tank-egress/r.addresses").expect_code(0);
    site.shell(refresh).expect_code(0);
    site.expect("r", &[("tcp 5.6.7.9 443", true), ("tcp 5.6.7.8 443", false)]);
    // The task sees by itself that an address is missing.
    records(&HOSTS.replace("5.6.7.8 good", "5.6.7.10 good"));
    site.settles(&args);
    site.expect("r", &[("tcp 5.6.7.10 443", true), ("tcp 5.6.7.9 443", true)]);
    // No resolver: nothing is lost, and everybody says so.
    site.shell("ip -n w addr del 10.9.0.100/24 dev eth0; ip -n w addr add 10.9.0.101/24 dev eth0; ip -n w route add 10.8.0.0/24 via 10.9.0.1; ip route replace default via 10.9.0.101")
        .expect_code(0);
    site.shell("sed -i 's/^[0-9]* /1000 /' /var/lib/tank-egress/r.addresses").expect_code(0);
    site.shell(refresh).expect_code(1).err_has(&["not resolved: good.test inner.test"]);
    let rules = site.shell("nft list ruleset").stdout;
    site.task(&args.replace("443, 22", "443"), &[])
        .expect_code(2)
        .out_has(&["the host cannot resolve good.test, inner.test; its sets stay as they are"]);
    assert_eq!(rules, site.shell("nft list ruleset").stdout);
    // As at a boot without a resolver, and when somebody took the table away.
    for back in ["load", "refresh"] {
        site.shell(&format!("nft delete table inet tank_egress_r; /etc/tank-egress/r.sh {back}"));
        site.expect("r", &[("tcp 5.6.7.10 443", true), ("tcp 5.6.7.8 443", false)]);
    }
}

#[test]
fn what_cannot_work_is_refused_and_nothing_is_touched() {
    let site = Site::start();
    for (args, why) in [
        (A.replace("br0", "vmbr9"), "there is no bridge vmbr9"),
        (
            A.replace("tapa", "br0").replace("bridge: br0, ", ""),
            "br0 is a bridge: mode bridged wants the guest's port",
        ),
        (A.replace("tapa", "tapr"), "tapr is a port of no bridge"),
        (
            R.replace("tapr", "tapa"),
            "tapa is a port of the bridge br0: mode routed never sees its frames",
        ),
        (format!("{A}, allow: [{{to: 5.6.7.8, ports: [70000]}}]"), "'70000' is no port"),
        (
            format!("{A}, allow: [{{to: nowhere.test, ports: [443]}}], {LESS}"),
            "cannot resolve nowhere.test",
        ),
    ] {
        site.task(&args, &[]).expect_code(2).out_has(&[why]);
    }
    assert_eq!(site.shell("nft list ruleset; ls /etc/tank-egress 2>/dev/null").stdout, "");
}

#[test]
fn bridges_with_connection_tracking_keep_connections_and_others_say_so() {
    let site = Site::start();
    let ct = "table bridge t { chain c { type filter hook prerouting priority -150; ct state established accept; }; }";
    let tracks = site.shell(&format!("echo '{ct}' | nft -c -f -")).code == 0;
    let args = format!("{A}, allow: [{{to: 5.6.7.8, ports: [443]}}]");
    if !tracks {
        let said = site.task(&args, &[]).expect_code(2);
        said.out_has(&[
            "no connection tracking for bridges (nf_conntrack_bridge)",
            "established: none",
        ]);
        return;
    }
    site.settles(&args);
    site.expect("a", &[("tcp 5.6.7.8 443", true), ("tcp 5.6.7.8 80", false)]);
    site.expect("w", &[("tcp 10.9.0.2 22", true)]);
}

#[test]
fn rules_that_lock_the_operator_out_are_taken_back() {
    let site = Site::start();
    let (dir, key) = (site.dir.path(), site.dir.path().join("key"));
    sshd::make_key(&key, "ed25519", "");
    sshd::make_key(&dir.join("host"), "ed25519", "");
    let here = dir.display();
    let config = format!(
        "ListenAddress 10.9.0.1\nPort 2222\nHostKey {here}/host\nPidFile {here}/sshd.pid\nAuthorizedKeysFile {here}/key.pub\nStrictModes no\nPermitRootLogin yes\nUsePAM no\n"
    );
    fs::write(dir.join("sshd_config"), config).unwrap();
    let host = fs::read_to_string(dir.join("host.pub")).unwrap();
    fs::write(dir.join("known"), format!("[10.9.0.1]:2222 {host}")).unwrap();
    site.shell(&format!("$(command -v sshd) -f {here}/sshd_config -E {here}/sshd.log"))
        .expect_code(0);
    let line = format!(
        "hv ansible_host=10.9.0.1 ansible_port=2222 ansible_user=root ansible_ssh_private_key_file={here}/key ansible_ssh_common_args='-F /dev/null -o UserKnownHostsFile={here}/known'\n"
    );
    fs::write(site.project.path().join("far"), line).unwrap();
    let o = "name: o, interface: tapo, bridge: br0, mac: ['52:54:00:00:00:0c'], addresses: [10.9.0.4], rollback_timeout: 8";
    let inbound = "established: none, inbound: [{from: 10.9.0.100, ports: [22]}]";
    let by = ["ip", "netns", "exec", "o"];
    let bad = format!("{o}, {inbound}, allow: [{{to: 5.6.7.8, ports: [443]}}]");
    site.play("far", &bad, &by, &[])
        .expect_code(2)
        .out_has(&["no new connection came through the new rules", "it was rolled back"]);
    let left = "nft list ruleset; ls /etc/tank-egress/o.nft /etc/tank-egress/o.names 2>/dev/null";
    assert_eq!(site.shell(left).stdout, "", "a boot would take the new rules");
    let good = format!("{o}, {inbound}, allow: [{{to: 10.9.0.1, ports: [2222]}}]");
    site.play("far", &good, &by, &[]).expect_code(0).out_has(&["changed=1", "guarded True"]);
    site.play("far", &good, &by, &[]).expect_code(0).out_has(&["changed=0"]);
    site.expect("o", &[("tcp 10.9.0.1 22", false)]);
    // The old rules are what comes back.
    let rules = site.shell("nft list ruleset").stdout;
    site.play("far", &good.replace("2222", "2223"), &by, &[])
        .expect_code(2)
        .out_has(&["it was rolled back"]);
    let frame = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "");
    assert_eq!(frame(&rules), frame(&site.shell("nft list ruleset").stdout));
    site.play("far", &good, &by, &[]).expect_code(0).out_has(&["changed=0"]);
}
