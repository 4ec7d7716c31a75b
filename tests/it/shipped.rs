//! The playbooks that come with the program, on real hosts: predicted, run, and run again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::process::{self, Outcome};
use crate::project::{LIMIT, Project};
use crate::sshd::Sshd;

/// A file that comes with the program.
fn shipped(name: &str) -> String {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name).display().to_string()
}

/// How one task ended on one host.
#[derive(Debug, PartialEq)]
struct Ended {
    status: String,
    uncertain: bool,
}

/// The tasks of a run that told its events as JSON, by host and name.
fn tasks(run: &Outcome) -> BTreeMap<String, Ended> {
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
fn converges(
    project: &Project,
    words: &[&str],
    listing: impl Fn() -> String,
) -> BTreeMap<String, Ended> {
    let run = |more: &[&str]| {
        let words = [&["playbook", "--output", "json"], words, more].concat();
        project.tank(&words).expect_code(0)
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
