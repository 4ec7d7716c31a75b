//! Lengths of time as policies write them: `15m`, `36h`, `7d`, `1w`, `1d12h`.

use std::fmt;
use std::str::FromStr;

/// How far apart two hosts' clocks may be, in seconds, before a time counts as in the future.
pub const SKEW: i64 = 300;

/// The longest span in seconds (about 3,000 years): sums with any time of a snapshot stay in range.
const LONGEST: u64 = 100_000_000_000;

const UNITS: &[(&str, u64)] =
    &[("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("min", 60), ("s", 1)];

/// A length of time in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(u64);

/// Why a text is no length of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpanError {
    /// Nothing at all.
    Empty,
    /// A number is missing where this begins.
    Number(String),
    /// A number without a unit.
    NoUnit(String),
    /// No unit of ours; months and years have no fixed length.
    Unit(String),
    /// Longer than about 3,000 years.
    TooLong,
}

impl fmt::Display for SpanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "a length of time is missing, such as 36h or 7d"),
            Self::Number(rest) => write!(f, "{rest:?}: a whole number must stand here"),
            Self::NoUnit(number) => {
                write!(f, "{number} of what? Say {number}m, {number}h or {number}d")
            }
            Self::Unit(unit) => {
                let why = if unit.starts_with(['y', 'Y', 'M']) || unit.starts_with("mo") {
                    " (months and years have no fixed length: say days)"
                } else {
                    ""
                };
                write!(f, "{unit:?} is no unit; there are s, m, min, h, d and w{why}")
            }
            Self::TooLong => write!(f, "more than 3,000 years"),
        }
    }
}

impl std::error::Error for SpanError {}

impl Span {
    /// A span of so many seconds, 3,000 years at most.
    #[must_use]
    pub fn from_seconds(seconds: u64) -> Self {
        Self(seconds.min(LONGEST))
    }

    /// Its seconds.
    #[must_use]
    pub fn seconds(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }

    /// Whether it is no time at all.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        let mut rest = text.trim();
        if rest.is_empty() {
            return Err(SpanError::Empty);
        }
        if rest == "0" {
            return Ok(Self(0));
        }
        let mut sum = 0u64;
        while !rest.is_empty() {
            let (part, after) = one(rest)?;
            sum = sum.saturating_add(part);
            rest = after.trim_start();
        }
        if sum > LONGEST { Err(SpanError::TooLong) } else { Ok(Self(sum)) }
    }
}

/// The first number with its unit in seconds, and what follows it.
fn one(text: &str) -> Result<(u64, &str), SpanError> {
    let (number, rest) = text.split_at(end_of(text, |c| c.is_ascii_digit()));
    if number.is_empty() {
        return Err(SpanError::Number(text.to_owned()));
    }
    let rest = rest.trim_start();
    let (unit, after) = rest.split_at(end_of(rest, char::is_alphabetic));
    if unit.is_empty() && after.is_empty() {
        return Err(SpanError::NoUnit(number.to_owned()));
    }
    let Some((_, seconds)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err(SpanError::Unit(if unit.is_empty() { after } else { unit }.to_owned()));
    };
    let number = number.parse::<u64>().map_err(|_| SpanError::TooLong)?;
    Ok((number.checked_mul(*seconds).ok_or(SpanError::TooLong)?, after))
}

fn end_of(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

/// Exact, in the units it can be read back from: `1d12h`.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&parts(self.0, usize::MAX))
    }
}

/// An age for people: its two largest units, rounded down. A negative one is `0s`.
#[must_use]
pub fn age(seconds: i64) -> String {
    parts(u64::try_from(seconds).unwrap_or(0), 2)
}

fn parts(seconds: u64, most: usize) -> String {
    // 36h and 7d are how people say it: weeks are read, not written.
    const SHOWN: [(&str, u64); 4] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];
    let first = SHOWN.iter().position(|(_, unit)| seconds >= *unit).unwrap_or(SHOWN.len() - 1);
    let mut rest = seconds;
    let mut text = String::new();
    for (name, unit) in SHOWN.iter().skip(first).take(most) {
        if rest >= *unit {
            text.push_str(&format!("{}{name}", rest / unit));
            rest %= unit;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_written() {
        for (text, seconds, again) in [
            ("15m", 900, "15m"),
            ("15min", 900, "15m"),
            ("36h", 129_600, "1d12h"),
            ("7d", 604_800, "7d"),
            ("1w", 604_800, "7d"),
            ("1d12h", 129_600, "1d12h"),
            ("1w 2d 3 h", 788_400, "9d3h"),
            ("90s", 90, "1m30s"),
            ("0", 0, "0s"),
            ("0d", 0, "0s"),
            (" 7d ", 604_800, "7d"),
        ] {
            let span: Span = text.parse().unwrap();
            assert_eq!(span.seconds(), seconds, "{text}");
            assert_eq!(span.to_string(), again, "{text}");
            assert_eq!(again.parse(), Ok(span), "{text}");
        }
    }

    #[test]
    fn errors_say_what_is_wrong() {
        for (text, why) in [
            ("", "a length of time is missing, such as 36h or 7d"),
            ("  ", "a length of time is missing, such as 36h or 7d"),
            ("7", "7 of what? Say 7m, 7h or 7d"),
            ("1d7", "7 of what? Say 7m, 7h or 7d"),
            ("-7d", "\"-7d\": a whole number must stand here"),
            ("d", "\"d\": a whole number must stand here"),
            ("1.5h", "\".5h\" is no unit; there are s, m, min, h, d and w"),
            ("7days", "\"days\" is no unit; there are s, m, min, h, d and w"),
            ("7D", "\"D\" is no unit; there are s, m, min, h, d and w"),
            (
                "1y",
                "\"y\" is no unit; there are s, m, min, h, d and w (months and years have no fixed \
                 length: say days)",
            ),
            (
                "3M",
                "\"M\" is no unit; there are s, m, min, h, d and w (months and years have no fixed \
                 length: say days)",
            ),
            ("99999999999999999999s", "more than 3,000 years"),
            ("18446744073709551615w", "more than 3,000 years"),
            ("100000000001s", "more than 3,000 years"),
            ("7ä", "\"ä\" is no unit; there are s, m, min, h, d and w"),
        ] {
            assert_eq!(
                text.parse::<Span>().map_err(|e| e.to_string()),
                Err(why.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn ages_have_two_units() {
        for (seconds, text) in [
            (0, "0s"),
            (-5, "0s"),
            (59, "59s"),
            (3_599, "59m59s"),
            (3_600, "1h"),
            (3_605, "1h"),
            (90_061, "1d1h"),
            (864_000, "10d"),
        ] {
            assert_eq!(age(seconds), text, "{seconds}");
        }
    }
}
