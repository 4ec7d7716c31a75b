//! The mark on a copy that differs: `EDGE LEVEL TIME`. While it is there nothing of the edge is pruned.

use super::{Copy, Level, Verdict};
use crate::zfs::calendar;

/// What is known of a mark. What others wrote there has no level that we know, and counts as the deepest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The edge that found it.
    pub edge: String,
    /// The deepest level that found a difference.
    pub level: Level,
}

/// What becomes of the mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Marking {
    /// It stays as it is.
    Keep,
    /// It gets this value.
    Set(String),
    /// It goes: it was looked as deep as when it was set, and nothing differs.
    Clear,
}

impl Mark {
    /// Reads a value.
    #[must_use]
    pub fn read(value: &str) -> Self {
        let mut words = value.split(' ');
        let edge = words.next().unwrap_or_default().to_owned();
        let level = words.next().and_then(|word| word.parse().ok()).unwrap_or(Level::Drill);
        Self { edge, level }
    }
}

/// What becomes of the mark of a copy, which may have one already.
#[must_use]
pub fn marking(edge: &str, copy: &Copy, mark: Option<&str>, now: i64) -> Marking {
    let old = mark.map(Mark::read);
    if let Some(level) = copy.differs() {
        // What a deeper look found is not forgotten.
        return match &old {
            Some(old) if old.level >= level => Marking::Keep,
            _ => Marking::Set(format!("{edge} {level} {}", calendar::utc(now))),
        };
    }
    let as_deep = |old: &Mark| {
        let deep = copy.levels.iter().filter(|(level, _)| *level >= old.level);
        deep.into_iter().any(|(_, verdict)| matches!(verdict, Verdict::Same(_)))
    };
    match old {
        Some(old) if old.edge == edge && as_deep(&old) => Marking::Clear,
        _ => Marking::Keep,
    }
}
