//! The playbooks that come with the program, on real hosts: predicted, run, and run again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::process::{self, Outcome};
use crate::project::{LIMIT, Project};
use crate::sshd::Sshd;
use crate::tree::{ADMIN_PASSWORD, Tree};

/// A file that comes with the program.
pub fn shipped(name: &str) -> String {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name).display().to_string()
}

/// How one task ended on one host.
#[derive(Debug, PartialEq)]
pub struct Ended {
    pub status: String,
    pub uncertain: bool,
}

/// The tasks of a run that told its events as JSON, by host and name.
pub fn tasks(run: &Outcome) -> BTreeMap<String, Ended> {
    let mut names: BTreeMap<u64, String> = BTreeMap::new();
    let mut found = BTreeMap::new();
    for line in run.stdout.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        match event["event"].as_str().unwrap() {
            "task" => {
                let task = &event["task"];
                let name = task["name"].as_str().unwrap().to_owned();
                names.insert(task["id"].as_u64().unwrap(), name);
            }
            "result" => {
                let name = &names[&event["task"].as_u64().unwrap()];
                let ended = Ended {
                    status: event["status"].as_str().unwrap().to_owned(),
                    uncertain: !event["uncertain"].is_null(),
                };
                found.insert(format!("{}: {name}", event["host"].as_str().unwrap()), ended);
            }
            _ => {}
        }
    }
    found
}

/// Runs a playbook with `--check`, then twice for real. What the first real run changes was predicted, or said
/// to be uncertain; what was predicted for sure happens; the check run writes nothing and the last run changes
/// nothing. Gives the tasks of the real run.
#[track_caller]
pub fn converges(
    project: &Project,
    words: &[&str],
    listing: impl Fn() -> String,
) -> BTreeMap<String, Ended> {
    let words = [&["playbook"], words].concat();
    converges_by(&words, |words| project.tank(words), listing)
}

/// The same for words that are run elsewhere.
#[track_caller]
pub fn converges_by(
    words: &[&str],
    tank: impl Fn(&[&str]) -> Outcome,
    listing: impl Fn() -> String,
) -> BTreeMap<String, Ended> {
    let run = |more: &[&str]| {
        let words = [words, &["--output", "json"], more].concat();
        tank(&words).expect_code(0)
    };
    let before = listing();
    let predicted = tasks(&run(&["--check"]));
    assert_eq!(before, listing(), "a check run wrote something");
    let real = tasks(&run(&[]));
    for (name, ended) in &real {
        let guess = predicted.get(name).unwrap_or_else(|| panic!("{name} was not predicted"));
        let same = (guess.status == "changed") == (ended.status == "changed");
        assert!(guess.uncertain || same, "{name}: {guess:?}, {ended:?}");
    }
    let changed = |tasks: &BTreeMap<String, Ended>| -> Vec<String> {
        tasks.iter().filter(|(_, e)| e.status == "changed").map(|(name, _)| name.clone()).collect()
    };
    assert!(!changed(&real).is_empty());
    assert_eq!(changed(&tasks(&run(&[]))), Vec::<String>::new(), "the second run");
    real
}

/// Everything below a directory: types, modes, link targets, checksums.
fn below(dir: &Path) -> String {
    let text = "cd \"$1\" && find . -printf '%M %p %l\\n' | sort && find . -type f -exec sha256sum {} + | sort";
    let mut command = Command::new("sh");
    process::run(command.args(["-c", text, "sh"]).arg(dir), LIMIT).expect_code(0).stdout
}

#[test]
fn the_demo_is_predicted_and_converges() {
    let sshd = Sshd::builder().start();
    let project = Project::new();
    let root = project.target().join("host");
    let line = format!("[demo]\n{}\n", sshd.inventory_line("scratch"));
    let vars = format!("demo_root={}", root.display());
    let project = project.file("hosts", &line);
    let (playbook, inventory) = (shipped("playbooks/demo.yml"), shipped("inventory/demo"));
    let words = [playbook.as_str(), "-i", "hosts", "-i", &inventory, "-e", &vars];
    let target = project.target();
    let ran = converges(&project, &words, || below(&target));
    assert_eq!(ran["scratch: Reload pf"].status, "changed", "{ran:?}");
}

/// A stand-in for systemd where none can run. What it keeps lies where the tree's listing does not look.
const SYSTEMCTL: &str = include_str!("../fixtures/tools/systemctl.sh");

#[test]
fn a_debian_has_its_operator_keys_sudo_sshd_and_time_zone() {
    let tree = Tree::start();
    let file = |name: &str, text: &str| {
        let command = format!("mkdir -p \"$(dirname {name})\"; cat >{name} <<'END'\n{text}END\n");
        tree.shell(&command).expect_code(0);
    };
    file("/usr/bin/systemctl", SYSTEMCTL);
    file("/tmp/systemd/ssh.service.unit", "Type=notify\n");
    file("/tmp/systemd/ssh.service.enabled", "enabled\n");
    file("/tmp/systemd/ssh.service.active", "1\n");
    file("/tmp/systemd/ssh.service.reloads", "");
    let made = "ssh-keygen -A; chmod 755 /usr/bin/systemctl; ln -s ../tmp/systemd /usr/systemd; mkdir -p /run/systemd/system";
    tree.shell(made).expect_code(0);
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEV4YW1wbGVLZXlSZXBsYWNlTWVCeVlvdXJPd25LZXkh ops@laptop";
    let vars = serde_json::json!({
        "base_user": "ops", "base_timezone": "Europe/Berlin", "base_authorized_keys": [key],
    })
    .to_string();
    let project = Project::new()
        .env("ANSIBLE_ROLES_PATH", &shipped("roles"))
        .file("hosts", &format!("{}\n", tree.admin_inventory_line("debian")))
        .file("password", &format!("{ADMIN_PASSWORD}\n"));
    let playbook = shipped("playbooks/site.yml");
    let words = [&playbook, "-i", "hosts", "--become-password-file", "password", "-e", &vars];
    let ran = converges(&project, &words, || tree.listing());
    assert_eq!(ran["debian: base : Reload sshd"].status, "changed", "{ran:?}");
    let seen = "id ops; cat ~ops/.ssh/authorized_keys /etc/timezone; readlink /etc/localtime; sudo -l -U ops; cat /tmp/systemd/calls";
    tree.shell(seen).expect_code(0).out_has(&[
        "(sudo)",
        key,
        "Europe/Berlin\n/usr/share/zoneinfo/Europe/Berlin",
        "(ALL : ALL) NOPASSWD: ALL",
        "\nreload ssh",
    ]);
    tree.shell("/usr/sbin/sshd -T").expect_code(0).out_has(&[
        "passwordauthentication no",
        "permitrootlogin without-password",
        "maxauthtries 4",
    ]);
}
