//! The rules of look-ahead, one by one. All of them hold; a test switches one off to show what it is for.

/// One rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum AheadRule {
    /// An answer is used for the very question it answers.
    SameQuestion,
    /// A host's own change drops what it was asked before.
    OwnChange,
    /// Another host's change drops what was asked before it: hosts share things.
    OthersChange,
    /// Slow questions, those that run foreign scripts and those that need a lock are asked at their turn.
    Light,
    /// A question goes to the identity that its task has.
    Identity,
    /// `run_once`: only the host that runs the task is asked.
    Once,
    /// `until` and `retries` look at the moment of each try.
    Tries,
    /// Names that a task in flight will set are not read.
    Pending,
    /// Nothing is evaluated ahead that acts or reads what changes by itself: clocks, pipes, files, chance.
    Pure,
    /// Other hosts' variables are not read while those hosts may be behind.
    Others,
    /// Behind a change that notifies, nothing beyond the next flush of handlers is asked.
    Flush,
    /// The window falls back to one task behind a change, and doubles with each task that has none.
    Window,
}

/// Which rules hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AheadRules(u16);

impl AheadRules {
    /// All of them.
    pub const ALL: Self = Self(u16::MAX);

    /// All but one.
    pub fn without(rule: AheadRule) -> Self {
        Self(!(1 << rule as u8))
    }

    /// Whether this one holds.
    pub fn hold(self, rule: AheadRule) -> bool {
        self.0 & (1 << rule as u8) != 0
    }
}
