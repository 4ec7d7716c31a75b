//! What is copied where, and what may be done about what stands in the way.

use crate::zfs::name::Dataset;
use std::fmt;

/// Which snapshots of the source are copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Select {
    /// Every one, from the oldest.
    All,
    /// Only the newest; those between two runs are passed over.
    Latest,
    /// Those whose names begin with this.
    Prefix(String),
}

impl Select {
    /// Whether a snapshot of this name is copied at all.
    #[must_use]
    pub fn takes(&self, name: &str) -> bool {
        match self {
            Self::All | Self::Latest => true,
            Self::Prefix(prefix) => name.starts_with(prefix.as_str()),
        }
    }
}

/// What becomes of encryption on the way. It has to be said: each wrong mix leaves plain text somewhere or a copy that
/// nobody can mount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// Blocks are sent as they lie on the disk (`send -w`): the target needs no key.
    Raw,
    /// Decrypted for the way and encrypted by the target's parent.
    PlainToEncrypted,
    /// Not encrypted on the target.
    Plain,
}

impl Encryption {
    /// The word of the topology file and of the mark on the target.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::PlainToEncrypted => "plain_to_encrypted",
            Self::Plain => "plain",
        }
    }

    /// The policy of a word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        [Self::Raw, Self::PlainToEncrypted, Self::Plain].into_iter().find(|one| one.word() == word)
    }
}

/// How far a run may go when the target is not what the source was. Each rung includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Divergence {
    /// Nothing: the edge stops with an explanation.
    Stop,
    /// Writes behind the newest snapshot of the target are discarded.
    RollbackLatest,
    /// Snapshots of the target behind the common one are destroyed, by name.
    RollbackCommon,
    /// The target is renamed, and everything sent again.
    SetAside,
    /// The target is destroyed, and everything sent again.
    Recreate,
}

impl Divergence {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Stop, "stop"),
        (Self::RollbackLatest, "rollback_latest"),
        (Self::RollbackCommon, "rollback_common"),
        (Self::SetAside, "set_aside"),
        (Self::Recreate, "recreate"),
    ];

    /// The rung of a word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name)| *name == word).map(|(rung, _)| *rung)
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = Self::ALL.iter().find(|(rung, _)| rung == self).map_or("", |(_, word)| word);
        f.write_str(word)
    }
}

/// How an edge is copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Which snapshots.
    pub select: Select,
    /// What becomes of encryption.
    pub encryption: Encryption,
    /// What may be done when the target has diverged.
    pub on_divergence: Divergence,
    /// Whether an interrupted receive keeps what it has (`receive -s`).
    pub resume: bool,
    /// Whether a dataset that has another name now is renamed on the target too.
    pub follow_renames: bool,
    /// Properties of the source that the target gets as its own (`receive -o`).
    pub properties: Vec<String>,
    /// More than this many snapshots in a row go as one package (`send -I`).
    pub package: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            select: Select::All,
            encryption: Encryption::Plain,
            on_divergence: Divergence::Stop,
            resume: true,
            follow_renames: false,
            properties: Vec::new(),
            package: 32,
        }
    }
}

/// A dataset on a host.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The host's name in the inventory.
    pub host: String,
    /// The dataset.
    pub dataset: Dataset,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.dataset)
    }
}

/// From where to where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// What its marks are named after: letters, digits, `-` and `_`.
    pub id: String,
    /// What is copied.
    pub source: Place,
    /// What it becomes; the dataset itself, not its parent.
    pub target: Place,
    /// Whether the datasets below it are copied too.
    pub recursive: bool,
    /// Datasets below the source that are left out with all below them: their names behind the source's.
    pub exclude: Vec<String>,
    /// How.
    pub policy: Policy,
}

impl Edge {
    /// Whether a dataset (its name behind the source's: `/a/b`) is copied.
    #[must_use]
    pub fn takes(&self, below: &str) -> bool {
        let out = |left: &String| {
            let left = left.trim_start_matches('/');
            let rest = below.trim_start_matches('/').strip_prefix(left);
            !left.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        // A verification's clone is there for a moment only.
        let passing = below.split('/').any(|part| part.starts_with(super::marks::CLONE));
        below.is_empty() || (self.recursive && !passing && !self.exclude.iter().any(out))
    }
}
