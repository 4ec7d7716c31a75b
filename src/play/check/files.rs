//! Controller files and roles that tasks name.

use super::{is_caught, is_off};
use crate::base::{Diagnostic, Key, Value};
use crate::play::imports::tasks_path;
use crate::play::literal::{is_dynamic, truth};
use crate::play::loader::{Loader, Place};
use crate::play::model::{Action, Entry, Play, Playbook, Task};
use crate::play::{file, kv, search};
use crate::spec::args::ArgType;

/// Refuses tasks whose literal source, task file or role is not there. What an earlier task of the play
/// may have made on this machine is not known, nor what a condition keeps from running.
pub fn files(
    loader: &Loader,
    playbook: &Playbook,
    selected: &dyn Fn(&Task) -> bool,
) -> Result<(), Diagnostic> {
    for play in &playbook.plays {
        if is_here(play) {
            return Ok(());
        }
        for list in play.task_lists() {
            if !entries(loader, list, selected)? {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Whether a play may run on this machine.
fn is_here(play: &Play) -> bool {
    let hosts = play.hosts.text();
    let local =
        play.keywords.connection.as_ref().is_some_and(|c| is_dynamic(c) || c.text() == "local");
    local || hosts.contains("localhost") || hosts.contains("127.0.0.1") || is_dynamic(&play.hosts)
}

/// False: from here on nothing is known.
fn entries(
    loader: &Loader,
    list: &[Entry],
    selected: &dyn Fn(&Task) -> bool,
) -> Result<bool, Diagnostic> {
    for entry in list {
        let known = match entry {
            Entry::Task(task) => {
                if selected(task) && !is_caught(task) && !is_off(task) {
                    check(loader, task)?;
                }
                !writes_here(task)
            }
            Entry::Block(block) if !block.rescue.is_empty() => return Ok(false),
            Entry::Block(block) => {
                entries(loader, &block.block, selected)?
                    && entries(loader, &block.always, selected)?
            }
        };
        if !known {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a task may make or remove files on this machine.
fn writes_here(task: &Task) -> bool {
    let delegated = task.inherited(|k| k.delegate_to.as_ref()).is_some();
    let local = task.inherited(|k| k.connection.as_ref());
    let fetches = matches!(task.action, Action::Module(entry) if entry.doc().name == "fetch");
    let unknown =
        matches!(task.action, Action::IncludeTasks | Action::IncludeRole | Action::Template(_));
    delegated || fetches || unknown || local.is_some_and(|c| is_dynamic(c) || c.text() == "local")
}

fn check(loader: &Loader, task: &Task) -> Result<(), Diagnostic> {
    if task.inheriting().any(|keywords| !keywords.when.is_empty()) {
        return Ok(());
    }
    match task.action {
        Action::Module(entry) => check_sources(task, entry),
        Action::IncludeTasks => check_include(task),
        Action::IncludeRole => check_role(loader, task),
        _ => Ok(()),
    }
}

fn check_sources(task: &Task, entry: &crate::spec::Entry) -> Result<(), Diagnostic> {
    let remote = task.arg("remote_src");
    if remote.is_some_and(|v| is_dynamic(v) || truth(v) == Some(true)) {
        return Ok(());
    }
    for arg in entry.doc().args.args {
        let kind = match arg.kind {
            ArgType::Template => "templates",
            ArgType::Src | ArgType::SrcTree => "files",
            _ => continue,
        };
        let names = std::iter::once(arg.name).chain(arg.aliases.iter().copied());
        let given = names.filter_map(|name| task.arg(name)).find(|value| value.as_str().is_some());
        if let Some(value) = given.filter(|value| !is_dynamic(value) && is_plain(value)) {
            let at = value.origin().or(task.origin.as_ref());
            search::find(task, kind, &value.text()).map_err(|error| error.at(at))?;
        }
    }
    Ok(())
}

/// A name on this machine: no address and not the name of nothing.
fn is_plain(value: &Value) -> bool {
    let text = value.text();
    !text.is_empty() && !text.contains("://")
}

fn check_include(task: &Task) -> Result<(), Diagnostic> {
    let Some(name) = task.args.get(&Key::from(kv::RAW)).filter(|name| !is_dynamic(name)) else {
        return Ok(());
    };
    let path = tasks_path(&name.text(), &task.parent, false);
    if path.exists() {
        return Ok(());
    }
    Err(file::not_found(&path).at(name.origin().or(task.origin.as_ref())))
}

fn check_role(loader: &Loader, task: &Task) -> Result<(), Diagnostic> {
    let name = task.arg("name").or_else(|| task.arg("role"));
    let Some(name) = name.filter(|name| name.as_str().is_some() && !is_dynamic(name)) else {
        return Ok(());
    };
    let gathered = loader.recall(&task.parent);
    let place = Place::new(&task.parent, false, &gathered);
    loader.find_role(&name.text(), &place).map(drop).map_err(|error| error.at(name.origin()))
}
