//! Whether copies are what they were made of. Four levels, each with all before it: the identities and order of snapshots,
//! that nothing was written behind them, their content, and a restore drill.
//!
//! A level is only well when it was looked at; what could not be is *not known*. Everything here is a function of what
//! hosts answered; `run::replicate` asks them.

mod answer;
mod entries;
mod history;
mod mark;
mod output;

#[cfg(test)]
mod tests;

use super::name::Dataset;
use std::fmt;
use std::str::FromStr;

pub use answer::{Answers, Read, Totals, compare};
pub use entries::{Differences, Side};
pub use history::{Pick, lineage, pick, written};
pub use mark::{Mark, Marking, marking};
pub use output::{json, text, worst};

/// How deep is looked; later ones hold all before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Identities and order of snapshots.
    Guid,
    /// Nothing was written on the target since the newest common snapshot.
    Written,
    /// All content of a snapshot, by digests made on both ends.
    Content,
    /// The same, the target's read from a clone that is made and mounted for it.
    Drill,
}

impl Level {
    /// All, in their order.
    pub const ALL: [Self; 4] = [Self::Guid, Self::Written, Self::Content, Self::Drill];

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Guid => "guid",
            Self::Written => "written",
            Self::Content => "content",
            Self::Drill => "drill",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|level| level.word() == text);
        found.ok_or_else(|| format!("'{text}' is no level: guid, written, content or drill"))
    }
}

/// What came of one level of one copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Looked at, and the same; what was looked at.
    Same(String),
    /// It could not be looked at, and why.
    Unknown(String),
    /// What differs; at least one.
    Differs(Vec<String>),
}

/// One dataset and its copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// On the source.
    pub source: Dataset,
    /// On the target.
    pub target: Dataset,
    /// The levels, in their order; none where the source has no snapshots.
    pub levels: Vec<(Level, Verdict)>,
    /// What the owner should hear beside.
    pub notes: Vec<String>,
}

impl Copy {
    /// The verdict of a level.
    #[must_use]
    pub fn verdict(&self, level: Level) -> Option<&Verdict> {
        self.levels.iter().find(|(one, _)| *one == level).map(|(_, verdict)| verdict)
    }

    /// The deepest level that found a difference.
    #[must_use]
    pub fn differs(&self) -> Option<Level> {
        let bad = self.levels.iter().filter(|(_, one)| matches!(one, Verdict::Differs(_)));
        bad.map(|(level, _)| *level).max()
    }

    fn state(&self) -> State {
        let of = |verdict: &Verdict| match verdict {
            Verdict::Same(_) => State::Verified,
            Verdict::Unknown(_) => State::Unknown,
            Verdict::Differs(_) => State::Differs,
        };
        self.levels.iter().map(|(_, verdict)| of(verdict)).max().unwrap_or(State::Verified)
    }
}

/// How an edge came out; later ones are worse. A difference is certain, so it is the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// All that was asked for was looked at and is the same.
    Verified,
    /// Its removable pool is not there.
    Absent,
    /// Something could not be looked at.
    Unknown,
    /// A host could not be asked.
    Unreachable,
    /// Something differs.
    Differs,
}

impl State {
    /// Its word in results.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Absent => "absent",
            Self::Unknown => "unknown",
            Self::Unreachable => "unreachable",
            Self::Differs => "differs",
        }
    }

    /// The exit code: 0, 2 for a difference, 3 for what is not known, 4 for hosts that can't be reached.
    #[must_use]
    pub fn rc(self) -> u8 {
        match self {
            Self::Verified | Self::Absent => 0,
            Self::Differs => 2,
            Self::Unknown => 3,
            Self::Unreachable => 4,
        }
    }
}

/// What came of an edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Its id.
    pub id: String,
    /// `host:dataset`.
    pub source: String,
    /// `host:dataset`.
    pub target: String,
    /// How deep it was to be looked.
    pub level: Level,
    /// Why nothing at all could be looked at, and how bad that is.
    pub failed: Option<(State, String)>,
    /// Its datasets.
    pub copies: Vec<Copy>,
    /// What the owner should hear beside.
    pub notes: Vec<String>,
    /// Whether marks were set or taken away.
    pub changed: bool,
}

impl Verified {
    /// The worst of its datasets; nothing looked at is not known.
    #[must_use]
    pub fn state(&self) -> State {
        if let Some((state, _)) = &self.failed {
            return *state;
        }
        let looked = self.copies.iter().filter(|copy| !copy.levels.is_empty());
        looked.map(Copy::state).max().unwrap_or(State::Unknown)
    }
}
