//! Results on FreeBSD, compared with what real Ansible returned there: `tests/fixtures/freebsd/ansible.jsonl`, recorded with
//! ansible-core 2.21.5 on FreeBSD 13.2, in this order on one host. Each task ran in check mode, then twice.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde_json::{Value, json};

use crate::freebsd::FreeBsd;
use crate::project::Project;

const RECORDED: &str = include_str!("../fixtures/freebsd/ansible.jsonl");
const RUNS: [&str; 3] = ["check", "first", "second"];

/// Keys that tell the time, the disk or the process: only their kind is compared.
const MOVING: &[&str] = &[
    "atime",
    "mtime",
    "ctime",
    "birthtime",
    "start",
    "end",
    "delta",
    "inode",
    "dev",
    "device_type",
    "backup_file",
    "block_size",
    "blocks",
    "disk_usage_bytes",
    "generation",
    "nlink",
    "exception",
    "warnings",
];

/// What differs and should: a task's number, 0 for all; the end of a key; why.
const APART: &[(u64, &str, &str)] = &[
    (
        0,
        ".gid",
        "a new file has its directory's group on FreeBSD; the host of the tests runs on Linux",
    ),
    (0, ".group", "the same"),
    (21, ".gr_name", "the same"),
    (0, ".size", "directories, /etc/hosts and lists of files are the host's own"),
    (1, "stderr", "chpass talks; it is not called"),
    (1, "stderr_lines", "the same"),
    (4, "stderr", "the same"),
    (4, "stderr_lines", "the same"),
    (8, "validate_certs", "no argument of ours: keys are not fetched"),
    (11, ".mode", "what a new directory will have is told too"),
    (11, ".owner", "the same; who it will be is told by name"),
    (12, ".src", "a temporary file"),
    (13, ".src", "the same"),
    (15, ".src", "the same"),
    (32, ".src", "the same"),
    (14, ".checksum", "/etc/hosts is the host's own"),
    (14, ".md5sum", "it takes a program more and tells nothing that the checksum does not"),
    (16, ".stderr", "a temporary file"),
    (16, ".stderr_lines", "the same"),
    (22, ".diff", "a check run tells what a run tells"),
    (25, ".diff", "/etc/hosts is the host's own"),
    (27, ".files", "their times; the tests of find compare them"),
    (29, ".path", "a random name"),
    (29, ".changed", "a skipped task has it as well with Ansible"),
    (33, "check", "a check run tells what a run tells"),
    (34, "check", "the same"),
    (35, "check", "the same"),
    (36, "check", "the same"),
    (37, "check", "the same"),
    (36, ".msg", "`onereload`: the state of a service that is not enabled counts too"),
    (38, "check", "Ansible predicts `changed` for a service that is not there"),
    (44, ".changed", "Ansible changes a value with quotes each time"),
    (48, ".diff", "more is told than by Ansible"),
    (48, ".live", "the same"),
    (48, ".reboot_required", "the same"),
    (49, "", "Ansible says `changed` of a name that the kernel does not know"),
    (56, ".diff.before", "the name that it had"),
    (56, ".ansible_fqdn", "the name is asked of another resolver"),
    (60, ".stdout", "the limit of open files"),
    (60, ".stdout_lines", "the same"),
    (61, ".stdout", "Ansible's connection had a terminal"),
    (61, ".stderr", "the same"),
    (61, ".stderr_lines", "the same"),
    (82, ".path_content", "names in the order of the directory"),
];

/// Whether a difference is one of those: the line is `NUMBER/RUN MODULE.KEY...: THEIRS OURS`.
fn apart(line: &str, used: &mut BTreeSet<usize>) -> bool {
    let (at, _) = line.split_once(": ").unwrap();
    let (number, rest) = at.split_once('/').unwrap();
    let found = APART.iter().position(|(task, key, _)| {
        let mine = *task == 0 || *task == number.parse::<u64>().unwrap();
        mine && (rest.starts_with(&format!("{key} "))
            || rest.ends_with(key)
            || rest.contains(&format!("{key}.")))
    });
    used.extend(found);
    found.is_some()
}

