//! What an owner wants kept.

use std::fmt;

use jiff::tz::TimeZone;

use crate::base::regex::{self, Regex};
use crate::zfs::calendar::Period;
use crate::zfs::span::Span;

/// What is kept of the snapshots that are ours. The rules add up: what one of them keeps stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keep {
    /// Which snapshots are ours.
    pub scope: Scope,
    /// The newest N.
    pub last: u32,
    /// The newest of each of the last N hours that have any.
    pub hourly: u32,
    /// The same of days.
    pub daily: u32,
    /// The same of ISO weeks.
    pub weekly: u32,
    /// The same of months.
    pub monthly: u32,
    /// The same of years.
    pub yearly: u32,
    /// All that are not older.
    pub within: Option<Span>,
    /// All whose names (behind the `@`) match.
    pub regex: Option<Pattern>,
    /// Those that must stay, by name (behind the `@`) or guid.
    pub bases: Vec<String>,
    /// Nothing younger is destroyed.
    pub min_age: Option<Span>,
    /// Never fewer than N are left: the newest of what no rule keeps fill up.
    pub min_count: u32,
    /// Whose hours, days, weeks, months and years.
    pub zone: TimeZone,
    /// How much of our snapshots one run may destroy, in per cent; up to [`Keep::few`] are never too much.
    pub max_share: u8,
    /// So many are never a mass.
    pub few: usize,
    /// Destroy them all the same.
    pub allow_mass_prune: bool,
    /// What an absent target keeps.
    pub absent: Absent,
}

/// What a target that can't be asked keeps on the sender beside the base that was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Absent {
    /// All newer ones: it may have got them without a record.
    #[default]
    Newer,
    /// The base alone. Right where each snapshot is bookmarked before it is sent.
    Base,
}

/// Which snapshots are ours: the prefix and the expression must both match where both are given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    prefix: String,
    regex: Option<Pattern>,
}

/// A regular expression (Python's syntax) that is searched for in a snapshot's name.
#[derive(Clone)]
pub struct Pattern {
    text: String,
    regex: Regex,
}

/// Why a policy is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeepError {
    /// Neither prefix nor expression: everybody's snapshots would be ours.
    NoScope,
    /// No rule at all: everything but the newest would go.
    NoRule,
    /// Not an expression, and why.
    Pattern(String, String),
    /// More than 100 per cent.
    Share(u8),
}

impl fmt::Display for KeepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoScope => write!(
                f,
                "which snapshots are ours? Give a prefix or an expression ('.' for all of them)"
            ),
            Self::NoRule => write!(f, "no rule keeps anything: all but the newest would go"),
            Self::Pattern(text, why) => write!(f, "{text:?} is no regular expression: {why}"),
            Self::Share(share) => write!(f, "max_share is in per cent, and {share} are too many"),
        }
    }
}

impl std::error::Error for KeepError {}

impl Keep {
    /// A policy without rules, in UTC, that destroys half of the snapshots at most.
    #[must_use]
    pub fn new(scope: Scope) -> Self {
        Self {
            scope,
            last: 0,
            hourly: 0,
            daily: 0,
            weekly: 0,
            monthly: 0,
            yearly: 0,
            within: None,
            regex: None,
            bases: Vec::new(),
            min_age: None,
            min_count: 0,
            zone: TimeZone::UTC,
            max_share: 50,
            few: 5,
            allow_mass_prune: false,
            absent: Absent::default(),
        }
    }

    /// How many periods of a kind are kept.
    #[must_use]
    pub fn count(&self, period: Period) -> u32 {
        match period {
            Period::Hourly => self.hourly,
            Period::Daily => self.daily,
            Period::Weekly => self.weekly,
            Period::Monthly => self.monthly,
            Period::Yearly => self.yearly,
        }
    }

    /// Whether this is a policy at all.
    ///
    /// # Errors
    /// It has no rule, or a share of more than everything.
    pub fn check(&self) -> Result<(), KeepError> {
        if self.max_share > 100 {
            return Err(KeepError::Share(self.max_share));
        }
        let counted = Period::ALL.iter().any(|period| self.count(*period) > 0);
        let spans = [self.within, self.min_age].into_iter().flatten().any(|span| !span.is_zero());
        if counted || spans || self.last > 0 || self.min_count > 0 || self.regex.is_some() {
            return Ok(());
        }
        Err(KeepError::NoRule)
    }

    /// How far behind the newest snapshot the wall clock is believed, in seconds.
    pub(super) fn period(&self) -> i64 {
        if self.hourly > 0 { 3_600 } else { 86_400 }
    }
}

impl Scope {
    /// Snapshots whose names begin with the prefix and match the expression; either may be missing.
    ///
    /// # Errors
    /// Both are missing, or the expression is none.
    pub fn new(prefix: &str, regex: Option<&str>) -> Result<Self, KeepError> {
        if prefix.is_empty() && regex.is_none_or(str::is_empty) {
            return Err(KeepError::NoScope);
        }
        let regex = regex.map(Pattern::new).transpose()?;
        Ok(Self { prefix: prefix.to_owned(), regex })
    }

    /// Whether a snapshot of this name is ours.
    ///
    /// # Errors
    /// The expression gave up on this name, and why.
    pub fn holds(&self, name: &str) -> Result<bool, String> {
        if !name.starts_with(&self.prefix) {
            return Ok(false);
        }
        self.regex.as_ref().map_or(Ok(true), |regex| regex.matches(name))
    }
}

impl Pattern {
    /// Compiles an expression.
    ///
    /// # Errors
    /// It is none.
    pub fn new(text: &str) -> Result<Self, KeepError> {
        let regex = regex::python(text, "")
            .map_err(|why| KeepError::Pattern(text.to_owned(), why.to_string()))?;
        Ok(Self { text: text.to_owned(), regex })
    }

    /// Whether it matches somewhere in the name.
    ///
    /// # Errors
    /// It gave up, and why.
    pub fn matches(&self, name: &str) -> Result<bool, String> {
        self.regex.is_match(name)
    }

    /// The expression as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({:?})", self.text)
    }
}
