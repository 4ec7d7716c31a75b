//! The host-operator site: its roles and playbooks on the FreeBSD host of the tests, reached over SSH, its jails entered by
//! `jexec`. Services are stubs: hostd's makes its socket.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;

use serde_json::{Value, json};

use crate::freebsd::FreeBsd;
use crate::process::Outcome;
use crate::project::Project;
use crate::shipped::{Ended, shipped, tasks};

/// Variables of the site as it is tested, beside those of the inventory's line.
fn vars(host: &FreeBsd) -> Value {
    let key = fs::read_to_string(host.key().with_extension("pub")).unwrap();
    json!({
        "agent_zpool": "",
        "agent_release": "13.2-RELEASE",
        "agent_ext_if": "vtnet0",
        "operator_keys": [key.trim_end()],
        "operator_rule": "doas",
        "operator_user": "ops",
        "agent_rollback_timeout": 20,
        "agent_runtime_packages": ["node22"],
        "agent_source": {"from": "folder", "path": shipped("tests/fixtures/site/agent")},
        "agent_cms_build": shipped("tests/fixtures/site/dist"),
        "agent_llm_url": "file:///.debian/models/bge-m3-Q8_0.gguf",
        "agent_db_password": "of the vault",
        "agent_env": {"API_KEY": "never shown"},
        "agent_workers": ["builder"],
    })
}

/// A project whose one host is the agent's.
fn project(host: &FreeBsd) -> Project {
    let line = host.inventory_line("warden");
    Project::new()
        .file("ansible.cfg", "[defaults]\ninventory = hosts\n")
        .env("ANSIBLE_ROLES_PATH", &shipped("roles"))
        .file("hosts", &format!("[freebsd_host]\n{line} agent=clawdie\n"))
        .file("vars.json", &vars(host).to_string())
}

/// A play of roles alone.
fn play(project: Project, roles: &str) -> Project {
    let text = format!("- hosts: freebsd_host\n  serial: 1\n  roles: [{roles}]\n");
    project.file("role.yml", &text)
}

fn run(project: &Project, words: &[&str]) -> Outcome {
    let words = [&["playbook", "-e", "@vars.json"], words].concat();
    project.tank(&words)
}

/// What a check run says where it cannot look: the start of the task's name on its host, and the words.
const LEFT_OUT: [(&str, &str); 3] = [
    ("jail_", "is left out of this check run"),
    ("service_jail : ", "is left out of this check run"),
    ("hosts_block : Jails", "its hosts file is not looked at"),
];

/// A check run that writes nothing and says what it leaves out; a run that does what was predicted; a run and its
/// check that change nothing. Inside jails that were not there nothing was predicted.
#[track_caller]
fn converges(host: &FreeBsd, project: &Project, words: &[&str]) -> BTreeMap<String, Ended> {
    let json = |more: &[&str]| {
        let words = [words, &["--output", "json"], more].concat();
        run(project, &words).expect_code(0)
    };
    let before = host.listing();
    let check = json(&["--check"]);
    let predicted = tasks(&check);
    assert_eq!(host.changed_since(&before), [""; 0], "a check run wrote something");
    let real = tasks(&json(&[]));
    for (name, ended) in &real {
        // A look of a real run, in check mode.
        if name.contains("What would change") {
            continue;
        }
        let guess = predicted.get(name);
        // What was left out, or only included, then and now.
        if guess.is_none() && ended.status != "changed" {
            continue;
        }
        let task = name.split_once(": ").unwrap().1;
        let told =
            |(start, words): &(&str, &str)| task.starts_with(start) && check.stdout.contains(words);
        let skipped = guess.is_none_or(|guess| guess.status == "skipped");
        if guess.is_some_and(|guess| guess.uncertain) || skipped && LEFT_OUT.iter().any(told) {
            continue;
        }
        let guess = guess.unwrap_or_else(|| panic!("{name} was not predicted"));
        assert_eq!(
            guess.status == "changed",
            ended.status == "changed",
            "{name}: {guess:?}, {ended:?}"
        );
    }
    let between = host.listing();
    for more in [&[] as &[&str], &["--check"]] {
        let again = tasks(&json(more));
        let changed: Vec<_> = again.iter().filter(|(_, ended)| ended.status == "changed").collect();
        assert!(changed.is_empty(), "{more:?}: {changed:?}");
        assert_eq!(host.changed_since(&between), [""; 0], "{more:?}");
    }
    real
}

fn changed(ran: &BTreeMap<String, Ended>, name: &str) -> bool {
    let found = ran.iter().find(|(task, _)| task.ends_with(name));
    found.unwrap_or_else(|| panic!("no {name} in {ran:?}")).1.status == "changed"
}

