//! The texts of `--list-hosts`, `--list-tasks`, `--list-tags` and `--syntax-check` (S-133).

use super::model::{Action, Entry, Play, Playbook, Task};
use super::tags;
use crate::base::{Kind, Value};
use std::fmt::Write as _;

/// What is listed, and how names become texts.
pub struct Listing<'a> {
    /// Hosts of a play's patterns: `--list-hosts`.
    pub hosts: Option<&'a dyn Fn(&[String]) -> Vec<String>>,
    /// `--list-tasks`.
    pub tasks: bool,
    /// `--list-tags`.
    pub tags: bool,
    /// `--tags`.
    pub only: &'a [String],
    /// `--skip-tags`.
    pub skip: &'a [String],
    /// Renders names and patterns with what a play knows before it runs.
    pub render: &'a dyn Fn(&Play, &Value) -> Value,
}

/// What `--syntax-check` prints for a playbook without faults.
pub fn syntax_check(playbook: &Playbook) -> String {
    format!("\nplaybook: {}\n", playbook.path)
}

impl Listing<'_> {
    /// The listing of a playbook.
    pub fn text(&self, playbook: &Playbook) -> String {
        let mut out = syntax_check(playbook);
        for (index, play) in playbook.plays.iter().enumerate() {
            self.play(&mut out, index + 1, play);
        }
        out
    }

    fn play(&self, out: &mut String, number: usize, play: &Play) {
        let patterns = self.patterns(play);
        let shown = patterns.join(",");
        let name = play.keywords.name.as_ref().map(|name| (self.render)(play, name).text());
        let name = name.unwrap_or_else(|| shown.clone());
        let own: Vec<String> = play.keywords.tags.iter().map(Value::text).collect();
        let own = own.join(",");
        let _ = writeln!(out, "\n  play #{number} ({shown}): {name}\tTAGS: [{own}]");
        if let Some(find) = self.hosts {
            let hosts = find(&patterns);
            let quoted = Value::list(patterns.iter().map(|p| Value::from(p.as_str())).collect());
            let count = hosts.len();
            let _ = writeln!(out, "    pattern: {}\n    hosts ({count}):", quoted.repr());
            for host in hosts {
                let _ = writeln!(out, "      {host}");
            }
        }
        let tasks: Vec<&Task> = play.task_lists().flat_map(|list| self.selected(list)).collect();
        if self.tasks {
            out.push_str("    tasks:\n");
            for task in &tasks {
                let _ = writeln!(out, "      {}", line(task));
            }
        }
        if self.tags {
            let mut all: Vec<String> =
                tasks.iter().flat_map(|task| tags::effective(task)).collect();
            all.sort();
            all.dedup();
            let _ = writeln!(out, "      TASK TAGS: [{}]", all.join(", "));
        }
    }

    fn patterns(&self, play: &Play) -> Vec<String> {
        let rendered = (self.render)(play, &play.hosts);
        match &rendered.kind {
            Kind::List(items) => {
                items.iter().map(|item| (self.render)(play, item).text()).collect()
            }
            _ => rendered.text().split(',').map(|part| part.trim().to_string()).collect(),
        }
    }

    /// Tasks of blocks' main parts that the tags select; with `--list-tags` alone, also those that only
    /// run when they are named.
    fn selected<'e>(&self, entries: &'e [Entry]) -> Vec<&'e Task> {
        let mut found = Vec::new();
        for entry in entries {
            match entry {
                Entry::Task(task) if self.is_listed(task) => found.push(&**task),
                Entry::Task(_) => {}
                Entry::Block(block) => found.extend(self.selected(&block.block)),
            }
        }
        found
    }

    fn is_listed(&self, task: &Task) -> bool {
        if task.implicit {
            return false;
        }
        if tags::is_selected(task, self.only, self.skip) {
            return true;
        }
        let all = self.only.is_empty() || self.only.iter().any(|tag| tag == "all");
        let never = ["all".to_string(), "never".to_string()];
        self.tags && all && tags::is_selected(task, &never, self.skip)
    }
}

/// One line: the name with its role, or the action.
fn line(task: &Task) -> String {
    let mut tags = tags::effective(task);
    tags.sort();
    let tags = tags.join(", ");
    let name = task.keywords.name.as_ref().map(Value::text).filter(|name| !name.is_empty());
    let shown = match (name, task.role()) {
        (None, _) => task.written.clone(),
        (Some(name), Some(role)) if !matches!(task.action, Action::IncludeRole) => {
            format!("{} : {name}", role.full_name)
        }
        (Some(name), _) => name,
    };
    format!("{shown}\tTAGS: [{tags}]")
}
