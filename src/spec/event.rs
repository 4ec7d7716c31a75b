//! What the engine tells: reports read events and decide nothing.

use crate::base::{Diagnostic, Origin, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How a task or item ended on a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Looked, nothing to do.
    Ok,
    /// Something was changed (or would be, in check mode).
    Changed,
    /// Not run.
    Skipped,
    /// Failed.
    Failed,
    /// The host could not be reached.
    Unreachable,
}

/// A task as reports name it.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskInfo {
    /// Number of this task within the run, unique.
    pub id: u64,
    /// What stands in the banner: `role : name`, or the action when unnamed.
    pub name: String,
    /// The action as it was written.
    pub action: String,
    /// Where it was written (`task path:` of `-vv`).
    pub origin: Option<Origin>,
    /// Whether it is a handler.
    pub handler: bool,
    /// Whether its results are censored.
    pub no_log: bool,
}

/// A result of a task or of one of its items on one host.
#[derive(Clone, Debug)]
pub struct TaskResult {
    /// Which task.
    pub task: Arc<TaskInfo>,
    /// The host's inventory name.
    pub host: Arc<str>,
    /// The name it was delegated to.
    pub delegated: Option<String>,
    /// How it ended.
    pub status: Status,
    /// The result as it is registered, secrets marked; `diff` among its keys.
    pub result: Value,
    /// Label of the item, when this is one item of a loop.
    pub item: Option<String>,
    /// Whether the task has a loop (the final line of a loop is not shown as a plain one).
    pub looped: bool,
    /// Whether the failure is ignored.
    pub ignored: bool,
    /// Whether the result is always shown in full (debug, assert).
    pub verbose_always: bool,
    /// Whether differences are shown.
    pub show_diff: bool,
    /// Whether this was a check, nothing applied.
    pub check: bool,
    /// Why check mode could not be sure.
    pub uncertain: Option<String>,
    /// The error to print before the line of a failure.
    pub error: Option<Diagnostic>,
}

/// Counters of one host in the recap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostCounts {
    /// Tasks that ended well, changed ones among them.
    pub ok: u32,
    /// Changed tasks.
    pub changed: u32,
    /// Tasks that could not reach the host.
    pub unreachable: u32,
    /// Failed tasks.
    pub failed: u32,
    /// Skipped tasks.
    pub skipped: u32,
    /// Failures that a rescue took.
    pub rescued: u32,
    /// Failures that were ignored.
    pub ignored: u32,
    /// Check mode: tasks whose outcome could not be predicted for sure.
    pub uncertain: u32,
}

/// One event of a run, in the order in which things are shown.
#[derive(Clone, Debug)]
pub enum Event {
    /// A playbook starts.
    Playbook {
        /// Its path as it was given.
        path: String,
        /// Number of its plays.
        plays: usize,
    },
    /// A play (or batch of it) starts.
    Play {
        /// What stands in the banner.
        name: String,
        /// Its hosts.
        hosts: Vec<Arc<str>>,
    },
    /// No host matches the play's pattern.
    NoHostsMatched,
    /// No host is left to go on with.
    NoHostsRemaining,
    /// A task starts (the banner).
    Task(Arc<TaskInfo>),
    /// A task starts on one host.
    HostStart {
        /// Which task.
        task: Arc<TaskInfo>,
        /// Which host.
        host: Arc<str>,
    },
    /// One item of a loop ended.
    Item(TaskResult),
    /// A task ended on a host.
    Result(TaskResult),
    /// A task will be tried again.
    Retry {
        /// Which task.
        task: Arc<TaskInfo>,
        /// Which host.
        host: Arc<str>,
        /// How many tries are left.
        left: u32,
        /// The last result.
        result: Value,
    },
    /// A file or role was included.
    Included {
        /// Absolute path of the file, or name of the role.
        file: String,
        /// Hosts that include it.
        hosts: Vec<Arc<str>>,
        /// Label of the item.
        item: Option<String>,
    },
    /// A handler was notified (`-vv`).
    Notified {
        /// Its name.
        handler: String,
        /// By which host.
        host: Arc<str>,
    },
    /// A meta action took place (`-vv`).
    Meta {
        /// Text to show.
        text: String,
        /// For which host.
        host: Option<Arc<str>>,
    },
    /// A warning; each distinct text is shown once.
    Warning(Diagnostic),
    /// A deprecation; each distinct text is shown once.
    Deprecated(Diagnostic),
    /// An error that belongs to no task.
    Error(Diagnostic),
    /// Bytes of a long transfer, for the live line.
    Progress {
        /// Which host.
        host: Arc<str>,
        /// Bytes so far.
        done: u64,
        /// Bytes in all, when known.
        total: Option<u64>,
    },
    /// How far a long stream between two hosts is; told twice a second.
    Stream {
        /// What it carries where: `tank/a -> backup:b/a`.
        edge: Arc<str>,
        /// Bytes so far.
        done: u64,
        /// Bytes in all, as far as the sender could tell.
        estimate: Option<u64>,
        /// Whether it is over.
        over: bool,
    },
    /// Custom statistics of `set_stats`.
    CustomStats(BTreeMap<String, Value>),
    /// Hosts to try again were written to this file.
    RetryFile(String),
    /// The run is over.
    Recap(BTreeMap<String, HostCounts>),
}
