//! Templates of a task as they are written. Ansible finds a broken one when the task runs; by then others have changed
//! the host. Where the playbook itself deals with a failure, it is left to the run.

use super::{is_caught, is_off};
use crate::base::Diagnostic;
use crate::play::model::{Loop, Task};
use crate::template::{check_expression, check_templates};

/// Checks a task's arguments, items and conditions. `rescued`: it stands in a block with a rescue.
pub(in crate::play) fn templates(task: &Task, rescued: bool) -> Result<(), Diagnostic> {
    written(task, rescued).map_err(|error| error.code(4))
}

fn written(task: &Task, rescued: bool) -> Result<(), Diagnostic> {
    if rescued || is_off(task) || is_caught(task) {
        return Ok(());
    }
    let own = &task.keywords;
    own.when.iter().try_for_each(check_expression)?;
    // Behind a condition it may never be rendered: a filter for other systems, say.
    if task.inheriting().any(|keywords| !keywords.when.is_empty()) {
        return Ok(());
    }
    task.args.values().try_for_each(check_templates)?;
    task.args_template.iter().try_for_each(check_templates)?;
    if let Some(Loop::Items(items)) = &task.looping {
        check_templates(items)?;
    }
    task.changed_when.iter().flatten().chain(&task.until).try_for_each(check_expression)
}
