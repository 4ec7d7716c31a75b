//! What the language has and this version has not: refused, never ignored.

use crate::base::{Diagnostic, Value};
use crate::play::action::short;
use crate::play::literal::is_dynamic;
use crate::play::model::{Entry, Play, Task};

/// Refuses a play's strategy and what its tasks and handlers ask for.
pub fn play(play: &Play) -> Result<(), Diagnostic> {
    if let Some(name) = play.strategy.as_ref().filter(|name| !is_dynamic(name)) {
        strategy(&name.text()).map_err(|error| error.at(name.origin()))?;
    }
    let roles = play.roles.iter().chain(&play.imported);
    let handlers = roles.map(|role| role.handlers.as_slice()).chain([play.handlers.as_slice()]);
    play.task_lists().chain(handlers).try_for_each(entries)
}

/// Refuses a strategy other than the one that is built.
pub fn strategy(name: &str) -> Result<(), Diagnostic> {
    if short(name) == "linear" {
        return Ok(());
    }
    let text = format!("The strategy '{name}' is not there yet.");
    Err(Diagnostic::new(text).hint("Use `strategy: linear`.").code(4))
}

/// Refuses what tasks ask for, in files that are included while running too.
pub fn entries(list: &[Entry]) -> Result<(), Diagnostic> {
    for entry in list {
        match entry {
            Entry::Task(task) => check(task)?,
            Entry::Block(block) => {
                entries(&block.block)?;
                entries(&block.rescue)?;
                entries(&block.always)?;
            }
        }
    }
    Ok(())
}

fn check(task: &Task) -> Result<(), Diagnostic> {
    let written = |value: &Value, none: &str| value.is_null() || value.text() == none;
    if let Some(value) = task.r#async.as_ref().filter(|value| !written(value, "0")) {
        let hint = "Without `async` the task runs until it is done; `timeout` limits it.";
        return Err(refused("async", value).hint(hint));
    }
    let debugger = task.inherited(|k| k.debugger.as_ref());
    match debugger.filter(|value| !written(value, "never")) {
        Some(value) => Err(refused("debugger", value).hint("Take it out, or say `never`.")),
        None => Ok(()),
    }
}

fn refused(keyword: &str, value: &Value) -> Diagnostic {
    Diagnostic::new(format!("The keyword '{keyword}' is not there yet.")).at(value.origin()).code(4)
}
