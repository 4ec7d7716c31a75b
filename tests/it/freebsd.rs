//! A host that `tank` takes for FreeBSD 13.2: a Debian tree whose programs are out of reach, and in their place
//! stand-ins that know FreeBSD's options, answer what was recorded of FreeBSD's tools, and refuse all else.
//! Root's login shell is csh, as on 13.2.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use crate::process::{self, Outcome};
use crate::project::Project;
use crate::shipped::{self, Ended};
use crate::tree::{self, Tree};

/// Builds the Debian tree at `$1`.
const BASE: &str = include_str!("freebsd-base.sh");
/// Makes the host at `$1` of the tree at `$2` and the fixtures at `$3`.
const BUILD: &str = include_str!("freebsd-build.sh");
/// Starts the server in the tree at `$1` on port `$2`.
const START: &str = include_str!("freebsd-start.sh");

/// What the host is made of, and what the tests do there.
const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/freebsd");

/// A running host; goes away when dropped. Logins: `root` and accounts that a test makes, by key.
pub struct FreeBsd(Tree);

impl FreeBsd {
    /// A fresh host, as after its installation: pkg is not there yet.
    pub fn start() -> FreeBsd {
        static CACHED: OnceLock<PathBuf> = OnceLock::new();
        FreeBsd(Tree::copy(CACHED.get_or_init(image), START))
    }

    /// Runs a shell command as root on the host, with its PATH and nothing else of an environment.
    pub fn sh(&self, words: &str) -> Outcome {
        let path = "PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin";
        let mut command = self.chroot();
        command.args(["/usr/bin/env", "-i", path, "LC_ALL=C", "HOME=/root"]);
        process::run(command.args(["/bin/sh", "-c", words]), Duration::from_secs(60))
    }
}

impl Deref for FreeBsd {
    type Target = Tree;

    fn deref(&self) -> &Tree {
        &self.0
    }
}

fn image() -> PathBuf {
    let base = tree::image("debian12-freebsd", BASE, |tree| {
        tree::run_as_root(Command::new("sh").args(["-c", BASE, "sh"]).arg(tree));
    });
    let mut inputs = format!("{BASE}{BUILD}");
    for part in ["tools", "tree", "packages"] {
        add_texts(&Path::new(FIXTURES).join(part), &mut inputs);
    }
    tree::image("freebsd13", &inputs, |tree| {
        let mut build = Command::new("sh");
        build.args(["-c", BUILD, "sh"]).arg(tree).arg(&base).arg(FIXTURES);
        tree::run_as_root(&build);
    })
}

/// Names and contents of all files below, in order.
fn add_texts(path: &Path, all: &mut String) {
    all.push_str(path.strip_prefix(FIXTURES).unwrap().to_str().unwrap());
    if path.is_file() {
        all.push_str(&fs::read_to_string(path).unwrap());
        return;
    }
    let mut entries: Vec<PathBuf> =
        fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries.iter().for_each(|entry| add_texts(entry, all));
}

/// A project with one of the plays of the fixtures and what lies beside them.
fn project(host: &FreeBsd) -> Project {
    let project = Project::new()
        .file("hosts", &format!("{}\n", host.inventory_line("target")))
        .file("ansible.cfg", "[defaults]\ninventory = hosts\n");
    let plays = Path::new(FIXTURES).join("plays");
    tree_copy(&plays, &project.path());
    project
}

fn tree_copy(from: &Path, to: &Path) {
    let done = Command::new("cp").args(["-R", "-p"]).arg(from.join(".")).arg(to).status().unwrap();
    assert!(done.success());
}

/// A check run that predicts and writes nothing, a run that does what was predicted, runs that change nothing.
#[track_caller]
pub fn converges(host: &FreeBsd, project: &Project, words: &[&str]) -> BTreeMap<String, Ended> {
    let ran = shipped::converges(project, words, || host.listing());
    let between = host.listing();
    project.playbook(words).expect_code(0).out_has(&["changed=0 "]);
    assert_eq!(host.changed_since(&between), [""; 0], "a run without changes wrote something");
    ran
}

/// An entry of a transcript: `$ COMMAND`, its output, `--stderr--` and errors, `--rc N--`.
#[derive(Default)]
struct Entry {
    command: String,
    stdout: String,
    stderr: String,
    code: i32,
}

