//! What a module wants done, as data.

use super::file::WriteFile;
use super::host::Command;
use super::input::Tree;
use super::probe::Probe;
use super::world::Effect;
use super::{Answer, Fields};
use crate::base::Value;
use std::time::Duration;

/// How risky a change is (for approval).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Risk {
    /// Undone by running the old version again.
    #[default]
    Low,
    /// Interrupts a service.
    Medium,
    /// May cut off access or lose data that can be restored.
    High,
    /// Loses data for good.
    Critical,
}

/// How it is decided whether a change counts as *changed*.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ChangeKind {
    /// The plan knows what it changes.
    #[default]
    Plain,
    /// Only the tool knows: changed when the second look differs from the first.
    May,
    /// An action asked for each time: changed once its command succeeded.
    Act,
    /// Needed before others, never counted; a plan of these only does nothing and is *ok*, unless it
    /// looks again: then what follows is known only once they ran.
    Prelude,
    /// Asked for each time and done each time, but nothing that counts: a daemon-reload.
    Quiet,
}

/// One thing to do on a host. Paths are absolute. Every operation either does all or leaves things
/// as they were, as far as the system allows.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// Writes a file.
    WriteFile(Box<WriteFile>),
    /// Unpacks the given entries of a controller's directory below `dest` in one stream.
    WriteTree {
        /// Directory on the host; exists.
        dest: String,
        /// What is sent: only what differs.
        tree: Tree,
        /// Bits for files; None: those of the source entry.
        file_mode: Option<u32>,
        /// Bits for directories.
        dir_mode: Option<u32>,
        /// Owner and group by name or number.
        owner: Option<String>,
        /// Group by name or number.
        group: Option<String>,
    },
    /// Sets permission bits.
    SetMode {
        /// What.
        path: String,
        /// Permission bits.
        mode: u32,
        /// Whether a link is followed.
        follow: bool,
    },
    /// Sets owner, group or both, by name or number.
    SetOwner {
        /// What.
        path: String,
        /// Owner.
        owner: Option<String>,
        /// Group.
        group: Option<String>,
        /// Whether a link is followed.
        follow: bool,
    },
    /// Removes a file, link or (with all below it) directory.
    Remove {
        /// What.
        path: String,
        /// Whether a directory with contents may go.
        recursive: bool,
    },
    /// Makes a directory; its parent exists.
    MakeDir {
        /// Where.
        path: String,
        /// Permission bits; None: 0777 less the umask.
        mode: Option<u32>,
    },
    /// Makes or replaces a link.
    Link {
        /// Where the link is.
        path: String,
        /// What it points to, as text.
        target: String,
        /// Whether it is a hard link.
        hard: bool,
        /// Whether something else there is replaced.
        replace: bool,
    },
    /// Makes an empty file, or sets times of what is there.
    Touch {
        /// What.
        path: String,
        /// Access time in seconds since 1970; None: now; `Some(None)` is not set.
        atime: Option<f64>,
        /// Modification time.
        mtime: Option<f64>,
    },
    /// Copies a file on the host itself to a new name, with mode and owner.
    CopyOnHost {
        /// Source on the host.
        from: String,
        /// The file that becomes it; `content` is ignored.
        to: Box<WriteFile>,
    },
    /// Runs a program.
    Run(Command),
    /// Runs a shell function of ours that changes the host.
    Script(Probe),
    /// A transfer between two hosts (reserved for replication).
    Stream {
        /// Command whose output is sent, on the host named first.
        from: (String, Command),
        /// Command that takes it, on the host named first.
        to: (String, Command),
    },
    /// What can cut our own way in: armed rollback, apply, confirm over a new connection, disarm.
    Guarded {
        /// Does it.
        apply: Command,
        /// Undoes it; run on the host when nobody confirms.
        rollback: Command,
        /// Proves over a new connection that it works.
        confirm: Command,
        /// Time until the host restores itself.
        deadline: Duration,
    },
}

/// One operation with all that is said about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What to do.
    pub op: Op,
    /// How it counts.
    pub kind: ChangeKind,
    /// What it will leave behind.
    pub effects: Vec<Effect>,
    /// Approval.
    pub risk: Risk,
    /// Name of a lock per machine that is held meanwhile, such as `pkg`. See `Platform::part_of` for jails.
    pub lock: Option<&'static str>,
    /// One phrase for people: `write /etc/hosts`.
    pub why: String,
}

impl Change {
    /// A plain change of low risk.
    pub fn new(op: Op, why: impl Into<String>) -> Self {
        Self {
            op,
            kind: ChangeKind::Plain,
            effects: Vec::new(),
            risk: Risk::Low,
            lock: None,
            why: why.into(),
        }
    }

    /// The same with one more effect.
    #[must_use]
    pub fn effect(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }

    /// The same, counted otherwise.
    #[must_use]
    pub fn kind(mut self, kind: ChangeKind) -> Self {
        self.kind = kind;
        self
    }

