//! How fresh replicas are, and whether the pools under them are well: levels as monitoring knows them.
//!
//! What counts is the newest snapshot that *both* ends have. An end that could not be seen is unknown, never fine; if what
//! was recorded of it is already too old, it is that as well, since it can't have become better without us.

mod judge;
mod output;
mod seen;
#[cfg(test)]
mod tests;

use std::fmt;

use super::span::Span;

pub use judge::judge;
pub use output::{json, prometheus, text};
pub use seen::{Sides, edge, pools};

/// How bad it is, in the order in which the worst wins: critical, warning, unknown, fine. (Plugins of Nagios count the same
/// way: something certain matters more than something unseen.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Seen, and fine.
    Ok,
    /// Not seen.
    Unknown,
    /// Above the first threshold.
    Warn,
    /// Above the second.
    Crit,
}

impl Level {
    /// The exit code of monitoring plugins: 0, 1 (warning), 2 (critical), 3 (unknown).
    #[must_use]
    pub fn rc(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warn => 1,
            Self::Crit => 2,
            Self::Unknown => 3,
        }
    }

    /// The word: `OK`, `WARN`, `CRIT`, `UNKNOWN`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warn => "WARN",
            Self::Crit => "CRIT",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// Two thresholds: above the first it is a warning, above the second critical.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit<T> {
    warn: T,
    crit: T,
}

/// The second threshold is below the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitError {
    warn: String,
    crit: String,
}

impl fmt::Display for LimitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "critical above {} comes before the warning above {}", self.crit, self.warn)
    }
}

impl std::error::Error for LimitError {}

impl<T: PartialOrd + fmt::Display + Copy> Limit<T> {
    /// Both thresholds.
    ///
    /// # Errors
    /// The critical one is the lower.
    pub fn new(warn: T, crit: T) -> Result<Self, LimitError> {
        if crit < warn {
            return Err(LimitError { warn: warn.to_string(), crit: crit.to_string() });
        }
        Ok(Self { warn, crit })
    }

    /// The first threshold.
    pub fn warn(&self) -> T {
        self.warn
    }

    /// The second.
    pub fn crit(&self) -> T {
        self.crit
    }

    /// The level of a value, and the threshold it is above.
    fn level(&self, value: T) -> (Level, Option<T>) {
        if value > self.crit {
            (Level::Crit, Some(self.crit))
        } else if value > self.warn {
            (Level::Warn, Some(self.warn))
        } else {
            (Level::Ok, None)
        }
    }
}

/// What is too old and too full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The age of the newest common snapshot.
    pub common: Limit<Span>,
    /// The age of an unfinished receive.
    pub token: Limit<Span>,
    /// Holds that are older are warned of.
    pub hold: Option<Span>,
    /// How full a pool is, in per cent.
    pub capacity: Limit<u8>,
}

impl Default for Limits {
    /// For one run a day: common 26 and 50 hours, tokens 1 and 7 days, holds 30 days, pools 80 and 90 per cent.
    fn default() -> Self {
        let hours = |count: u64| Span::from_seconds(count * 3_600);
        Self {
            common: Limit { warn: hours(26), crit: hours(50) },
            token: Limit { warn: hours(24), crit: hours(7 * 24) },
            hold: Some(hours(30 * 24)),
            capacity: Limit { warn: 80, crit: 90 },
        }
    }
}

/// The newest snapshot that both ends have. Times are in seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Common {
    /// Both ends were listed; its creation.
    At(i64),
    /// Both ends were listed and have none.
    None,
    /// The target's pool comes and goes, and its host does not have it now.
    Away {
        /// The creation of the one that is recorded.
        recorded: Option<i64>,
    },
    /// One of them could not be, and why.
    Unseen {
        /// What it said.
        why: String,
        /// The creation of the one that is recorded.
        recorded: Option<i64>,
    },
}

/// What is left of a receive that did not end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// None.
    None,
    /// One that was first seen then.
    Since(i64),
    /// One that began at some time after this one.
    After(i64),
    /// One of an age that nobody recorded.
    Ageless,
    /// The target was not seen.
    Unseen,
}

/// A hold on a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The full name of the snapshot.
    pub snapshot: String,
    /// Its tag.
    pub tag: String,
    /// Since when; none where the host's text could not be told.
    pub since: Option<i64>,
    /// It is not older than this: the snapshot's creation.
    pub after: Option<i64>,
}

/// What was seen of an edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// Its id; unique.
    pub name: String,
    /// The newest common snapshot; of several datasets, the one of the dataset that is worst off.
    pub common: Common,
    /// That dataset of the source, where the edge has several.
    pub worst: Option<String>,
    /// When a run last saw both ends and found that nothing was written that the target lacks.
    pub checked: Option<i64>,
    /// How many of the source's snapshots that should be on the target are not.
    pub lag: Option<u64>,
    /// When a run that copied something last ended well.
    pub last_success: Option<i64>,
    /// How many bytes were ever sent, as far as it is recorded.
    pub bytes: Option<u64>,
    /// An unfinished receive.
    pub token: Token,
    /// Copies that a verification found to differ, with what is written in their marks.
    pub suspects: Vec<(String, String)>,
    /// Holds on either end that are this edge's; without those that keep its newest common snapshot.
    pub holds: Vec<Hold>,
}

/// What was seen of a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    /// The host by its inventory name.
    pub host: String,
    /// The pool.
    pub name: String,
    /// What was seen.
    pub state: PoolState,
}

/// What was seen of a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PoolState {
    /// It is there.
    Seen {
        /// `ONLINE`, `DEGRADED`, ... as `zpool list` has it.
        health: String,
        /// Full by so many per cent, where it says so.
        capacity: Option<u8>,
    },
    /// Its host was seen and does not have it.
    Absent {
        /// It comes and goes, and that is fine.
        removable: bool,
    },
    /// Its host was not seen, and why.
    Unseen(String),
}

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// The newest common snapshot's age.
    Common,
    /// The mark of a copy that differs.
    Suspect,
    /// An unfinished receive.
    Token,
    /// An old hold.
    Hold,
    /// A pool's health.
    Health,
    /// How full a pool is.
    Capacity,
}

impl Check {
    /// Its word: `common`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Common => "common",
            Self::Suspect => "suspect",
            Self::Token => "token",
            Self::Hold => "hold",
            Self::Health => "health",
            Self::Capacity => "capacity",
        }
    }
}

/// One result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad.
    pub level: Level,
    /// What was looked at.
    pub check: Check,
    /// In words.
    pub text: String,
}

/// An edge or a pool with its results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged<T> {
    /// What was seen.
    pub seen: T,
    /// The results; at least one.
    pub findings: Vec<Finding>,
}

impl<T> Judged<T> {
    /// The worst of the results; nothing looked at is unknown.
    #[must_use]
    pub fn level(&self) -> Level {
        self.findings.iter().map(|finding| finding.level).max().unwrap_or(Level::Unknown)
    }
}

/// All results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// When it was judged (seconds since 1970).
    pub now: i64,
    /// The edges, in their order.
    pub edges: Vec<Judged<Edge>>,
    /// The pools, in their order.
    pub pools: Vec<Judged<Pool>>,
}

impl Report {
    /// The worst of all; a report of nothing is unknown.
    #[must_use]
    pub fn level(&self) -> Level {
        let edges = self.edges.iter().map(Judged::level);
        edges.chain(self.pools.iter().map(Judged::level)).max().unwrap_or(Level::Unknown)
    }
}
