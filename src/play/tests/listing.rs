//! The listings, as real Ansible printed them.

use super::*;
use crate::play::listing::{Listing, syntax_check};

fn project() -> Project {
    Project::new(&[
        (
            "site.yml",
            "- name: first
  hosts: web
  gather_facts: false
  tags: ptag
  pre_tasks: [{name: pre, debug: {msg: pre}, tags: [t2, always]}]
  roles: [{role: dup, tags: rtag}]
  tasks:
    - {name: one, debug: {msg: one}, tags: t1}
    - {name: import, import_tasks: tasks/tagged_inner.yml, tags: t3}
    - {name: include, include_tasks: tasks/tagged_inner.yml, tags: t1}
  handlers: [{name: h, debug: {}}]
- hosts: db
  gather_facts: false
  tasks: [{debug: {msg: second}}, {debug: {msg: nev}, tags: never}]
",
        ),
        (
            "tasks/tagged_inner.yml",
            "- {name: inner plain, debug: }\n- {name: inner one, debug: , tags: one}\n",
        ),
        ("roles/dup/tasks/main.yml", "- debug: {}\n"),
    ])
}

fn list(tasks: bool, tags: bool, hosts: bool, only: &[&str], skip: &[&str]) -> String {
    let project = project();
    let playbook = project.load("site.yml").unwrap();
    let own = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
    let find = |patterns: &[String]| match patterns[0].as_str() {
        "web" => own(&["h1", "h2"]),
        _ => own(&["h3"]),
    };
    let listing = Listing {
        hosts: hosts.then_some(&find as &dyn Fn(&[String]) -> Vec<String>),
        tasks,
        tags,
        only: &own(only),
        skip: &own(skip),
        render: &|_, value| value.clone(),
    };
    listing.text(&playbook).replace(&playbook.path, "33-listing.yml")
}

#[test]
fn tasks_are_listed() {
    let expected = "
playbook: 33-listing.yml

  play #1 (web): first\tTAGS: [ptag]
    tasks:
      pre\tTAGS: [always, ptag, t2]
      debug\tTAGS: [ptag, rtag]
      one\tTAGS: [ptag, t1]
      inner plain\tTAGS: [ptag, t3]
      inner one\tTAGS: [one, ptag, t3]
      include\tTAGS: [ptag, t1]

  play #2 (db): db\tTAGS: []
    tasks:
      debug\tTAGS: []
";
    assert_eq!(list(true, false, false, &[], &[]), expected);
    let some = list(true, false, false, &["t1"], &[]);
    assert!(some.contains("      pre\t") && some.contains("      include\t"));
    assert!(!some.contains("inner") && some.ends_with("TAGS: []\n    tasks:\n"));
}

#[test]
fn tags_are_listed() {
    let expected = "
playbook: 33-listing.yml

  play #1 (web): first\tTAGS: [ptag]
      TASK TAGS: [always, one, ptag, rtag, t1, t2, t3]

  play #2 (db): db\tTAGS: []
      TASK TAGS: [never]
";
    assert_eq!(list(false, true, false, &[], &[]), expected);
    assert!(list(false, true, false, &["t1"], &[]).ends_with("TASK TAGS: []\n"));
    assert!(list(false, true, false, &[], &["never"]).ends_with("TASK TAGS: []\n"));
}

#[test]
fn hosts_are_listed() {
    let expected = "
playbook: 33-listing.yml

  play #1 (web): first\tTAGS: [ptag]
    pattern: ['web']
    hosts (2):
      h1
      h2

  play #2 (db): db\tTAGS: []
    pattern: ['db']
    hosts (1):
      h3
";
    assert_eq!(list(false, false, true, &[], &[]), expected);
}

#[test]
fn names_carry_their_role() {
    let project = Project::new(&[
        ("site.yml", "- hosts: a\n  roles: [r]\n"),
        (
            "roles/r/tasks/main.yml",
            "- {name: x, debug: }\n- {name: inc, include_role: {name: r}}\n- block: [{name: b, debug: }]\n  rescue: [{name: not listed, debug: }]\n",
        ),
    ]);
    let playbook = project.load("site.yml").unwrap();
    let listing = Listing {
        hosts: None,
        tasks: true,
        tags: false,
        only: &[],
        skip: &[],
        render: &|_, value| value.clone(),
    };
    let text = listing.text(&playbook);
    assert!(text.contains("      r : x\tTAGS: []\n      inc\tTAGS: []\n      r : b\tTAGS: []\n"));
    assert!(!text.contains("not listed"));
    assert_eq!(syntax_check(&playbook), format!("\nplaybook: {}\n", playbook.path));
}
