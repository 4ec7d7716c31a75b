//! Every fault of tests/fixtures/play/errors.txt, compared with what ansible-playbook says.

use super::{Project, place, repository};
use std::collections::HashMap;

/// Found when it is read, where Ansible waits until the task runs (or crashes): our code and message.
const EARLIER: &[(&str, u8, &str)] = &[];

/// Accepted by Ansible without effect, or its place is less exact than ours.
const OTHER_PLACE: &[&str] = &[];

struct Recorded {
    code: u8,
    place: String,
    message: String,
}

fn recorded() -> HashMap<String, Recorded> {
    let text = std::fs::read_to_string(repository("tests/golden/play-errors.tsv")).unwrap();
    let line = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, code, place, message] = fields.as_slice() else { panic!("{line}") };
        let (place, message) = (place.to_string(), message.to_string());
        (name.to_string(), Recorded { code: code.parse().unwrap(), place, message })
    };
    text.lines().map(line).collect()
}

#[test]
fn faults_are_reported_as_ansible_does() {
    let text = std::fs::read_to_string(repository("tests/fixtures/play/errors.txt")).unwrap();
    let project = Project::of_sections(&text);
    std::fs::create_dir_all(project.path("roles/empty_dir")).unwrap();
    let recorded = recorded();
    assert!(recorded.len() > 300, "all cases are recorded");
    let mut wrong = Vec::new();
    let mut names: Vec<&String> = recorded.keys().collect();
    names.sort();
    for name in names {
        let theirs = &recorded[name];
        let ours = match project.load(&format!("{name}.yml")) {
            Ok(_) => (0, "-".to_string(), "-".to_string()),
            Err(error) => {
                let message = error.chain();
                let first = message.lines().next().unwrap_or_default();
                let dir = project.dir().display().to_string();
                let message = first.replace(&format!("{dir}/"), "").replace(&dir, ".");
                (error.code, place(&project, &error), message)
            }
        };
        if let Some(fault) = differs(name, theirs, &ours) {
            wrong.push(fault);
        }
    }
    assert!(wrong.is_empty(), "{} cases differ:\n{}", wrong.len(), wrong.join("\n"));
}

fn differs(name: &str, theirs: &Recorded, ours: &(u8, String, String)) -> Option<String> {
    let earlier = EARLIER.iter().find(|(case, ..)| *case == name);
    let (code, message) = match earlier {
        Some((_, code, message)) => (*code, (*message).to_string()),
        None => (theirs.code, theirs.message.clone()),
    };
    let exact = earlier.is_none() && theirs.place != "-" && !OTHER_PLACE.contains(&name);
    let same_place = !exact || ours.1 == theirs.place;
    if ours.0 == code && ours.2.starts_with(&message) && same_place {
        return None;
    }
    Some(format!(
        "{name}:\n  theirs {code} {} {message}\n  ours   {} {} {}",
        theirs.place, ours.0, ours.1, ours.2
    ))
}
