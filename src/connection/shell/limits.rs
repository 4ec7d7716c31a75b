//! Time limits, counters.

use super::budget::Budget;
use super::meter::Meter;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What a shell may take, in time and memory.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Until the login shell answers.
    pub open: Duration,
    /// Until a become prompt or the other user's shell comes.
    pub becoming: Duration,
    /// For a light probe, from the answer before it.
    pub probe: Duration,
    /// For a heavy probe.
    pub heavy: Duration,
    /// Bytes of one answer that is kept in memory; what is beyond fails it.
    pub answer: usize,
    /// Bytes of answers that nobody took yet, over all hosts.
    pub budget: Arc<Budget>,
    /// Told how far long transfers are.
    pub meter: Meter,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            open: Duration::from_secs(30),
            becoming: Duration::from_secs(12),
            probe: Duration::from_mins(2),
            heavy: Duration::from_mins(30),
            answer: 512 << 20,
            budget: Arc::new(Budget::new(256 << 20)),
            meter: Meter::default(),
        }
    }
}

/// What a shell has done so far; for tests and benches.
#[derive(Debug, Default)]
pub struct Counts {
    requests: AtomicU64,
    trips: AtomicU64,
    writes: AtomicU64,
    shells: AtomicU64,
}

impl Counts {
    /// Requests sent, functions sent ahead of them not counted.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Round trips: writes to a shell that owed no answer.
    pub fn trips(&self) -> u64 {
        self.trips.load(Ordering::Relaxed)
    }

    /// Writes to the channel.
    pub fn writes(&self) -> u64 {
        self.writes.load(Ordering::Relaxed)
    }

    /// Shells started, the first one included.
    pub fn shells(&self) -> u64 {
        self.shells.load(Ordering::Relaxed)
    }

    pub(super) fn request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn trip(&self) {
        self.trips.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn write(&self) {
        self.writes.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn shell(&self) {
        self.shells.fetch_add(1, Ordering::Relaxed);
    }
}
