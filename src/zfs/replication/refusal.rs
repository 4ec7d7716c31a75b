//! Why a dataset is not copied, and what can be done about it.

use super::edge::Divergence;
use super::token::Stale;
use crate::zfs::listing::Snapshot;
use crate::zfs::name::Dataset;
use std::fmt;

/// What stands in the way of a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The source is not there.
    NoSource,
    /// The source has no snapshot that the policy takes.
    NothingSelected,
    /// The target was written to behind its newest snapshot.
    Modified {
        /// Bytes.
        written: u64,
    },
    /// The target has snapshots of its own with content.
    Newer {
        /// Those behind the common one.
        snapshots: Vec<Snapshot>,
        /// The common one's name on the target.
        base: String,
    },
    /// The target has snapshots, none of them the source's.
    NoCommon {
        /// How many it has.
        count: usize,
    },
    /// The target is there and has no snapshots: nobody sent it.
    NotACopy,
    /// A rung of the ladder is allowed, but would destroy what somebody holds.
    Kept {
        /// The rung.
        rung: Divergence,
        /// Each with its reason.
        what: Vec<String>,
    },
    /// A dataset of the target was copied from this one under its former name.
    Renamed {
        /// Its name on the target.
        was: Dataset,
    },
    /// An unfinished receive that cannot be used and must not be dropped.
    Token(Stale),
    /// A rule on encryption.
    Encryption(String),
    /// Something the other side's ZFS or pool lacks.
    Lacks(String),
    /// Too long, or no name at all on the target.
    Name(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSource => write!(f, "the source is not there"),
            Self::NothingSelected => write!(f, "the source has no snapshot that is to be copied"),
            Self::Modified { written } => {
                write!(f, "the target was modified behind its newest snapshot ({written} bytes)")
            }
            Self::Newer { snapshots, base } => {
                let names: Vec<String> =
                    snapshots.iter().map(|one| format!("@{}", one.name)).collect();
                write!(
                    f,
                    "the target has diverged: behind the common @{base} it has {}",
                    names.join(", ")
                )
            }
            Self::NoCommon { count } => {
                write!(
                    f,
                    "no common snapshot: the target has {count} of its own, a full copy would be needed"
                )
            }
            Self::NotACopy => write!(f, "the target is there without any snapshot: it is no copy"),
            Self::Kept { rung, what } => {
                write!(f, "{rung} is allowed, but would destroy what is kept: {}", what.join(", "))
            }
            Self::Renamed { was } => write!(f, "the dataset was renamed: its copy is {was}"),
            Self::Token(stale) => write!(f, "an interrupted receive is in the way: {stale}"),
            Self::Encryption(text) | Self::Lacks(text) | Self::Name(text) => f.write_str(text),
        }
    }
}

impl Refusal {
    /// What the operator can do.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let rung = |rung: Divergence| {
            Some(format!("on_divergence: {rung} would do it; see the plan for what is lost"))
        };
        match self {
            Self::Modified { .. } => Some(
                "on_divergence: rollback_latest discards it; readonly=on on the target prevents it"
                    .to_owned(),
            ),
            Self::Newer { .. } => rung(Divergence::RollbackCommon),
            Self::NoCommon { .. } | Self::NotACopy => rung(Divergence::SetAside),
            Self::Renamed { was } => {
                Some(format!("follow_renames: true renames {was} on the target"))
            }
            Self::Kept { .. } => Some("on_divergence: set_aside keeps everything".to_owned()),
            _ => None,
        }
    }
}
