//! Whether the hosts of a later play can be known before a run.

use crate::play::model::{Action, Entry, MetaAction, Play};

/// Whether a play may bring hosts or groups that the inventory lacks: by `add_host`, `group_by`, a read inventory, or
/// tasks that are not known yet.
#[must_use]
pub fn names_hosts_later(play: &Play) -> bool {
    play.task_lists().any(|entries| entries.iter().any(brings))
}

fn brings(entry: &Entry) -> bool {
    match entry {
        Entry::Block(block) => {
            [&block.block, &block.rescue, &block.always].into_iter().flatten().any(brings)
        }
        Entry::Task(task) => match &task.action {
            Action::Module(entry) => matches!(entry.doc().name, "add_host" | "group_by"),
            Action::Meta(meta) => *meta == MetaAction::RefreshInventory,
            Action::IncludeTasks | Action::IncludeRole | Action::Template(_) => true,
            Action::ValidateArgs => false,
        },
    }
}