#[test]
fn the_playbooks_of_the_site_are_read() {
    let project = Project::new().env("ANSIBLE_ROLES_PATH", &shipped("roles"));
    let inventory = shipped("inventory/freebsd-host");
    for name in ["freebsd-host", "freebsd-verify"] {
        let playbook = shipped(&format!("playbooks/{name}.yml"));
        for option in ["--syntax-check", "--list-tasks", "--list-hosts"] {
            project.tank(&["playbook", &playbook, "-i", &inventory, option]).expect_code(0);
        }
    }
    let playbook = shipped("playbooks/freebsd-host.yml");
    let words = ["playbook", &playbook, "-i", &inventory, "--list-tasks"];
    let listed = project.tank(&words).expect_code(0);
    for role in [
        "freebsd_base",
        "warden_network",
        "bastille_host",
        "jail_db",
        "hosts_block",
        "agent_service",
    ] {
        assert!(listed.stdout.contains(&format!("{role} : ")), "{role}: {listed:?}");
    }
}

/// The role `agent_site` on this machine, whose "jails" are files of the project.
fn table(lines: &str, vars: &Value) -> Outcome {
    let project = Project::new()
        .env("ANSIBLE_ROLES_PATH", &shipped("roles"))
        .file("hosts", &format!("[freebsd_host]\n{lines}"))
        .file("vars.json", &vars.to_string())
        .file(
            "role.yml",
            "- hosts: freebsd_host\n  gather_facts: false\n  serial: 1\n  roles: [agent_site]\n  post_tasks:\n    \
             - debug: {msg: '{{ agent_site_jails | map(attribute=\"name\") | zip(agent_site_jails | map(attribute=\"ip\")) | map(\"join\", \"=\") | join(\" \") }}'}\n",
        );
    let jails = project.path().join("jails");
    for (name, ip) in
        [("clawdie-old", "10.0.0.101"), ("clawdie-two", "10.0.0.103"), ("other", "10.7.0.9")]
    {
        fs::create_dir_all(jails.join(name)).unwrap();
        let text = format!("{name} {{\n  ip4.addr = warden0|{ip};\n}}\n");
        fs::write(jails.join(name).join("jail.conf"), text).unwrap();
    }
    let prefix = format!("agent_bastille_prefix={}", project.path().display());
    project.tank(&["playbook", "-i", "hosts", "-e", "@vars.json", "-e", &prefix, "role.yml"])
}

const LOCAL: &str = "ansible_connection=local ansible_host=192.0.2.1";

#[test]
fn workers_keep_their_addresses_and_new_ones_get_the_lowest_that_are_free() {
    let line = format!("one {LOCAL} agent=clawdie\n");
    let told = table(
        &line,
        &json!({"agent_workers": ["new", "two", "more", "pin"], "agent_worker_slots": {"pin": 102}}),
    );
    told.expect_code(0).out_has(&[
        "clawdie-db=10.0.0.3 clawdie-cms=10.0.0.4 clawdie-llm=10.0.0.5 clawdie-git=10.0.0.6 \
         clawdie-new=10.0.0.104 clawdie-two=10.0.0.103 clawdie-more=10.0.0.105 clawdie-pin=10.0.0.102\"",
    ]);
    // Reserved numbers are left out: 48 below them, 104 above.
    let many: Vec<String> = (0..152).map(|n| format!("w{n}")).collect();
    let other = format!("one {LOCAL} agent=clawdie agent_subnet_base=10.3.0 agent_git=false\n");
    let told = table(&other, &json!({"agent_workers": many})).expect_code(0);
    for part in ["w47=10.3.0.148 ", "w48=10.3.0.151 ", "w151=10.3.0.254\""] {
        assert!(told.stdout.contains(part), "{part}: {told:?}");
    }
    assert!(!told.stdout.contains("10.3.0.149") && !told.stdout.contains("10.3.0.150"));
    assert!(!told.stdout.contains("clawdie-git"));
    let more: Vec<String> = (0..153).map(|n| format!("w{n}")).collect();
    let told = table(&other, &json!({"agent_workers": more})).expect_code(2);
    told.out_has(&["153 workers are new and 152 addresses are free"]);
}

