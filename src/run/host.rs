//! What the engine keeps of one host while a play runs.

use super::ahead::Queue;
use super::iterator::Way;
use crate::base::Map;
use crate::play::Task;
use crate::spec::World;
use crate::spec::event::HostCounts;
use std::collections::HashSet;
use std::sync::Arc;

/// One host of a batch.
pub struct HostRun {
    /// Inventory name.
    pub name: Arc<str>,
    /// Its place in the play's list.
    pub way: Way,
    /// Handlers that wait for the next flush, in the order of notification.
    pub notified: Vec<Arc<Task>>,
    /// Roles it ran (S-117).
    pub roles: HashSet<String>,
    /// Whether it failed for good.
    pub failed: bool,
    /// Whether it could not be reached.
    pub unreachable: bool,
    /// Whether a meta task ended it.
    pub ended: bool,
    /// Level 14: variables of `vars_files`.
    pub files: Arc<Map>,
    /// Answers asked for ahead of their turn.
    pub queue: Queue,
}

impl HostRun {
    /// Whether it takes part in what comes next.
    pub fn is_active(&self) -> bool {
        !self.failed && !self.unreachable && !self.ended
    }
}

/// What outlives plays.
#[derive(Clone, Debug, Default)]
pub struct HostLedger {
    /// Counters of the recap.
    pub counts: HostCounts,
    /// The predicted world of a check run.
    pub world: World,
    /// Whether it failed in an earlier play.
    pub failed: bool,
    /// Whether it had any result: only such hosts are in the recap.
    pub seen: bool,
}