fn playbook(tasks: &[Value]) -> String {
    let mut all = Vec::new();
    for task in tasks {
        for run in RUNS.iter().filter(|run| task.get(**run).is_some_and(|told| !told.is_null())) {
            all.push(json!({
                "name": format!("{}/{run}", task["number"]),
                task["module"].as_str().unwrap(): task["args"],
                "check_mode": *run == "check",
                "diff": true,
                "ignore_errors": true,
            }));
        }
    }
    json!([{"hosts": "target", "gather_facts": false, "tasks": all}]).to_string()
}

fn results(stdout: &str) -> BTreeMap<String, Value> {
    let (mut names, mut found) = (BTreeMap::new(), BTreeMap::new());
    for line in stdout.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        match event["event"].as_str().unwrap() {
            "task" => {
                let task = &event["task"];
                names.insert(
                    task["id"].as_u64().unwrap(),
                    task["name"].as_str().unwrap().to_owned(),
                );
            }
            "result" => {
                let name = names[&event["task"].as_u64().unwrap()].clone();
                let mut result = event["result"].clone();
                if event["status"] == "failed" {
                    result["failed"] = json!(true);
                }
                found.insert(name, result);
            }
            _ => {}
        }
    }
    found
}

/// A difference: a list of one is that one, an empty one is none; the second of a line's file is its attributes'.
fn sides(value: &Value) -> Value {
    match value {
        Value::Array(all) => all.first().cloned().unwrap_or_default(),
        Value::Object(map) if map.is_empty() => Value::Null,
        other => other.clone(),
    }
}

/// What differs, one line each.
fn compare(path: &str, theirs: &Value, ours: &Value, told: &mut Vec<String>) {
    if let (Value::Object(theirs), Value::Object(ours)) = (theirs, ours) {
        let mut keys: Vec<&String> = theirs.keys().chain(ours.keys()).collect();
        keys.sort();
        keys.dedup();
        for key in keys {
            let at = format!("{path}.{key}");
            if key == "diff" {
                let of = |side: &serde_json::Map<String, Value>| {
                    side.get(key).map(sides).unwrap_or_default()
                };
                compare(&at, &of(theirs), &of(ours), told);
                continue;
            }
            match (theirs.get(key), ours.get(key)) {
                (Some(theirs), Some(ours)) if MOVING.contains(&key.as_str()) => {
                    let kinds = [theirs, ours].map(std::mem::discriminant);
                    if kinds[0] != kinds[1] {
                        told.push(format!("{at}: {theirs} is not of the kind of {ours}"));
                    }
                }
                (Some(theirs), Some(ours)) => compare(&at, theirs, ours, told),
                (None, Some(_)) | (Some(_), None) if MOVING.contains(&key.as_str()) => {}
                (theirs, ours) => {
                    let text = |side: Option<&Value>| side.map_or("-".to_owned(), Value::to_string);
                    told.push(format!("{at}: {} {}", text(theirs), text(ours)));
                }
            }
        }
        return;
    }
    if theirs != ours {
        told.push(format!("{path}: {theirs} {ours}"));
    }
}

#[test]
fn they_are_those_of_ansible() {
    let host = FreeBsd::start();
    let tasks: Vec<Value> =
        RECORDED.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let project = Project::new()
        .file("hosts", &format!("{}\n", host.inventory_line("target")))
        .file("play.json", &playbook(&tasks));
    let run = project.tank(&["playbook", "-i", "hosts", "play.json", "--output", "json"]);
    let ours = results(&run.stdout);
    let mut told = Vec::new();
    for task in &tasks {
        for run in RUNS.iter().filter(|run| task.get(**run).is_some_and(|told| !told.is_null())) {
            let name = format!("{}/{run}", task["number"]);
            let module = task["module"].as_str().unwrap();
            let ours = ours.get(&name).unwrap_or_else(|| panic!("{name}: {run:?}"));
            compare(&format!("{name} {module}"), &task[*run], ours, &mut told);
        }
    }
    let mut used = BTreeSet::new();
    told.retain(|line| !apart(line, &mut used));
    let unused: Vec<_> =
        (0..APART.len()).filter(|at| !used.contains(at)).map(|at| APART[at]).collect();
    assert!(unused.is_empty(), "these differ no more: {unused:?}");
    let mut text = String::new();
    told.iter().for_each(|line| writeln!(text, "{line}").unwrap());
    assert!(told.is_empty(), "{} differ\n{text}", told.len());
}