#[test]
fn names_users_networks_and_slots_are_refused() {
    let line = |words: &str| format!("one {LOCAL} {words}\n");
    let two = |words: &str| line("agent=clawdie") + &format!("two {LOCAL} {words}\n");
    let none = || json!({});
    let cases = [
        (line(""), none(), "agent"),
        (line("agent=Clawdie"), none(), "small letters and digits"),
        (line("agent=cl-awdie"), none(), "small letters and digits"),
        (
            line("agent=clawdie"),
            json!({"agent_subnet_base": "10.0.256"}),
            "the first three numbers of a network",
        ),
        (
            line("agent=clawdie"),
            json!({"agent_subnet_base": "10.0.0.0"}),
            "the first three numbers of a network",
        ),
        (
            line("agent=clawdie"),
            json!({"operator_rule": "doas"}),
            "agent_user is clawdie, the operator, who has a rule of doas",
        ),
        (line("agent=clawdie"), json!({"operator_rule": "sudo"}), "who has a rule of sudo"),
        (line("agent=clawdie"), json!({"agent_user": "root"}), "names of accounts"),
        (
            two("agent=second"),
            none(),
            "two agents of one machine have one name or one agent_subnet_base",
        ),
        (two("agent=clawdie agent_subnet_base=10.0.1"), none(), "two agents of one machine"),
        (line("agent=clawdie"), json!({"agent_workers": ["gui"]}), "none of the table's"),
        (line("agent=clawdie"), json!({"agent_workers": ["a", "a"]}), "each once"),
        (line("agent=clawdie"), json!({"agent_workers": ["a-b"]}), "small letters and digits"),
        (line("agent=clawdie"), json!({"agent_vnet": ["nosuch"]}), "a network of their own"),
        (line("agent=clawdie"), json!({"agent_vnet": ["cms"]}), "no port of the world leads into"),
        (line("agent=clawdie"), json!({"agent_source": {"from": "svn"}}), "svn"),
        (
            line("agent=clawdie"),
            json!({"agent_workers": ["a"], "agent_worker_slots": {"a": 149}}),
            "101 to 148 and 151 to 254",
        ),
        (
            line("agent=clawdie"),
            json!({"agent_workers": ["a"], "agent_worker_slots": {"a": 2}}),
            "101 to 148 and 151 to 254",
        ),
        (line("agent=stranger"), none(), "10.0.0 is in use by clawdie-old, clawdie-two"),
    ];
    for (lines, vars, wanted) in cases {
        let told = table(&lines, &vars);
        assert!(
            told.code == 2 && told.stdout.contains(wanted),
            "{lines} {vars} {wanted}: {told:?}"
        );
    }
    // Each has a network of its own; the operator may be the agent's user without a rule.
    table(&two("agent=second agent_subnet_base=10.0.1"), &none()).expect_code(0);
}

#[test]
fn the_host_has_its_users_and_the_agent_no_way_to_root() {
    let host = FreeBsd::start();
    let project = play(project(&host), "freebsd_base");
    converges(&host, &project, &["role.yml"]);
    assert_eq!(host.sh("id -Gn clawdie; id -Gn ops").stdout, "clawdie\nops wheel clawdie\n");
    host.sh("grep -q 'permit nopass ops as root' /usr/local/etc/doas.conf").expect_code(0);
    // Whoever gives the agent's user a rule is told, and nothing is taken away in silence.
    for rule in [
        "permit nopass clawdie",
        "permit nopass :clawdie as root cmd sh",
        "permit keepenv clawdie as root",
    ] {
        host.sh(&format!("echo '{rule}' >>/usr/local/etc/doas.conf")).expect_code(0);
        run(&project, &["role.yml"]).expect_code(2).out_has(&["clawdie has a way to root", rule]);
        host.sh("sed -i '' '$d' /usr/local/etc/doas.conf").expect_code(0);
    }
    host.sh("echo 'permit nopass clawdie2 as root' >>/usr/local/etc/doas.conf").expect_code(0);
    run(&project, &["role.yml"]).expect_code(0).out_has(&["changed=0 "]);
}

