//! Users, groups and keys on this very machine, as root, with names that nobody has. What real Ansible
//! returned for the same playbook lies in `tests/golden/modules/accounts.json`.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::process::{self, Outcome};
use crate::project::Project;

const PLAYBOOK: &str = include_str!("../fixtures/accounts/playbook.yml");
const CHECK: &str = include_str!("../fixtures/accounts/check.yml");
const GOLDEN: &str = include_str!("../golden/modules/accounts.json");

/// Keys that depend on the machine: numbers of system users, what the tools mention by the way.
const MASKED: [(&str, &str); 4] =
    [("33", "uid"), ("33", "group"), ("33", "stderr"), ("33", "stderr_lines")];

/// Removes what a broken run left.
struct Accounts;

impl Accounts {
    fn clean(&self) {
        for words in [["userdel", "-f", "tkau"], ["userdel", "-f", "tkcu"]] {
            let _ = process::as_root(words[0]).args(&words[1..]).output();
        }
        for group in ["tkag", "tkau", "tkcg"] {
            let _ = process::as_root("groupdel").arg(group).output();
        }
        for path in ["/home/tkau", "/home/tkau2", "/srv/tk"] {
            let _ = process::as_root("rm").args(["-rf", path]).output();
        }
    }
}

impl Drop for Accounts {
    fn drop(&mut self) {
        self.clean();
    }
}

fn play(project: &Project, words: &[&str]) -> Outcome {
    let mut all = words.to_vec();
    if !process::is_root() {
        all.push("-b");
    }
    project.playbook(&all)
}

fn project() -> Project {
    Project::new()
        .file("hosts", "localhost ansible_connection=local\n")
        .file("playbook.yml", PLAYBOOK)
        .file("check.yml", CHECK)
}

fn exists(name: &str) -> bool {
    Command::new("getent").args(["passwd", name]).output().unwrap().status.success()
}

#[test]
fn users_groups_and_keys_are_ansibles() {
    let accounts = Accounts;
    accounts.clean();
    let project = project();
    let out = project.target().join("results.json");
    let variable = format!("out={}", out.display());
    play(&project, &["-i", "hosts", "playbook.yml", "--diff", "-e", &variable]).expect_code(0);
    let mut got: Value = serde_json::from_str(&fs::read_to_string(out).unwrap()).unwrap();
    for (task, key) in MASKED {
        got[task].as_object_mut().unwrap().remove(key);
    }
    let wanted: Value = serde_json::from_str(GOLDEN).unwrap();
    let wanted = wanted.as_object().unwrap();
    for (task, value) in wanted {
        assert_eq!(&got[task], value, "result {task}");
    }
    assert_eq!(got.as_object().unwrap().len(), wanted.len());
    assert!(!exists("tkau"));
}

#[test]
fn a_check_run_predicts_accounts_and_makes_none() {
    let project = project();
    let run = play(&project, &["-i", "hosts", "check.yml", "--check"]).expect_code(0);
    run.out_has(&["ok=9", "changed=6"]);
    assert!(!exists("tkcu"));
}
