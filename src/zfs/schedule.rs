//! When snapshots are due, and their names.
//!
//! A snapshot of the schedule is named after its slot, not after the moment it was taken (ZFS keeps that as `creation`): two
//! runs in one slot ask for one name. Names are in UTC, so they are unique and in order whatever the zone's clocks do.
//!
//! Clocks that change: slots of an hour and less are real hours, so a skipped hour has none and a repeated one has its two.
//! Longer ones are times of the zone's clock: a skipped one begins when the clock jumps over it, a repeated one the first
//! time only.

mod every;
mod name;
#[cfg(test)]
mod tests;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

use super::calendar::{moment, timestamp};
pub use every::{Every, EveryError};
pub use name::{Name, Settled, settle};

/// A schedule of one kind of snapshots.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// How often.
    pub every: Every,
    /// The time of the day at which slots of a day and more begin; the shorter ones begin on the full hour or at midnight.
    pub at: Time,
    /// Whose clock.
    pub zone: TimeZone,
}

/// What to do for a slot that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Take the snapshot.
    Take,
    /// Nothing was written since the last one and empty ones are not wanted: record the time of this look, so that freshness
    /// knows that nothing is missing.
    Checked,
}

impl Schedule {
    /// A schedule that begins its days at midnight.
    #[must_use]
    pub fn new(every: Every, zone: TimeZone) -> Self {
        Self { every, at: Time::midnight(), zone }
    }

    /// When the slot that `now` is in began (seconds since 1970); none at the ends of the calendar.
    #[must_use]
    pub fn slot(&self, now: i64) -> Option<i64> {
        let now = timestamp(now);
        match self.every.real_minutes() {
            Some(minutes) => self.real(now, minutes),
            None => self.near(now).into_iter().filter(|start| *start <= now).max(),
        }
        .map(Timestamp::as_second)
    }

    /// When the next slot begins.
    #[must_use]
    pub fn next(&self, now: i64) -> Option<i64> {
        let now = timestamp(now);
        let Some(minutes) = self.every.real_minutes() else {
            let starts = self.near(now).into_iter();
            return starts.filter(|start| *start > now).min().map(Timestamp::as_second);
        };
        let end = SignedDuration::from_secs(minutes * 60 - self.into(now, minutes));
        let end = Timestamp::from_second(now.as_second()).ok()?.checked_add(end).ok()?;
        let change = self.zone.following(now).next().map(|change| change.timestamp());
        Some(change.map_or(end, |change| change.min(end)).as_second())
    }

    /// The slot to take a snapshot of now, if none of the existing slots is in it. Slots of the future don't count: a clock
    /// that was ahead for once must not stop the schedule.
    #[must_use]
    pub fn due(&self, existing: &[i64], now: i64) -> Option<i64> {
        let slot = self.slot(now)?;
        let done = existing.iter().any(|taken| (slot..=now).contains(taken));
        (!done).then_some(slot)
    }

    /// The start of a slot of an hour or less. Where the clock changes within one, the change begins another.
    fn real(&self, now: Timestamp, minutes: i64) -> Option<Timestamp> {
        let second = Timestamp::from_second(now.as_second()).ok()?;
        let start = second.checked_sub(SignedDuration::from_secs(self.into(now, minutes))).ok()?;
        let behind = second.checked_add(SignedDuration::from_secs(1)).ok()?;
        let change = self.zone.preceding(behind).next().map(|change| change.timestamp());
        Some(change.map_or(start, |change| change.max(start)))
    }

    /// How many seconds the clock shows since the last full so many minutes.
    fn into(&self, now: Timestamp, minutes: i64) -> i64 {
        let local = self.zone.to_datetime(now);
        i64::from(local.minute()) % minutes * 60 + i64::from(local.second())
    }

    /// Starts of the longer slots around a moment, as instants: with a clock that changes the order on it is not enough.
    fn near(&self, now: Timestamp) -> Vec<Timestamp> {
        let local = self.zone.to_datetime(now);
        let steps = (-2..=2).filter_map(|step| self.start(local, step));
        steps.filter_map(|start| moment(&self.zone, start)).collect()
    }

    /// The start, on the clock, of the slot a time is in (the time of the day apart), and those before and after it.
    fn start(&self, local: DateTime, step: i64) -> Option<DateTime> {
        let date = local.date();
        let day = |date: Date, span: Span| Some(date.checked_add(span).ok()?.to_datetime(self.at));
        match self.every {
            Every::Minutes(_) => None,
            Every::Hours(hours) => {
                let hours = i64::from(hours);
                let begun = i64::from(local.hour()) / hours * hours + step * hours;
                let midnight = date.to_datetime(Time::midnight());
                midnight.checked_add(Span::new().try_hours(begun).ok()?).ok()
            }
            Every::Day => day(date, Span::new().try_days(step).ok()?),
            Every::Week => {
                let monday = i64::from(date.weekday().to_monday_zero_offset());
                day(date, Span::new().try_days(step * 7 - monday).ok()?)
            }
            Every::Month => day(date.first_of_month(), Span::new().try_months(step).ok()?),
            Every::Year => day(date.first_of_year(), Span::new().try_years(step).ok()?),
        }
    }
}

/// What to do for a slot that is due: `written` is how many bytes the dataset says were written since its newest snapshot
/// (none where it can't say), `skip_empty` whether a snapshot of nothing is unwanted.
#[must_use]
pub fn step(skip_empty: bool, written: Option<u64>) -> Step {
    if skip_empty && written == Some(0) { Step::Checked } else { Step::Take }
}