#[test]
fn the_agent_is_deployed_and_hostd_makes_its_socket() {
    let host = FreeBsd::start();
    let project = play(project(&host), "freebsd_base, agent_service");
    converges(&host, &project, &["role.yml"]);
    let seen = host.sh(
        "stat -f '%Su:%Sg %Mp%Lp' /usr/local/clawdie/.env /var/run/clawdie-hostd.sock /usr/local/etc/rc.d/clawdie; \
         sysrc -n clawdie_enable clawdie_hostd_enable; service clawdie onestatus; cat /usr/local/clawdie/.env",
    );
    let text = seen.expect_code(0).stdout;
    assert!(
        text.starts_with("clawdie:clawdie 0600\nroot:clawdie 0660\nroot:wheel 0555\nYES\nYES\n"),
        "{text}"
    );
    assert!(
        text.contains("clawdie is running as pid") && text.contains("API_KEY='never shown'"),
        "{text}"
    );
    // The secret is nowhere.
    let shown = run(
        &project,
        &[
            "role.yml",
            "--check",
            "--diff",
            "-vvv",
            "-e",
            "{\"agent_env\": {\"API_KEY\": \"other\"}}",
        ],
    );
    shown.nowhere("never shown").nowhere("API_KEY=other");
    // What a shell reads of .env is what was meant; what it could not read is refused by name.
    let odd = [r#"say "hi""#, "it's", "a`b$c\\d", "$HOME", "#no comment", "two  blanks ", ""];
    let env: BTreeMap<String, &str> =
        odd.iter().enumerate().map(|(n, text)| (format!("V{n}"), *text)).collect();
    let words = json!({"agent_env": env}).to_string();
    run(&project, &["role.yml", "-e", &words]).expect_code(0);
    let told = host.sh(
        ". /usr/local/clawdie/.env; printf '%s|' \"$V0\" \"$V1\" \"$V2\" \"$V3\" \"$V4\" \"$V5\" \"$V6\"",
    );
    assert_eq!(told.stdout, odd.map(|text| format!("{text}|")).concat());
    for wrong in ["a\nb", "it's \"x\"", "$x it's", "it's `x`", "it's \\"] {
        let words = json!({"agent_env": {"GOOD": "x", "BAD": wrong}}).to_string();
        let told = run(&project, &["role.yml", "-e", &words]).expect_code(2);
        assert!(
            told.stdout.contains("agent_env has") && told.stdout.contains(": BAD\""),
            "{told:?}"
        );
    }
    // AUTO is another value than YES.
    let auto = ["role.yml", "-e", "agent_enable=AUTO"];
    run(&project, &auto).expect_code(0);
    assert_eq!(host.sh("sysrc -n clawdie_enable clawdie_hostd_enable").stdout, "AUTO\nAUTO\n");
    run(&project, &auto).expect_code(0).out_has(&["changed=0 "]);
    // What hostd made is looked at.
    host.sh("chmod 666 /var/run/clawdie-hostd.sock").expect_code(0);
    run(&project, &auto).expect_code(2).out_has(&["is not root:clawdie 0660"]);
    host.sh("chmod 660 /var/run/clawdie-hostd.sock; service clawdie onestop; service clawdie_hostd onestop").expect_code(0);
    run(&project, &[&auto[..], &["--tags", "hostd"]].concat())
        .expect_code(0)
        .out_has(&["changed=1 "]);
    assert_eq!(
        host.sh("service clawdie_hostd onestatus >/dev/null; echo $?; service clawdie onestatus")
            .stdout,
        "0\nclawdie is not running.\n"
    );
}

/// The agent's script, running: what is done to it is in `/tmp/calls`.
fn agent(host: &FreeBsd) {
    let script = "#!/bin/sh\n. /etc/rc.subr\nname=clawdie\nrcvar=clawdie_enable\ncommand=/usr/sbin/daemon\n\
                  echo \"$1\" >>/tmp/calls\nload_rc_config $name\nrun_rc_command \"$1\"\n";
    let file = "/usr/local/etc/rc.d/clawdie";
    host.sh(&format!(
        "cat >{file} <<'END'\n{script}END\nchmod 555 {file}; service clawdie onestart"
    ))
    .expect_code(0);
}

fn calls(host: &FreeBsd) -> String {
    host.sh("grep -E 'start|stop' /tmp/calls; rm -f /tmp/calls").stdout
}

#[test]
fn the_network_is_there_and_the_agent_pauses_while_rules_change() {
    let host = FreeBsd::start();
    agent(&host);
    let project = play(project(&host), "warden_network");
    calls(&host);
    converges(&host, &project, &["role.yml"]);
    assert_eq!(calls(&host), "onestop\nonestart\n");
    let seen = host.sh("ifconfig warden0; sysrc -n gateway_enable pf_enable; sysctl -n net.inet.ip.forwarding; pfctl -sn; pfctl -sr");
    seen.expect_code(0).out_has(&[
        "inet 10.0.0.1 netmask 0xffffff00",
        "\nYES\nYES\n1\n",
        "nat on vtnet0 from 10.0.0.0/24 to any -> (vtnet0:0)",
        "rdr-anchor \"rdr/*\" all",
        "anchor \"bastille/*\" all",
    ]);
    // A second agent is an alias of the bridge and a network of the same rules.
    let line = host.inventory_line("warden") + " agent=clawdie\n" + &host.inventory_line("second");
    let project = project
        .file("hosts", &format!("[freebsd_host]\n{line} agent=second agent_subnet_base=10.0.1\n"));
    run(&project, &["role.yml"]).expect_code(0);
    let seen = host.sh("ifconfig warden0; pfctl -sn").expect_code(0);
    seen.out_has(&["inet 10.0.0.1 ", "inet 10.0.1.1 ", "from 10.0.0.0/24", "from 10.0.1.0/24"]);
    run(&project, &["role.yml"]).expect_code(0).out_has(&["changed=0 "]);
    // Rules that pf refuses: the line is shown, nothing is touched, and the agent never pauses.
    calls(&host);
    let before = host.listing();
    let wrong =
        ["role.yml", "-e", r#"{"agent_pf_rules": ["pass in on warden0", "block inn all"]}"#];
    run(&project, &wrong).expect_code(2).out_has(&["syntax error: block inn all"]);
    assert_eq!(host.changed_since(&before), [""; 0]);
    // Rules that lock us out are taken back, and the agent goes on behind them.
    let locked = r#"{"agent_open_ports": [8022], "agent_rollback_timeout": 6}"#;
    let told = run(&project, &["role.yml", "-e", locked]).expect_code(2);
    told.out_has(&["no new connection came through", "it was rolled back"]);
    assert_eq!(calls(&host), "onestop\nonestart\n");
    assert_eq!(host.sh("service clawdie onestatus >/dev/null; echo $?").stdout, "0\n");
    run(&project, &["role.yml"]).expect_code(0).out_has(&["changed=0 "]);
    // An outer member of the bridge is refused.
    host.sh("ifconfig warden0 addm vtnet0").expect_code(0);
    run(&project, &["role.yml"]).expect_code(2).out_has(&["vtnet0 is a member of warden0"]);
}

#[test]
fn the_hosts_block_has_the_table_and_no_reserved_slot() {
    let host = FreeBsd::start();
    let project = play(project(&host), "hosts_block");
    converges(&host, &project, &["role.yml"]);
    let hosts = host.sh("cat /etc/hosts").stdout;
    for line in [
        "10.0.0.1\tclawdie-gateway",
        "10.0.0.3\tclawdie-db",
        "10.0.0.6\tclawdie-git",
        "10.0.0.101\tclawdie-builder",
    ] {
        assert!(hosts.contains(line), "{line}: {hosts}");
    }
    for none in ["10.0.0.2\t", "10.0.0.149", "10.0.0.150"] {
        assert!(!hosts.contains(none), "{none}: {hosts}");
    }
}

#[test]
fn the_roles_of_jails_work_alone() {
    let host = FreeBsd::start();
    let project = project(&host);
    let base = play(project, "warden_network, bastille_host");
    converges(&host, &base, &["role.yml"]);
    let mut project = base;
    for role in ["jail_git", "jail_cms", "jail_llm", "jail_worker"] {
        project = play(project, role);
        converges(&host, &project, &["role.yml"]);
    }
    let jails =
        host.sh("jls -j clawdie-cms jid && jls -j clawdie-builder jid && bastille list jails");
    assert!(
        jails
            .expect_code(0)
            .stdout
            .ends_with("clawdie-builder\nclawdie-cms\nclawdie-git\nclawdie-llm\n")
    );
    let site = Path::new("usr/local/bastille/jails/clawdie-git/root/var/db/git/clawdie.git/HEAD");
    assert!(host.root().join(site).exists());
    // Without ZFS there is no way back, so a jail stays until that is said.
    let project = play(project, "bastille_host");
    let gone = ["role.yml", "-e", "{\"agent_workers\": [], \"agent_absent\": [\"builder\"]}"];
    run(&project, &gone).expect_code(2).out_has(&["would go without a snapshot"]);
    let sure = [&gone[..], &["-e", "agent_destroy_without_snapshot=true"]].concat();
    // A jail that does not stop: the agent goes on all the same.
    agent(&host);
    calls(&host);
    host.sh("mkdir /.debian/links/bastille").expect_code(0);
    run(&project, &sure).expect_code(2).out_has(&["clawdie-builder: stopped", "two at once"]);
    assert_eq!(calls(&host), "onestop\nonestart\n");
    host.sh("rmdir /.debian/links/bastille; jls -j clawdie-builder jid").expect_code(0);
    run(&project, &sure).expect_code(0);
    let left = host.sh("bastille list jails").stdout;
    assert_eq!(left, "clawdie-cms\nclawdie-git\nclawdie-llm\n");
}

#[test]
fn a_jail_is_upgraded_and_goes_behind_a_snapshot() {
    let host = FreeBsd::start();
    let project = play(project(&host), "warden_network, bastille_host, jail_worker");
    let zfs = ["role.yml", "-e", "{\"agent_zpool\": \"zroot\", \"agent_snapshots\": [\"hourly\"]}"];
    converges(&host, &project, &zfs);
    host.sh("grep -c 'snapshot hourly' /usr/local/sbin/zfs-schedule").expect_code(0);
    // An upgrade begins with a snapshot of everything.
    let upgrade = [&zfs[..], &["-e", "agent_upgrade=true"]].concat();
    run(&project, &upgrade).expect_code(0);
    let snapshots = "zfs list -H -o name -t snapshot -r zroot/bastille";
    let seen = host.sh(snapshots).expect_code(0).stdout;
    assert!(
        seen.contains("zroot/bastille@before-upgrade_")
            && seen.contains("/clawdie-builder/root@before-upgrade_"),
        "{seen}"
    );
    // Another whose name begins so stays.
    let two = [&zfs[..], &["-e", "{\"agent_workers\": [\"builder\", \"builder2\"]}"]].concat();
    run(&project, &two).expect_code(0);
    agent(&host);
    calls(&host);
    let gone =
        [&zfs[..], &["-e", "{\"agent_workers\": [\"builder2\"], \"agent_absent\": [\"builder\"]}"]]
            .concat();
    run(&project, &gone).expect_code(0);
    assert_eq!(calls(&host), "onestop\nonestart\n");
    assert_eq!(host.sh("bastille list jails").stdout, "clawdie-builder2\n");
    let seen = host.sh(snapshots).expect_code(0).stdout;
    assert!(
        seen.contains("zroot/bastille/kept/clawdie-builder_")
            && seen.contains("/root@before-destroy"),
        "{seen}"
    );
    run(&project, &gone).expect_code(0).out_has(&["changed=0 "]);
    // Jails of ZFS have no way out of it.
    run(&project, &["role.yml"])
        .expect_code(2)
        .out_has(&["bastille_zfs_enable cannot be changed while there are jails"]);
}

/// What is broken by hand, the role that alone puts it right, and all tasks that change something then.
const BROKEN: [(&str, &str, &[&str]); 13] = [
    ("pw groupmod wheel -d ops", "freebsd_base", &["freebsd_base : The operator"]),
    (
        "sed -i '' '/permit/d' /usr/local/etc/doas.conf",
        "freebsd_base",
        &["freebsd_base : What the operator may do as root"],
    ),
    ("sysrc gateway_enable=NO", "warden_network", &["warden_network : Packets pass after a boot"]),
    (
        "printf 'pass\\n' | pfctl -f -",
        "warden_network",
        &[
            "agent_site : Agents that paused run again",
            "agent_site : They pause",
            "warden_network : Rules of pf",
            "warden_network : What would change in pf",
        ],
    ),
    ("sysrc bastille_enable=NO", "bastille_host", &["bastille_host : Jails after a boot"]),
    (
        "sed -i '' '/scram-sha-256/d' JAILS/clawdie-db/root/var/db/postgres/data17/pg_hba.conf",
        "jail_db",
        &["jail_db : It runs", "jail_db : Who comes in"],
    ),
    (
        "rm -r JAILS/clawdie-git/root/var/db/git/clawdie.git",
        "jail_git",
        &["jail_git : Bare repositories"],
    ),
    (
        "rm JAILS/clawdie-cms/local/www/clawdie/index.html",
        "jail_cms",
        &["jail_cms : What Astro has built"],
    ),
    (
        "pfctl -a rdr/clawdie-cms -F nat",
        "jail_cms",
        &[
            "agent_site : Agents that paused run again",
            "agent_site : They pause",
            "service_jail : Ports of clawdie-cms",
            "service_jail : What would change in ports of clawdie-cms",
        ],
    ),
    (
        "sysrc -f JAILS/clawdie-llm/root/etc/rc.conf llama_server_args=--none",
        "jail_llm",
        &["jail_llm : Server runs", "jail_llm : Settings of the server"],
    ),
    (
        "bastille stop clawdie-builder",
        "jail_worker",
        &[
            "agent_site : Agents that paused run again",
            "agent_site : They pause",
            "service_jail : What would change in clawdie-builder",
            "service_jail : clawdie-builder",
        ],
    ),
    ("sed -i '' '/clawdie-llm/d' /etc/hosts", "hosts_block", &["hosts_block : The host"]),
    ("service clawdie_hostd onestop", "agent_service", &["agent_service : Hostd"]),
];

/// Breaks one thing after the other; the role alone puts exactly that right.
fn each_role_repairs(host: &FreeBsd, project: Project) {
    let mut project = project;
    for (broken, role, wanted) in BROKEN {
        host.sh(&broken.replace("JAILS", "/usr/local/bastille/jails")).expect_code(0);
        project = play(project, role);
        let ran = tasks(&run(&project, &["role.yml", "--output", "json"]).expect_code(0));
        let changed: Vec<&str> = ran
            .iter()
            .filter(|(_, ended)| ended.status == "changed")
            .map(|(name, _)| name.strip_prefix("warden: ").unwrap())
            .collect();
        assert_eq!(changed, wanted, "{broken}: {role}");
    }
}

#[test]
fn what_is_chosen_by_option_converges() {
    let host = FreeBsd::start();
    let agent = shipped("tests/fixtures/site/agent");
    let git = "/.debian/packages/git/usr/local/bin/git";
    let made = format!(
        "export PATH=/usr/local/bin:/.debian/packages/git/usr/local/bin:$PATH HOME=/tmp; {git} init -q -b main /var/agent && \
         cd /var/agent && : >agent.js && : >hostd.js && {git} add . && \
         {git} -c user.name=a -c user.email=a@example.org commit -q -m first"
    );
    host.sh(&made).expect_code(0);
    let project = project(&host);
    let tar = |words: &[&str]| {
        let mut command = project.command(Path::new("tar"));
        crate::process::run(command.args(words), crate::project::LIMIT).expect_code(0);
    };
    fs::create_dir_all(project.path().join("strapi-5/node_modules/.bin")).unwrap();
    fs::write(project.path().join("strapi-5/node_modules/.bin/strapi"), "").unwrap();
    tar(&["-czf", "strapi.tgz", "-C", "strapi-5", "."]);
    tar(&["-czf", "agent.tgz", "-C", &shipped("tests/fixtures/site"), "agent"]);
    let options = json!({
        "agent_vnet": ["llm"],
        "agent_cms_strapi": true,
        "agent_cms_strapi_source": project.path().join("strapi.tgz"),
        "agent_worker_limits": {"memoryuse": "2G", "maxproc": "256"},
        "agent_source": {"from": "git", "url": "/var/agent"},
        "agent_enable": "AUTO",
    });
    let project = project.file("options.json", &options.to_string());
    let roles = "freebsd_base, warden_network, bastille_host, jail_cms, jail_llm, jail_worker, hosts_block, agent_service";
    let project = play(project, roles);
    let words = ["role.yml", "-e", "@options.json"];
    converges(&host, &project, &words);
    let seen = host.sh(
        "cat /usr/local/bastille/jails/clawdiellm/jail.conf /usr/local/bastille/jails/clawdiellm/root/etc/rc.conf; \
         rctl jail:clawdie-builder; grep clawdiellm /etc/hosts; sysrc -n clawdie_enable; \
         ls /usr/local/clawdie/src; cat /usr/local/bastille/jails/clawdie-cms/local/etc/rc.d/strapi",
    );
    seen.expect_code(0).out_has(&[
        "vnet;",
        "10.0.0.5/24",
        "jail:clawdie-builder:memoryuse:deny=2147483648\n",
        "jail:clawdie-builder:maxproc:deny=256\n",
        "10.0.0.5\tclawdiellm",
        "\nAUTO\nagent.js\nhostd.js\n",
        "HOST=10.0.0.4 ",
    ]);
    // New code restarts what runs by it; code from a tarball lies over it.
    let other = json!({"agent_source": {"from": "tarball", "path": project.path().join("agent.tgz"), "strip": 1}});
    let project = play(project, "agent_service");
    let other = other.to_string();
    let words = [&words[..], &["-e", &other]].concat();
    let ran = tasks(&run(&project, &[&words[..], &["--output", "json"]].concat()).expect_code(0));
    for name in [
        "From a tarball",
        "Hostd takes its new script and settings",
        "The agent takes its new script and settings",
    ] {
        assert!(changed(&ran, name), "{name}: {ran:?}");
    }
    let code = host.sh("cat /usr/local/clawdie/src/agent.js").stdout;
    assert_eq!(code, fs::read_to_string(Path::new(&agent).join("agent.js")).unwrap());
    run(&project, &words).expect_code(0).out_has(&["changed=0 "]);
    // A kernel that counts nothing yet: no limit, and that is said.
    host.sh("/.debian/bin/sed -i 's/^kern.racct.enable: 1/kern.racct.enable: 0/' /.debian/sysctl; rctl -r jail:clawdie-builder")
        .expect_code(0);
    let project = play(project, "jail_worker");
    let told = run(&project, &["role.yml", "-e", "@options.json"]).expect_code(0);
    told.out_has(&["clawdie-builder is not limited yet"]);
}

#[test]
fn hostd_alone_needs_nothing_else_of_a_fresh_host() {
    let host = FreeBsd::start();
    let project = project(&host);
    let playbook = shipped("playbooks/freebsd-host.yml");
    let words = [playbook.as_str(), "--tags", "hostd"];
    converges(&host, &project, &words);
    let seen = host.sh(
        "stat -f '%Su:%Sg %Mp%Lp' /var/run/clawdie-hostd.sock; service clawdie onestatus; sysrc -n clawdie_hostd_enable; \
         ls /usr/local/bastille; ifconfig -l; sysrc -ni pf_enable gateway_enable",
    );
    assert_eq!(seen.stdout, "root:clawdie 0660\nclawdie is not running.\nYES\nvtnet0 lo0\n");
}

/// Examples of the docs: commands are read, inventories loaded.
#[test]
fn the_examples_of_the_docs_are_right() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("docs/freebsd-host.md")).unwrap();
    let mut blocks = text.split("```").skip(1).step_by(2);
    let (mut commands, mut inventories) = (0, 0);
    for block in &mut blocks {
        let (kind, body) = block.split_once('\n').unwrap();
        let project = Project::new().env("ANSIBLE_ROLES_PATH", &shipped("roles"));
        if kind == "yaml" {
            let project = project.file("hosts.yml", body);
            project.tank(&["inventory", "-i", "hosts.yml", "--list"]).expect_code(0);
            let playbook = shipped("playbooks/freebsd-host.yml");
            let listed = project.tank(&["playbook", "-i", "hosts.yml", &playbook, "--list-hosts"]);
            listed.expect_code(0).out_has(&["warden", "warden-second"]);
            inventories += 1;
            continue;
        }
        for line in body.lines() {
            let words: Vec<String> = line
                .split_whitespace()
                .skip(1)
                .map(|word| if word.contains('/') { shipped(word) } else { word.to_owned() })
                .collect();
            let words: Vec<&str> =
                words.iter().map(String::as_str).chain(["--list-tasks"]).collect();
            assert!(line.starts_with("tank playbook "), "{line}");
            project.tank(&words).expect_code(0).out_has(&["TAGS:"]);
            commands += 1;
        }
    }
    assert!(commands >= 7 && inventories == 1, "{commands} {inventories}");
}

