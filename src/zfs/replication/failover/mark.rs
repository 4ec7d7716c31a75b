//! What a fail-over writes on datasets, as words of properties.

use crate::zfs::listing::Listed;
use crate::zfs::name::Dataset;
use crate::zfs::replication::marks;
use crate::zfs::survey::Survey;
use std::fmt;

/// The part that an end of an edge plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// It is about to be the end in use.
    Switching,
    /// It is the end in use.
    Active,
    /// It was left.
    Standby,
}

impl Part {
    const WORDS: [(&'static str, Self); 3] =
        [("switching", Self::Switching), ("active", Self::Active), ("standby", Self::Standby)];
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = Self::WORDS.iter().find(|(_, part)| part == self).map_or("", |(word, _)| word);
        f.write_str(word)
    }
}

/// The mark of an end: `active EDGE SECONDS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Its part.
    pub part: Part,
    /// The edge that failed over.
    pub edge: String,
    /// When, in seconds since 1970, on the target's clock.
    pub since: i64,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.part, self.edge, self.since)
    }
}

impl Mark {
    /// The mark of a dataset. One that can't be read counts as in use: nothing is to be copied onto it.
    #[must_use]
    pub fn of(survey: &Survey, dataset: &Dataset) -> Option<Self> {
        let text = survey.listing.datasets.get(dataset)?.property(marks::ROLE)?;
        Some(Self::read(text).unwrap_or_else(|| Self {
            part: Part::Active,
            edge: text.to_owned(),
            since: 0,
        }))
    }

    fn read(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let (word, edge, since) = (words.next()?, words.next()?, words.next()?);
        let part = Part::WORDS.iter().find(|(name, _)| *name == word)?.1;
        Some(Self { part, edge: edge.to_owned(), since: since.parse().ok()? })
    }

    /// Whether this end came into use behind the other one.
    pub(super) fn beats(&self, other: &Self) -> bool {
        self.part == Part::Active && self.since > other.since
    }
}

/// What `readonly` was before a fail-over set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Was {
    /// Off, of its own.
    Off,
    /// Off, from above.
    Inherited,
    /// On: it stays so.
    On,
}

impl Was {
    const WORDS: [(&'static str, Self); 3] =
        [("off", Self::Off), ("inherit", Self::Inherited), ("on", Self::On)];

    /// Its word in the mark and for the script.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, was)| *was == self).map_or("", |(word, _)| word)
    }
}

/// The mark of a dataset that was made read-only: `off SECONDS set`, without its last word while that is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fence {
    /// What it was.
    pub was: Was,
    /// When, in seconds since 1970, on its host's clock.
    pub since: i64,
    /// Whether it was done.
    pub set: bool,
}

impl Fence {
    /// The mark of a dataset.
    #[must_use]
    pub fn of(one: &Listed) -> Option<Self> {
        let mut words = one.property(marks::FENCED)?.split(' ');
        let (word, since) = (words.next()?, words.next()?);
        let was = Was::WORDS.iter().find(|(name, _)| *name == word)?.1;
        Some(Self { was, since: since.parse().ok()?, set: words.next() == Some("set") })
    }

    /// Whether a dataset has still to be made read-only. Releases that do not know `written` take `readonly` of a mounted
    /// file system from a mount table that does not have it: there the mark counts.
    pub(super) fn is_open(one: &Listed) -> bool {
        let told = one.property("readonly") == Some("on") || one.property("written").is_none();
        Self::of(one).is_none_or(|fence| !fence.set || !told)
    }
}