    /// The same under a lock.
    #[must_use]
    pub fn lock(mut self, lock: &'static str) -> Self {
        self.lock = Some(lock);
        self
    }

    /// The same with this risk.
    #[must_use]
    pub fn risk(mut self, risk: Risk) -> Self {
        self.risk = risk;
        self
    }
}

/// Changes that depend on each other: the first failure ends them, not the other parts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    /// Name in errors, such as a dataset; empty for a module's only part.
    pub name: String,
    /// In order.
    pub changes: Vec<Change>,
}

/// What follows after a plan was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Then {
    /// The second look must show every change; done.
    #[default]
    Done,
    /// Probe and plan again (package manager bootstrapped, then packages). The next looks of this task
    /// find the effects of its preludes and `May` changes in the world, so that no plan asks for them twice.
    LookAgain,
}

/// One difference to show, with Ansible's keys.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diff {
    /// Text or dict before; None: key absent.
    pub before: Option<Value>,
    /// Text or dict after.
    pub after: Option<Value>,
    /// Name behind `--- before`.
    pub before_header: Option<String>,
    /// Name behind `+++ after`.
    pub after_header: Option<String>,
    /// A ready text, shown as it is.
    pub prepared: Option<String>,
    /// Why a side is not shown: `src_binary`, `dst_binary` (1), `src_larger`, `dst_larger` (the limit).
    pub skipped: Vec<(&'static str, i64)>,
}

impl Diff {
    /// The dict that Ansible's result holds.
    pub fn to_value(&self) -> Value {
        let mut entries: Vec<(&str, Value)> = Vec::new();
        let text = |text: &String| Value::str(text.as_str());
        entries.extend(self.before.clone().map(|v| ("before", v)));
        entries.extend(self.after.clone().map(|v| ("after", v)));
        entries.extend(self.before_header.as_ref().map(|h| ("before_header", text(h))));
        entries.extend(self.after_header.as_ref().map(|h| ("after_header", text(h))));
        entries.extend(self.prepared.as_ref().map(|p| ("prepared", text(p))));
        entries.extend(self.skipped.iter().map(|(key, value)| (*key, Value::from(*value))));
        entries.into_iter().collect()
    }
}

/// Everything a task would do on one host.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Independent parts; none or only empty ones: *ok*.
    pub parts: Vec<Part>,
    /// What follows.
    pub then: Then,
    /// What `--diff` shows.
    pub diff: Vec<Diff>,
    /// Why the plan cannot be sure (check mode on a predicted world).
    pub uncertain: Option<String>,
    /// Result fields that are known before anything is applied.
    pub fields: Fields,
    /// Warnings for the operator.
    pub warnings: Vec<String>,
}

impl Plan {
    /// Nothing to do.
    pub fn ok() -> Self {
        Self::default()
    }

    /// One part with these changes.
    pub fn of(changes: Vec<Change>) -> Self {
        Self { parts: vec![Part { name: String::new(), changes }], ..Self::default() }
    }

    /// The same with a difference to show.
    #[must_use]
    pub fn diff(mut self, diff: Diff) -> Self {
        self.diff.push(diff);
        self
    }

    /// All changes of all parts, in order.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.parts.iter().flat_map(|part| part.changes.iter())
    }

    /// Whether there is anything to do: more than preludes, or preludes to look again after.
    pub fn has_work(&self) -> bool {
        self.changes()
            .any(|change| change.kind != ChangeKind::Prelude || self.then == Then::LookAgain)
    }

    /// Whether anything to do would count as *changed*.
    pub fn counts(&self) -> bool {
        let silent = |kind| matches!(kind, ChangeKind::Prelude | ChangeKind::Quiet);
        self.changes().any(|change| !silent(change.kind))
    }
}

/// A change that was tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Ran {
    /// What was to be done.
    pub change: Change,
    /// What came back: code 0 is success.
    pub answer: Answer,
    /// Path of the kept old file.
    pub backup: Option<String>,
}

impl Ran {
    /// Code of a file change whose target is another than the plan saw: look and plan again.
    pub const MOVED: i32 = 900;
    /// Code of a file whose `validate` command failed with n: 1000 + n. stdout and stderr are that
    /// command's.
    pub const INVALID: i32 = 1000;
    /// Code of a guarded change that nobody could confirm; stderr says what became of its rollback.
    pub const UNCONFIRMED: i32 = 906;
    /// Code of a target that is a directory, or whose directory is missing.
    pub const NO_PLACE: i32 = 904;

    /// Whether the target was another than the plan saw.
    pub fn moved(&self) -> bool {
        self.answer.rc == Self::MOVED
    }

    /// The code of the `validate` command that refused the new file.
    pub fn invalid(&self) -> Option<i32> {
        Some(self.answer.rc - Self::INVALID).filter(|code| (0..256).contains(code))
    }
}
