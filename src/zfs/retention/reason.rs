//! Why a snapshot stays or goes, and why a run is refused.

use std::fmt;

use crate::zfs::calendar::Period;
use crate::zfs::span::Span;

/// Why a snapshot stays or goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Not ours.
    Foreign,
    /// Its creation lies in the future: no rule can judge it.
    Future,
    /// The newest of ours.
    Newest,
    /// One of the newest.
    Last {
        /// Its place, from 1.
        place: u32,
        /// How many are kept.
        of: u32,
    },
    /// The newest of its period.
    Bucket {
        /// Which period.
        period: Period,
        /// The period's place among those that have snapshots, from 1.
        place: u32,
        /// How many are kept.
        of: u32,
    },
    /// Not older than this.
    Within(Span),
    /// Its name matches this.
    Matches(String),
    /// It is named among those that must stay.
    Base,
    /// Younger than `min_age`.
    MinAge(Span),
    /// One of the newest that fill up to `min_count`.
    MinCount(u32),
    /// Held, by these tags where they are known.
    Held(Vec<String>),
    /// This clone was made of it.
    Clone(String),
    /// An unfinished receive rests on it.
    Receiving,
    /// The last common snapshot with an edge's other end.
    Common(String),
    /// The last common one that is recorded with the other end of an edge, which can't be asked now.
    Recorded(String),
    /// Newer than that one: the other end may have it.
    Newer(String),
    /// The other end of an edge can't be asked, and no base that is left here is recorded.
    Unknown(String),
    /// An unfinished transfer of the edge needs it.
    Needed(String),
    /// Pruning is frozen for an edge, and why.
    Frozen(String, String),
    /// An expression gave up on its name, and why.
    Unclear(String),
    /// It goes: it is the base of this edge, but this bookmark here has its identity.
    Bookmarked(String, String),
    /// It goes.
    NoRule,
}

impl Reason {
    /// Whether a snapshot with this reason goes, if it has no other.
    #[must_use]
    pub fn destroys(&self) -> bool {
        matches!(self, Self::NoRule | Self::Bookmarked(..))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign => write!(f, "foreign"),
            Self::Future => write!(f, "creation is in the future"),
            Self::Newest => write!(f, "newest"),
            Self::Last { place, of } => write!(f, "last {place} of {of}"),
            Self::Bucket { period, place, of } => write!(f, "{} {place} of {of}", period.word()),
            Self::Within(span) => write!(f, "within {span}"),
            Self::Matches(pattern) => write!(f, "matches {pattern}"),
            Self::Base => write!(f, "named in bases"),
            Self::MinAge(span) => write!(f, "not older than min_age {span}"),
            Self::MinCount(count) => write!(f, "never fewer than {count}"),
            Self::Held(tags) if tags.is_empty() => write!(f, "held"),
            Self::Held(tags) => write!(f, "held: {}", tags.join(", ")),
            Self::Clone(name) => write!(f, "clone {name}"),
            Self::Receiving => write!(f, "an unfinished receive rests on it"),
            Self::Common(edge) => write!(f, "last common with edge {edge}"),
            Self::Recorded(edge) => write!(f, "last recorded common with edge {edge}"),
            Self::Newer(edge) => write!(f, "newer than the last recorded common with edge {edge}"),
            Self::Unknown(edge) => write!(f, "what edge {edge} needs is not known"),
            Self::Needed(edge) => write!(f, "an unfinished transfer of edge {edge} needs it"),
            Self::Frozen(edge, why) => write!(f, "pruning is frozen for edge {edge}: {why}"),
            Self::Unclear(why) => write!(f, "its name can't be judged: {why}"),
            Self::Bookmarked(edge, mark) => {
                write!(f, "the base of edge {edge} is kept by bookmark #{mark}")
            }
            Self::NoRule => write!(f, "no rule keeps it"),
        }
    }
}

/// Why nothing is destroyed at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// More at once than the policy allows.
    Mass {
        /// How many would go.
        destroys: usize,
        /// Of how many of ours.
        ours: usize,
        /// The allowed share in per cent.
        max_share: u8,
    },
    /// The policy is none.
    Policy(super::KeepError),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mass { destroys, ours, max_share } => write!(
                f,
                "{destroys} of {ours} snapshots would go, more than {max_share} %: nothing is destroyed \
                 without allow_mass_prune"
            ),
            Self::Policy(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Refusal {}

/// What an owner should hear of though nothing is destroyed for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// A snapshot's creation lies this many seconds in the future.
    Future {
        /// What stands behind its `@`.
        name: String,
        /// By how much.
        seconds: i64,
    },
    /// The wall clock is further ahead of the newest snapshot than a period; rules of age count from here (seconds since
    /// 1970).
    Behind {
        /// The time that counts as now.
        reference: i64,
    },
    /// The other end of an edge could not be asked, and why.
    Edge(String, String),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Future { name, seconds } => write!(
                f,
                "@{name} was created {} in the future: one of the clocks is wrong",
                crate::zfs::span::age(*seconds)
            ),
            Self::Behind { reference } => write!(
                f,
                "no new snapshot for more than a period: ages count from {}",
                crate::zfs::calendar::utc(*reference)
            ),
            Self::Edge(edge, why) => write!(f, "edge {edge}: {why}"),
        }
    }
}
