//! Names of snapshots: `PREFIX_2026-11-23T11:30:00Z_KIND`, and `.2` behind it where that name is taken.

use std::fmt;

use crate::zfs::calendar::{from_utc, utc};
use crate::zfs::name::{NameError, check_part};

/// The name of a snapshot of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    prefix: String,
    at: i64,
    kind: String,
    again: u32,
}

impl Name {
    /// The name of a slot. `prefix` may have underscores; `kind` (`daily`, `15min`, `manual`) has letters, digits and `-`.
    ///
    /// # Errors
    /// What can't stand in a name of ZFS, or in a kind.
    pub fn new(prefix: &str, at: i64, kind: &str) -> Result<Self, NameError> {
        check_part(prefix)?;
        check_part(kind)?;
        if let Some(c) = kind.chars().find(|c| !is_kind(*c)) {
            return Err(NameError::Character(c));
        }
        let name = Self { prefix: prefix.to_owned(), at, kind: kind.to_owned(), again: 1 };
        // A time beyond the calendar would be written with an `@`.
        check_part(&name.to_string())?;
        Ok(name)
    }

    /// A name of this form taken apart, whatever its prefix; none for others' names.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (rest, kind) = text.rsplit_once('_')?;
        let (prefix, time) = rest.rsplit_once('_')?;
        let (kind, again) = match kind.split_once('.') {
            Some((kind, again)) => (kind, again.parse().ok()?),
            None => (kind, 1),
        };
        let name = Self { again, ..Self::new(prefix, from_utc(time)?, kind).ok()? };
        // `.1`, `.02` and `.+2` are not ours.
        (name.to_string() == text).then_some(name)
    }

    /// What stands in front.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The start of its slot, in seconds since 1970.
    #[must_use]
    pub fn at(&self) -> i64 {
        self.at
    }

    /// `daily`, `15min`, `manual`.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Which of several with the same slot it is, from 1.
    #[must_use]
    pub fn again(&self) -> u32 {
        self.again
    }

    fn same_slot(&self, other: &Self) -> bool {
        (&self.prefix, self.at, &self.kind) == (&other.prefix, other.at, &other.kind)
    }
}

fn is_kind(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-'
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}_{}", self.prefix, utc(self.at), self.kind)?;
        if self.again == 1 { Ok(()) } else { write!(f, ".{}", self.again) }
    }
}

/// Under which name a snapshot is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// Under this one, which is free.
    Take(Name),
    /// Not at all: this one is the newest, and nothing was written since.
    Already(Name),
}

/// Settles a name that may be taken. `existing` are the dataset's snapshots (what stands behind their `@`), the newest last;
/// `written` is how many bytes were written since the newest, if the dataset can say.
#[must_use]
pub fn settle(name: &Name, existing: &[&str], written: Option<u64>) -> Settled {
    let same = |text: &str| Name::parse(text).filter(|other| other.same_slot(name));
    let newest = existing.last().and_then(|newest| same(newest));
    if let (Some(newest), Some(0)) = (newest, written) {
        return Settled::Already(newest);
    }
    let last = existing.iter().filter_map(|text| same(text)).map(|other| other.again).max();
    Settled::Take(Name { again: last.map_or(1, |last| last.saturating_add(1)), ..name.clone() })
}
