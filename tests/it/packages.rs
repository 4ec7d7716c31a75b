//! apt and package in a real Debian tree, with a repository of tiny packages in the tree itself: no network.
//! What real Ansible returned for the same playbook lies in `tests/golden/modules/packages.json`, without the texts
//! that depend on the machine.

use std::fs;

use serde_json::{Value, json};

use crate::process::Outcome;
use crate::project::Project;
use crate::tree::Tree;

const PLAYBOOK: &str = include_str!("../fixtures/packages/playbook.yml");
const CHECK: &str = include_str!("../fixtures/packages/check.yml");
const REPOSITORY: &str = include_str!("../fixtures/packages/repository.sh");
const GOLDEN: &str = include_str!("../golden/modules/packages.json");

fn tree() -> Tree {
    let tree = Tree::start();
    // As root in the tree: its files are root's.
    let write =
        format!("cat >/srv/repository.sh <<'END'\n{REPOSITORY}END\nsh /srv/repository.sh first");
    tree.shell(&write).expect_code(0);
    tree
}

fn project(tree: &Tree) -> Project {
    Project::new()
        .file("hosts", &format!("{}\n", tree.inventory_line("target")))
        .file("playbook.yml", PLAYBOOK)
        .file("check.yml", CHECK)
}

fn play(project: &Project, words: &[&str]) -> Outcome {
    let all = [&["-i", "hosts"], words].concat();
    project.playbook(&all).expect_code(0)
}

/// What of a result does not depend on the machine.
fn essence(task: &str, result: &Value) -> Value {
    if task == "30" {
        return json!({"stdout": result["stdout"]});
    }
    let failed = result["failed"] == json!(true);
    let own = |key: &&String| {
        !matches!(key.as_str(), "diff" | "exception")
            && !key.ends_with("_lines")
            && !(failed && key.starts_with("cache_"))
    };
    let mut keys: Vec<&String> = result.as_object().unwrap().keys().filter(own).collect();
    keys.sort();
    let mut value = json!({"changed": result["changed"], "failed": failed, "keys": keys});
    if let (Some(updated), false) = (result.get("cache_updated"), failed) {
        value["cache_updated"] = updated.clone();
    }
    if matches!(task, "12" | "13") {
        value["msg"] = result["msg"].clone();
    }
    value
}

#[test]
fn packages_come_and_go_as_ansibles() {
    let tree = tree();
    let project = project(&tree);
    let out = project.target().join("results.json");
    play(&project, &["playbook.yml", "-e", &format!("out={}", out.display())]).out_has(&[
        "ok=32",
        "changed=15",
        "ignored=3",
    ]);
    let got: Value = serde_json::from_str(&fs::read_to_string(out).unwrap()).unwrap();
    let wanted: Value = serde_json::from_str(GOLDEN).unwrap();
    for (task, value) in wanted.as_object().unwrap() {
        assert_eq!(&essence(task, &got[task]), value, "result {task}: {}", got[task]);
    }
    assert_eq!(got.as_object().unwrap().len(), wanted.as_object().unwrap().len());
    let refused = got["10"]["msg"].as_str().unwrap();
    assert!(refused.ends_with("without --allow-downgrades.\n"), "{refused}");
}

#[test]
fn a_check_run_predicts_packages_and_a_real_one_agrees() {
    let tree = tree();
    let project = project(&tree);
    // apt writes what it read of the lists; a check run must not.
    tree.shell("apt-get -q update && rm -f /var/cache/apt/*.bin").expect_code(0);
    let before = tree.listing();
    let check = play(&project, &["check.yml", "--check", "--diff"]);
    assert_eq!(tree.changed_since(&before), [""; 0], "{}", check.stdout);
    let counts = ["ok=7", "changed=5"];
    let check = check.out_has(&counts);
    let real = play(&project, &["check.yml", "--diff"]).out_has(&counts);
    let states = |run: &Outcome| -> Vec<String> {
        let told = |line: &&str| ["ok: [", "changed: ["].iter().any(|word| line.starts_with(word));
        run.stdout.lines().filter(told).map(str::to_owned).collect()
    };
    assert_eq!(states(&check), states(&real));
    for run in [&check, &real] {
        assert!(
            run.stdout
                .contains("The following NEW packages will be installed:\n  tank-a tank-dep\n"),
            "{}",
            run.stdout
        );
    }
}
