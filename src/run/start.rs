//! `--start-at-task`: where hosts enter a play.

use super::batch::Chosen;
use super::gather;
use super::iterator::{Node, Step, Way};
use super::linear::Runner;
use crate::base::{Diagnostic, Value};
use crate::play::Task;
use std::sync::{Arc, PoisonError};

/// Where a host enters: its way from there, and whether no task lies before it.
struct Found {
    way: Way,
    is_first: bool,
}

impl Runner<'_, '_> {
    /// Takes the hosts to the first task of the wanted name; a play without it runs nothing.
    pub fn enter_at_start(&mut self) -> Result<(), Diagnostic> {
        let session = self.batch.session;
        let Some(wanted) = &session.options.start_at else { return Ok(()) };
        let mut started = session.started.lock().unwrap_or_else(PoisonError::into_inner);
        if *started {
            return Ok(());
        }
        let gathering = gather::task(self.batch)?;
        for host in &mut self.hosts {
            let chosen = Chosen { session, roles: &host.roles, handlers: false };
            let Some(mut found) = find(host.way.clone(), &chosen, wanted) else {
                host.way = Way::new(Vec::new());
                continue;
            };
            let mut before: Vec<Arc<Task>> = gathering.clone().into_iter().collect();
            if found.is_first {
                before.extend(setup(self.batch.play));
            }
            found.way.go_first(before.into_iter().map(Node::Task).collect::<Vec<_>>());
            host.way = found.way;
            *started = true;
        }
        Ok(())
    }
}

/// Walks to the wanted task.
fn find(mut way: Way, chosen: &Chosen<'_>, wanted: &str) -> Option<Found> {
    let mut is_first = true;
    while let Some((_, step)) = way.peek(chosen) {
        if let Step::Task(task) = step {
            if is_wanted(&task, wanted) {
                // Roles that were only passed were not run.
                way.take_finished();
                return Some(Found { way, is_first });
            }
            is_first &= task.implicit;
        }
        way.advance();
    }
    None
}

fn is_wanted(task: &Task, wanted: &str) -> bool {
    let name = task.keywords.name.as_ref().map_or_else(|| task.written.clone(), Value::text);
    let full = task.role().map(|role| format!("{} : {name}", role.name)).unwrap_or_default();
    let matches = |text: &str| {
        globset::Glob::new(wanted).is_ok_and(|glob| glob.compile_matcher().is_match(text))
    };
    let named = name == wanted || full == wanted || matches(&name) || matches(&full);
    named && !task.implicit
}

/// What Ansible runs before a play's very first task when that one is wanted: facts are gathered,
/// whatever the play says, and arguments checked against no specification.
fn setup(play: &crate::play::Play) -> Vec<Arc<Task>> {
    let Some(gathering) = gather::of_play(play) else { return Vec::new() };
    let name = "Validating arguments against arg spec None";
    let mut validation = gathering.clone();
    validation.keywords.name = Some(Value::from(name));
    validation.action = crate::play::Action::ValidateArgs;
    validation.written = "ansible.builtin.validate_argument_spec".to_string();
    validation.args = Arc::default();
    vec![Arc::new(gathering), Arc::new(validation)]
}
