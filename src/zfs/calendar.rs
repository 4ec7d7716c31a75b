//! Zones, days and weeks: what lies between a number of seconds and a calendar.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};

/// A zone nobody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneError(pub String);

impl fmt::Display for ZoneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no time zone of this machine, such as UTC or Europe/Berlin", self.0)
    }
}

impl std::error::Error for ZoneError {}

/// The zone of this name in the time zone database, or a POSIX rule such as `CET-1CEST,M3.5.0,M10.5.0/3`.
///
/// # Errors
/// It is neither.
pub fn zone(text: &str) -> Result<TimeZone, ZoneError> {
    if text.eq_ignore_ascii_case("utc") || text == "Z" {
        return Ok(TimeZone::UTC);
    }
    if text.contains(',') {
        return TimeZone::posix(text).map_err(|_| ZoneError(text.to_owned()));
    }
    TimeZone::get(text).map_err(|_| ZoneError(text.to_owned()))
}

/// Seconds since 1970 as `2026-11-23T11:30:00Z`; `@SECONDS` beyond what a calendar has.
#[must_use]
pub fn utc(seconds: i64) -> String {
    match Timestamp::from_second(seconds) {
        Ok(time) => time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        Err(_) => format!("@{seconds}"),
    }
}

/// What [`utc`] wrote, back in seconds; nothing else, not even another zone.
#[must_use]
pub fn from_utc(text: &str) -> Option<i64> {
    let seconds = DateTime::strptime("%Y-%m-%dT%H:%M:%SZ", text).ok()?;
    let seconds = TimeZone::UTC.to_timestamp(seconds).ok()?.as_second();
    (utc(seconds) == text).then_some(seconds)
}

/// A time as the calendar has it; one that no calendar has is moved to its end.
#[must_use]
pub fn timestamp(seconds: i64) -> Timestamp {
    let end = if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_second(seconds).unwrap_or(end)
}

/// A part of the calendar that retention counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    /// A clock hour; both passes of a repeated hour count.
    Hourly,
    /// A day of the zone.
    Daily,
    /// A week from Monday, as ISO 8601 has it.
    Weekly,
    /// A month.
    Monthly,
    /// A year.
    Yearly,
}

impl Period {
    /// All, the finest first.
    pub const ALL: [Self; 5] =
        [Self::Hourly, Self::Daily, Self::Weekly, Self::Monthly, Self::Yearly];

    /// The word of policies: `hourly`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Hourly => "hourly",
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::Yearly => "yearly",
        }
    }

    /// Which of these periods a time falls into: equal for times of the same one, and ordered as they are.
    #[must_use]
    pub fn bucket(self, zone: &TimeZone, seconds: i64) -> i64 {
        let time = timestamp(seconds);
        let local = zone.to_datetime(time);
        match self {
            // The start of the clock hour: where an hour is repeated, its two passes differ.
            Self::Hourly => {
                time.as_second() - i64::from(local.minute()) * 60 - i64::from(local.second())
            }
            Self::Daily => day(local.date()),
            // Day 0 was a Thursday.
            Self::Weekly => (day(local.date()) + 3).div_euclid(7),
            Self::Monthly => i64::from(local.year()) * 12 + i64::from(local.month()),
            Self::Yearly => i64::from(local.year()),
        }
    }
}

/// Days since 1970-01-01.
fn day(date: Date) -> i64 {
    TimeZone::UTC
        .to_timestamp(date.to_datetime(jiff::civil::Time::midnight()))
        .map_or(0, |time| time.as_second().div_euclid(86_400))
}

