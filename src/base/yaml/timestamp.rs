//! Dates and times of YAML 1.1.

use crate::base::Time;
use jiff::civil::{Date, DateTime, Time as Clock};
use jiff::tz::Offset;

/// The written parts of a time of day.
struct Daytime<'a> {
    hour: &'a str,
    minute: &'a str,
    second: &'a str,
    fraction: &'a str,
    zone: &'a str,
}

/// Whether a plain text is a date or a date with a time.
pub(super) fn is_timestamp(text: &str) -> bool {
    split(text).is_some()
}

/// The date or time of a text; the error has Python's words.
pub(super) fn parse(text: &str) -> Result<Time, String> {
    let Some((year, month, day, daytime)) = split(text) else {
        return Err(format!("'{text}' is no date or time"));
    };
    let (year, month, day) = (number(year), number(month), number(day));
    if !(1..=12).contains(&month) {
        return Err("month must be in 1..12".to_string());
    }
    let date = Date::new(year as i16, month as i8, day as i8)
        .map_err(|_| "day is out of range for month".to_string())?;
    match daytime {
        None => Ok(Time::Date(date)),
        Some(daytime) => {
            let at = DateTime::from_parts(date, clock(&daytime)?);
            Ok(Time::DateTime(at, offset(daytime.zone)?))
        }
    }
}

fn number(digits: &str) -> i32 {
    digits.parse().unwrap_or(0)
}

/// Year, month and day, and the time behind them. A bare date needs two digits each.
fn split(text: &str) -> Option<(&str, &str, &str, Option<Daytime<'_>>)> {
    let (year, rest) = digits(text, 4, 4)?;
    let (month, rest) = digits(rest.strip_prefix('-')?, 1, 2)?;
    let (day, rest) = digits(rest.strip_prefix('-')?, 1, 2)?;
    if rest.is_empty() {
        return (month.len() == 2 && day.len() == 2).then_some((year, month, day, None));
    }
    let rest = match rest.strip_prefix(['T', 't']) {
        Some(rest) => rest,
        None if rest.starts_with([' ', '\t']) => rest.trim_start_matches([' ', '\t']),
        None => return None,
    };
    Some((year, month, day, Some(split_daytime(rest)?)))
}

fn split_daytime(text: &str) -> Option<Daytime<'_>> {
    let (hour, rest) = digits(text, 1, 2)?;
    let (minute, rest) = digits(rest.strip_prefix(':')?, 2, 2)?;
    let (second, rest) = digits(rest.strip_prefix(':')?, 2, 2)?;
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())),
        None => ("", rest),
    };
    let zone = rest.trim_start_matches([' ', '\t']);
    if rest.len() > zone.len() && zone.is_empty() {
        return None;
    }
    is_zone(zone).then_some(Daytime { hour, minute, second, fraction, zone })
}

/// Nothing, `Z`, or `+1`, `-05`, `+05:30`.
fn is_zone(zone: &str) -> bool {
    if matches!(zone, "" | "Z") {
        return true;
    }
    let Some(hours) = zone.strip_prefix(['-', '+']) else { return false };
    match digits(hours, 1, 2) {
        Some((_, "")) => true,
        Some((_, rest)) => rest
            .strip_prefix(':')
            .and_then(|m| digits(m, 2, 2))
            .is_some_and(|(_, end)| end.is_empty()),
        None => false,
    }
}

/// Up to `most` digits, at least `least`, and what follows.
fn digits(text: &str, least: usize, most: usize) -> Option<(&str, &str)> {
    let count = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    (count >= least).then(|| text.split_at(count))
}

fn clock(daytime: &Daytime<'_>) -> Result<Clock, String> {
    let (hour, minute, second) =
        (number(daytime.hour), number(daytime.minute), number(daytime.second));
    for (name, value, top) in [("hour", hour, 23), ("minute", minute, 59), ("second", second, 59)] {
        if value > top {
            return Err(format!("{name} must be in 0..{top}"));
        }
    }
    let micros = format!("{:0<6.6}", daytime.fraction);
    Clock::new(hour as i8, minute as i8, second as i8, number(&micros) * 1000)
        .map_err(|error| error.to_string())
}

fn offset(zone: &str) -> Result<Option<Offset>, String> {
    if zone.is_empty() {
        return Ok(None);
    }
    let (hours, minutes) = zone[1..].split_once(':').unwrap_or((&zone[1..], ""));
    let seconds = (number(hours) * 60 + number(minutes)) * 60;
    let seconds = if zone.starts_with('-') { -seconds } else { seconds };
    if seconds.abs() >= 86_400 {
        return Err("offset must be less than 24 hours".to_string());
    }
    Offset::from_seconds(seconds).map(Some).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Kind, Value};

    fn text(written: &str) -> String {
        Value::new(Kind::Time(parse(written).unwrap())).text()
    }

    #[test]
    fn times_read_as_in_pyyaml() {
        assert_eq!(text("2002-12-14"), "2002-12-14");
        assert_eq!(text("2001-12-15 2:59:43.10"), "2001-12-15 02:59:43.100000");
        assert_eq!(text("2001-12-14t21:59:43.10-05:00"), "2001-12-14 21:59:43.100000-05:00");
        assert_eq!(text("2001-12-14 21:59:43 Z"), "2001-12-14 21:59:43+00:00");
        assert_eq!(text("2001-1-4 21:59:43 +5"), "2001-01-04 21:59:43+05:00");
    }

    #[test]
    fn impossible_days_are_errors() {
        assert_eq!(parse("2020-13-45").unwrap_err(), "month must be in 1..12");
        assert_eq!(parse("2020-02-30").unwrap_err(), "day is out of range for month");
        assert_eq!(parse("2020-02-03 25:00:00").unwrap_err(), "hour must be in 0..23");
    }

    #[test]
    fn other_texts_are_no_times() {
        for text in
            ["2001-12-1", "2001-12-14 21:59", "2001-12-14x", "2001-12-14 21:59:43 ", "01-02-03"]
        {
            assert!(!is_timestamp(text), "{text}");
        }
    }
}