/// Stands for llama-server: answers every request with one embedding. Gives its port.
fn embeddings() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let body = json!({"data": [{"embedding": vec![0.5; 1024]}]}).to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut asked = [0; 4096];
            assert!(stream.read(&mut asked).unwrap() > 0);
            write!(stream, "HTTP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
                .unwrap();
        }
    });
    port
}

#[test]
fn the_whole_site_converges_and_is_verified() {
    let host = FreeBsd::start();
    let project = project(&host);
    let playbook = shipped("playbooks/freebsd-host.yml");
    let ran = converges(&host, &project, &[&playbook]);
    assert!(changed(&ran, "agent_service : Hostd"));
    each_role_repairs(&host, play(project, ""));
    // Its operator is no root, and finds nothing to do.
    let line = host.inventory_line_of("warden", "ops") + " ansible_become_method=doas";
    let project = self::project(&host);
    let project = project.file("hosts", &format!("[freebsd_host]\n{line} agent=clawdie\n"));
    run(&project, &[&playbook]).expect_code(0).out_has(&["changed=0 "]);
    let verify = shipped("playbooks/freebsd-verify.yml");
    let seen = json!({
        "agent_nat_host": "127.0.0.1", "agent_nat_port": host.port(),
        "agent_embedding_host": "127.0.0.1", "agent_embedding_port": embeddings(),
    })
    .to_string();
    run(&project, &[&verify, "-e", &seen]).expect_code(0).out_has(&["changed=0 "]);
    for (broken, told) in [
        ("chmod 666 /var/run/clawdie-hostd.sock", "0660"),
        ("rm /var/run/clawdie-hostd.sock", "clawdie-hostd.sock"),
        ("echo 'permit nopass clawdie' >>/usr/local/etc/doas.conf", "way to root"),
        ("service clawdie_hostd onestop", "clawdie_hostd"),
    ] {
        host.sh("cp -p /usr/local/etc/doas.conf /tmp/doas.conf").expect_code(0);
        host.sh(broken).expect_code(0);
        let said = run(&project, &[&verify, "-e", &seen]);
        assert!(said.code == 2 && said.stdout.contains(told), "{broken}: {said:?}");
        host.sh("cp -p /tmp/doas.conf /usr/local/etc/doas.conf; service clawdie_hostd onestop; service clawdie_hostd onestart");
    }
}
