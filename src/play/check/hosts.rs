//! Whether the hosts of a later play can be known before a run.

use crate::play::chain::all_tasks;
use crate::play::model::{Action, MetaAction, Play, Task};

/// Whether a play may bring hosts or groups that the inventory lacks: by `add_host`, `group_by`, a read inventory, or
/// tasks that are not known yet.
#[must_use]
pub fn names_hosts_later(play: &Play) -> bool {
    play.task_lists().chain(play.handler_lists()).flat_map(all_tasks).any(|task| brings(task))
}

fn brings(task: &Task) -> bool {
    match &task.action {
        Action::Module(entry) => matches!(entry.doc().name, "add_host" | "group_by"),
        Action::Meta(meta) => *meta == MetaAction::RefreshInventory,
        Action::IncludeTasks | Action::IncludeRole | Action::Template(_) => true,
        Action::ValidateArgs => false,
    }
}
