//! Whether a machine runs, and how it is started and stopped until that is so.

use crate::modules::told::Told;
use crate::spec::{Change, Op, Probe};

/// What is seen of a machine's process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Running {
    /// There is no trace of it.
    #[default]
    No,
    /// The kernel has its memory, but no process is there: a crash leaves that, and nothing starts before it is gone.
    Left,
    /// It runs.
    Yes,
}

impl Running {
    /// Reads what `running.sh` told.
    pub fn of(told: &Told) -> Self {
        match (told.worked("process"), told.text("device").trim()) {
            (true, _) => Self::Yes,
            (false, "yes") => Self::Left,
            _ => Self::No,
        }
    }
}

/// A pattern of pgrep(1) for the process of exactly this machine.
pub fn pattern(name: &str) -> String {
    format!("bhyve: {}( .bhyve.)?", name.replace('.', "[.]"))
}

/// The change that starts or stops a machine and waits until that is seen.
pub fn change(words: [&str; 5], why: String) -> Change {
    let name = words[2].to_string();
    let [verb, tool, _, log, limit] = words.map(str::to_string);
    let pattern = pattern(&name);
    let probe = Probe::new("bhyve_run", include_str!("run.sh"));
    Change::new(Op::Script(probe.words([verb, tool, name, pattern, log, limit])), why).lock("vm")
}
