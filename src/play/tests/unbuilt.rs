//! What this version refuses rather than ignores.

use super::*;
use crate::play::check;

fn refusal(text: &str) -> Option<(String, u32)> {
    let playbook = site(text).load("site.yml").unwrap();
    let error = playbook.plays.iter().try_for_each(|play| check::unbuilt(play)).err()?;
    assert_eq!(error.code, 4);
    Some((error.message, error.origin.map_or(0, |origin| origin.line)))
}

#[test]
fn other_strategies_are_refused_where_they_stand() {
    for name in ["free", "host_pinned", "debug", "ansible.builtin.free"] {
        let found = refusal(&format!("- hosts: all\n  strategy: {name}\n")).unwrap();
        assert_eq!(found, (format!("The strategy '{name}' is not there yet."), 2));
    }
    for name in ["linear", "ansible.builtin.linear", "'{{ later }}'"] {
        assert_eq!(refusal(&format!("- hosts: all\n  strategy: {name}\n")), None);
    }
}

#[test]
fn background_tasks_and_the_debugger_are_refused_wherever_they_are() {
    let task = "debug: {}";
    for (text, keyword, line) in [
        (format!("- hosts: all\n  tasks:\n  - {task}\n    async: 5\n"), "async", 4),
        (format!("- hosts: all\n  tasks:\n  - {task}\n    async: '{{{{ n }}}}'\n"), "async", 4),
        (format!("- hosts: all\n  handlers:\n  - {task}\n    name: h\n    async: 5\n"), "async", 5),
        (format!("- hosts: all\n  debugger: always\n  tasks:\n  - {task}\n"), "debugger", 2),
        (
            format!(
                "- hosts: all\n  tasks:\n  - block: []\n    rescue:\n    - {task}\n      debugger: on_failed\n"
            ),
            "debugger",
            6,
        ),
    ] {
        let found = refusal(&text).unwrap();
        assert_eq!(found, (format!("The keyword '{keyword}' is not there yet."), line), "{text}");
    }
}

#[test]
fn what_asks_for_nothing_is_let_through() {
    let tasks = "  - debug: {}\n    async: 0\n    poll: 5\n  - debug: {}\n    debugger: never\n";
    assert_eq!(refusal(&format!("- hosts: all\n  tasks:\n{tasks}")), None);
}