fn entries(text: &str) -> Vec<Entry> {
    let mut all = Vec::new();
    let (mut entry, mut errors) = (None::<Entry>, false);
    for line in text.lines() {
        let Some(now) = entry.as_mut() else {
            if let Some(command) = line.strip_prefix("$ ") {
                entry = Some(Entry { command: command.to_string(), ..Entry::default() });
                errors = false;
            }
            continue;
        };
        let code = line.strip_prefix("--rc ").and_then(|rest| rest.strip_suffix("--"));
        match (line, code) {
            (_, Some(code)) => {
                now.code = code.parse().unwrap();
                all.extend(entry.take());
            }
            ("--stderr--", _) => errors = true,
            ("--no final newline--", _) => drop(now.stdout.pop()),
            _ if errors => now.stderr += &format!("{line}\n"),
            _ => now.stdout += &format!("{line}\n"),
        }
    }
    assert!(entry.is_none(), "the last entry has no code");
    all
}

#[test]
fn the_stand_ins_answer_as_freebsds_tools_did() {
    let host = FreeBsd::start();
    let mut wrong = Vec::new();
    for part in ["files", "accounts", "settings", "services", "kernel", "network", "pf"] {
        let path = Path::new(FIXTURES).join("recorded").join(part).with_extension("txt");
        let recorded = entries(&fs::read_to_string(path).unwrap());
        assert!(recorded.len() > 30, "{part}");
        for entry in recorded {
            let got = host.sh(&entry.command);
            let wanted = (entry.stdout, entry.stderr, entry.code);
            let got = (got.stdout, got.stderr, got.code);
            if wanted != got {
                wrong.push(format!("{part}: {}\n  {wanted:?}\n  {got:?}", entry.command));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn f14_f16_what_only_other_systems_know_is_refused() {
    let host = FreeBsd::start();
    let words = fs::read_to_string(Path::new(FIXTURES).join("refused.txt")).unwrap();
    let lines: Vec<&str> = words.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(lines.len() > 40);
    host.sh("cd /tmp && echo a >f && ln -s f l").expect_code(0);
    for line in lines {
        let said = host.sh(&format!("cd /tmp && {line}"));
        assert!(said.code != 0 && !said.stderr.is_empty(), "{line}: {said:?}");
    }
    assert_eq!(host.sh("cd /tmp && ls").stdout, "f\nl\n");
}

#[test]
fn facts_are_freebsds() {
    let host = FreeBsd::start();
    let project = project(&host);
    let before = host.listing();
    project.playbook(&["facts.yml"]).expect_code(0).out_has(&["ok=2 "]);
    assert_eq!(host.changed_since(&before), [""; 0]);
}

#[test]
fn f11_f13_files_converge() {
    let host = FreeBsd::start();
    converges(&host, &project(&host), &["files.yml"]);
}

#[test]
fn f12_links_that_lead_nowhere_are_seen_as_links() {
    let host = FreeBsd::start();
    let project = project(&host).file(
        "links.yml",
        "- hosts: target\n  gather_facts: false\n  tasks:\n    \
         - {name: Link, file: {src: /nosuch/place, dest: /tmp/nowhere, state: link, force: true, follow: false}}\n    \
         - {stat: {path: /tmp/nowhere}, register: link}\n    \
         - {stat: {path: /tmp/nowhere, follow: true}, register: target}\n    \
         - assert:\n        that: ['link.stat.islnk', 'link.stat.lnk_target == \"/nosuch/place\"', 'not target.stat.exists']\n      \
           when: not ansible_check_mode\n",
    );
    let ran = converges(&host, &project, &["links.yml"]);
    assert_eq!(ran["target: Link"].status, "changed", "{ran:?}");
    assert_eq!(host.sh("readlink /tmp/nowhere").stdout, "/nosuch/place\n");
}

#[test]
fn f23_f24_f28_the_file_that_counts_is_changed_and_a_link_stays_one() {
    let host = FreeBsd::start();
    let project = project(&host);
    let task = |module: &str, words: &str| {
        project.called("ansible", &["target", "-m", module, "-a", words])
    };
    host.sh("mkdir -p /etc/rc.conf.d && echo 'powerd_enable=\"NO\"' >/etc/rc.conf.d/powerd && cp /etc/rc.conf /tmp/old")
        .expect_code(0);
    let told = task("rc_service", "name=powerd enabled=AUTO").expect_code(0);
    assert!(told.stdout.contains("CHANGED"), "{told:?}");
    let seen = host.sh("cat /etc/rc.conf.d/powerd; cmp /etc/rc.conf /tmp/old && echo same");
    assert_eq!(seen.stdout, "powerd_enable=\"AUTO\"\nsame\n");
    let told = task("rc_service", "name=powerd enabled=AUTO").expect_code(0);
    assert!(!told.stdout.contains("CHANGED"), "{told:?}");
    // Of a link, what it leads to is changed, and keeps its mode.
    host.sh("mkdir -p /srv/etc && mv /etc/rc.conf /srv/etc/rc.conf && chmod 600 /srv/etc/rc.conf && ln -s /srv/etc/rc.conf /etc/rc.conf")
        .expect_code(0);
    task("sysrc", "name=ntpd_enable value=YES").expect_code(0);
    let seen = host
        .sh("readlink /etc/rc.conf; stat -f %Mp%Lp /srv/etc/rc.conf; tail -n 1 /srv/etc/rc.conf");
    assert_eq!(seen.stdout, "/srv/etc/rc.conf\n0600\nntpd_enable=\"YES\"\n");
    // A quote that is not closed: nothing is written.
    host.sh("echo 'broken=\"x' >>/srv/etc/rc.conf").expect_code(0);
    let before = host.listing();
    let told = task("sysrc", "name=ntpd_enable value=NO");
    assert!(told.code == 2 && told.stdout.contains("/etc/rc.conf"), "{told:?}");
    assert_eq!(host.changed_since(&before), [""; 0]);
}

#[test]
fn accounts_converge() {
    let host = FreeBsd::start();
    converges(&host, &project(&host), &["accounts.yml"]);
}

#[test]
fn packages_settings_and_services_converge() {
    let host = FreeBsd::start();
    let ran = converges(&host, &project(&host), &["services.yml"]);
    assert_eq!(ran["target: Reload nginx"].status, "changed", "{ran:?}");
}

#[test]
fn kernel_loader_boot_environments_and_scripts_converge() {
    let host = FreeBsd::start();
    let project = project(&host);
    converges(&host, &project, &["system.yml"]);
    // F-33: loaded, code 0, and it cannot work.
    let told = project.playbook(&["vmm.yml"]).expect_code(2);
    told.out_has(&["it is loaded and does not work"]);
}

#[test]
fn f36_interfaces_converge_live_and_at_boot() {
    let host = FreeBsd::start();
    let project = project(&host);
    converges(&host, &project, &["network.yml"]);
    // One of both is another: that one alone is put right.
    host.sh("ifconfig warden0 inet 10.77.0.2 -alias").expect_code(0);
    project.playbook(&["network.yml"]).expect_code(0).out_has(&["changed=1 "]);
    host.sh("sysrc -x ifconfig_warden0_alias0").expect_code(0);
    project.playbook(&["network.yml"]).expect_code(0).out_has(&["changed=1 "]);
    project.playbook(&["network.yml"]).expect_code(0).out_has(&["changed=0 "]);
}

#[test]
fn updates_of_the_base_system_are_fetched_and_installed_once() {
    let host = FreeBsd::start();
    let project = project(&host);
    converges(&host, &project, &["update.yml"]);
    host.sh(": >/.debian/update/offered").expect_code(0);
    let told = project.playbook(&["update.yml"]).expect_code(2);
    told.out_has(&["could not fetch updates", "No mirrors remaining, giving up."]);
}

#[test]
fn an_interface_that_leads_to_us_is_left_alone() {
    let host = FreeBsd::start();
    let project = project(&host);
    let task =
        |words: &str| project.called("ansible", &["target", "-m", "freebsd_bridge", "-a", words]);
    let told = task("name=warden0 members=vtnet0");
    assert!(told.code == 2 && told.stdout.contains("vtnet0 leads to us"), "{told:?}");
    assert_eq!(host.sh("ifconfig -l").stdout, "vtnet0 lo0\n");
    task("name=warden0 members=vtnet0 management=true rollback_timeout=20").expect_code(0);
    assert!(host.sh("ifconfig warden0").stdout.contains("member: vtnet0"));
    // F-34: the name is taken by another kind of thing, and nothing unnamed is left behind.
    let told = task("name=lo0 type=bridge");
    assert!(told.code == 2 && told.stdout.contains("is no bridge"), "{told:?}");
    assert_eq!(host.sh("ifconfig -l").stdout, "vtnet0 lo0 warden0\n");
}

#[test]
fn rules_of_pf_converge() {
    let host = FreeBsd::start();
    let project = project(&host);
    converges(&host, &project, &["pf.yml"]);
    // Others loaded something else: the file is right, and what counts is not.
    host.sh("printf 'pass\\n' | pfctl -f -").expect_code(0);
    project.playbook(&["pf.yml"]).expect_code(0).out_has(&["changed=1 "]);
    project.playbook(&["pf.yml"]).expect_code(0).out_has(&["changed=0 "]);
    assert_eq!(host.sh("ls -A /var/run | grep guard").stdout, "", "no timer is left");
}

#[test]
fn f49_rules_that_lock_us_out_undo_themselves() {
    let host = FreeBsd::start();
    let project = project(&host);
    let old = "pass in quick proto tcp from any to any port 22 keep state\n";
    host.sh(&format!("printf '{old}' >/etc/pf.conf; pfctl -q -f /etc/pf.conf; pfctl -q -e"));
    let play = |rules: &str| {
        let vars = serde_json::json!({ "rules": rules }).to_string();
        project.playbook(&["lockout.yml", "-e", &vars])
    };
    let start = std::time::Instant::now();
    let told = play("block in all\n");
    told.expect_code(2).out_has(&["no new connection came through", "it was rolled back"]);
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    assert_eq!(host.sh("cat /.debian/pf/log").stdout, "locked\nopened\n");
    assert_eq!(host.sh("cat /etc/pf.conf").stdout, old, "the file is the old one");
    // A boot within the window would have taken the old rules.
    assert_eq!(host.sh("cat /.debian/pf/boots").stdout, old);
    assert!(host.sh("pfctl -sr").stdout.contains("port = ssh"));
    // A syntax error touches nothing, and its line is shown.
    let before = host.listing();
    let told = play("pass in on vtnet0 inet proto tcp\nblock inn all\npass\n");
    told.expect_code(2).out_has(&["/etc/pf.conf:2: syntax error: block inn all"]);
    assert_eq!(host.changed_since(&before), [""; 0]);
    // Rules that let us in are kept, and what jails put into a table stays there (F-49).
    host.sh("pfctl -q -t jails -T add 10.17.89.10").expect_code(0);
    let new = "table <jails> persist\nblock in all\n\
               pass in quick proto tcp from any to any port 22 keep state\n";
    play(new).expect_code(0).out_has(&["changed=1 "]);
    assert_eq!(host.sh("cat /etc/pf.conf").stdout, new);
    assert_eq!(host.sh("pfctl -t jails -T show").stdout, "   10.17.89.10\n");
    assert_eq!(host.sh("ls -A /var/run | grep guard").stdout, "");
}

#[test]
fn rules_that_silence_the_old_connection_are_proved_by_a_new_one() {
    let host = FreeBsd::start();
    host.sh(": >/.debian/pf/cuts").expect_code(0);
    let rules = "block in all\npass in quick proto tcp from any to any port 22 keep state\n";
    let args = serde_json::json!({"content": rules, "enable": true, "rollback_timeout": 40});
    let start = std::time::Instant::now();
    let words = ["target", "-m", "pf", "-a", &args.to_string()];
    let told = project(&host).called("ansible", &words).expect_code(0);
    assert!(told.stdout.contains("CHANGED"), "{told:?}");
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    assert_eq!(host.sh("cat /.debian/pf/log; pfctl -s Running").stdout, "cut\nEnabled\n");
    assert_eq!(host.sh("cat /etc/pf.conf").stdout, rules);
    assert_eq!(host.sh("ls -A /var/run | grep guard").stdout, "");
}

#[test]
fn f10a_another_user_is_become_by_su() {
    let host = FreeBsd::start();
    // Root's shell is csh, and that of this user lets nobody in.
    project(&host).playbook(&["su.yml"]).expect_code(0).out_has(&["changed=1 "]);
    let owner = host.sh("stat -f '%Su %Mp%Lp' /tmp/his").expect_code(0).stdout;
    assert_eq!(owner, "operator 0644\n");
}

#[test]
fn the_site_converges_and_its_operator_becomes_root_by_doas() {
    let host = FreeBsd::start();
    let shipped = |name| Path::new(env!("CARGO_MANIFEST_DIR")).join(name).display().to_string();
    let project = project(&host).env("ANSIBLE_ROLES_PATH", &shipped("roles"));
    let key = fs::read_to_string(host.key().with_extension("pub")).unwrap();
    let vars = serde_json::json!({
        "base_authorized_keys": [key.trim_end()],
        "base_timezone": "Europe/Berlin",
    });
    let (vars, playbook) = (vars.to_string(), shipped("playbooks/site.yml"));
    // A fresh host has no way to root but root's login.
    let words = [playbook.as_str(), "-e", &vars, "-e", "ansible_become=false"];
    let ran = converges(&host, &project, &words);
    for (name, task) in &ran {
        let looks = ["Gathering Facts", "There is a key", "What differs", "Time zone"];
        let looks = looks.iter().any(|part| name.contains(part));
        assert_eq!(task.status == "changed", !looks, "{name}: {task:?}");
    }
    assert_eq!(host.sh("date +%Z").stdout.trim_end().len(), 3);
    let operator = host.inventory_line_of("target", "ops") + " ansible_become_method=doas\n";
    let project = project.file("hosts", &operator);
    let again = project.playbook(&[&playbook, "-e", &vars]).expect_code(0);
    again.out_has(&["changed=0 "]);
}