/// When a clock of the zone shows this time: for one that is repeated the first, for one that is skipped the moment the
/// clock jumps over it.
#[must_use]
pub fn moment(zone: &TimeZone, local: DateTime) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(local);
    match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => {
            ambiguous.earlier().ok()
        }
        AmbiguousOffset::Gap { .. } => {
            let behind = ambiguous.later().ok()?;
            // "Preceding" is strictly so, and the first skipped time is the jump itself.
            let behind = behind.checked_add(jiff::SignedDuration::from_secs(1)).ok()?;
            Some(zone.preceding(behind).next().map_or(behind, |jump| jump.timestamp()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utc_is_written_and_read() {
        assert_eq!(utc(1_795_433_400), "2026-11-23T11:30:00Z");
        assert_eq!(from_utc("2026-11-23T11:30:00Z"), Some(1_795_433_400));
        assert_eq!(utc(-1), "1969-12-31T23:59:59Z");
        assert_eq!(from_utc(&utc(-1)), Some(-1));
        assert_eq!(utc(i64::MAX), "@9223372036854775807");
        for bad in [
            "2026-11-23T11:30:00",
            "2026-11-23T11:30:00+01:00",
            "2026-11-23 11:30:00Z",
            "2026-1-23T11:30:00Z",
            "2026-02-30T11:30:00Z",
            "2026-11-23T11:30:00ZZ",
            "2026-11-23T11:30:60Z",
            "",
        ] {
            assert_eq!(from_utc(bad), None, "{bad}");
        }
    }

    #[test]
    fn zones_have_names_or_rules() {
        assert_eq!(zone("utc"), Ok(TimeZone::UTC));
        let berlin = zone("Europe/Berlin").unwrap();
        let rule = zone("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        for seconds in [1_774_745_999, 1_774_746_000, 1_795_433_400] {
            let time = timestamp(seconds);
            assert_eq!(berlin.to_offset(time), rule.to_offset(time), "{seconds}");
        }
        assert_eq!(zone("Europe/Bielefeld"), Err(ZoneError("Europe/Bielefeld".into())));
        assert_eq!(
            zone("").unwrap_err().to_string(),
            "\"\" is no time zone of this machine, such as UTC or Europe/Berlin"
        );
    }

    #[test]
    fn buckets_follow_the_zone() {
        let berlin = zone("Europe/Berlin").unwrap();
        let at = |text: &str| from_utc(text).unwrap();
        for (period, a, b, same) in [
            // 22:30Z in summer is the next day in Berlin.
            (Period::Daily, "2026-07-01T21:59:59Z", "2026-07-01T22:00:00Z", false),
            (Period::Daily, "2026-07-01T22:00:00Z", "2026-07-02T21:59:59Z", true),
            // Sunday evening, Monday morning.
            (Period::Weekly, "2026-11-22T22:59:59Z", "2026-11-22T23:00:00Z", false),
            (Period::Weekly, "2026-11-22T23:00:00Z", "2026-11-29T22:59:59Z", true),
            // A week that lies in two years is one.
            (Period::Weekly, "2026-12-28T12:00:00Z", "2027-01-03T12:00:00Z", true),
            (Period::Monthly, "2026-10-31T22:59:59Z", "2026-10-31T23:00:00Z", false),
            (Period::Yearly, "2026-12-31T22:59:59Z", "2026-12-31T23:00:00Z", false),
            (Period::Hourly, "2026-07-01T10:00:00Z", "2026-07-01T10:59:59Z", true),
            // 02:30 twice: the repeated hour is two hours, the day is one.
            (Period::Hourly, "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", false),
            (Period::Daily, "2026-10-24T22:00:00Z", "2026-10-25T22:59:59Z", true),
            // The day with 23 hours.
            (Period::Daily, "2026-03-28T23:00:00Z", "2026-03-29T21:59:59Z", true),
            (Period::Daily, "2026-03-29T21:59:59Z", "2026-03-29T22:00:00Z", false),
        ] {
            let (first, second) = (period.bucket(&berlin, at(a)), period.bucket(&berlin, at(b)));
            assert_eq!(first == second, same, "{period:?} {a} {b}");
            assert!(first <= second, "{period:?} {a} {b}");
        }
    }

    #[test]
    fn a_skipped_time_is_the_jump_and_a_repeated_one_the_first() {
        let berlin = zone("Europe/Berlin").unwrap();
        for (local, instant) in [
            ("2026-03-29T01:59:59", "2026-03-29T00:59:59Z"),
            ("2026-03-29T02:00:00", "2026-03-29T01:00:00Z"),
            ("2026-03-29T02:30:00", "2026-03-29T01:00:00Z"),
            ("2026-03-29T03:00:00", "2026-03-29T01:00:00Z"),
            ("2026-10-25T02:30:00", "2026-10-25T00:30:00Z"),
            ("2026-10-25T03:00:00", "2026-10-25T02:00:00Z"),
        ] {
            let found = moment(&berlin, local.parse().unwrap()).unwrap();
            assert_eq!(utc(found.as_second()), instant, "{local}");
        }
    }
}
