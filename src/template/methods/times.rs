//! Methods and attributes of dates, times and durations.

use super::given::Given;
use crate::base::{Kind, Time, Value};
use crate::template::eval::raise;
use crate::template::table::{Args, Stop};
use jiff::SignedDuration;
use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::{Offset, TimeZone};

/// Names of the methods.
pub fn names(time: &Time) -> &'static [&'static str] {
    match time {
        Time::Delta(_) => &["total_seconds"],
        Time::Date(_) => &[
            "strftime",
            "isoformat",
            "weekday",
            "isoweekday",
            "isocalendar",
            "toordinal",
            "replace",
        ],
        Time::DateTime(..) => &[
            "strftime",
            "isoformat",
            "weekday",
            "isoweekday",
            "isocalendar",
            "toordinal",
            "timestamp",
            "date",
            "replace",
            "utcoffset",
        ],
    }
}

/// Attributes that are no methods.
pub fn data(time: &Time, name: &str) -> Option<Value> {
    if let Time::Delta(delta) = time {
        let micros = delta.as_micros();
        let day = 86_400_000_000_i128;
        let (days, rest) = (micros.div_euclid(day), micros.rem_euclid(day));
        let number = match name {
            "days" => days,
            "seconds" => rest / 1_000_000,
            "microseconds" => rest % 1_000_000,
            _ => return None,
        };
        return Some(Value::from(i64::try_from(number).unwrap_or(i64::MAX)));
    }
    let at = civil(time);
    let number = match (name, time) {
        ("year", _) => i64::from(at.year()),
        ("month", _) => i64::from(at.month()),
        ("day", _) => i64::from(at.day()),
        ("hour", Time::DateTime(..)) => i64::from(at.hour()),
        ("minute", Time::DateTime(..)) => i64::from(at.minute()),
        ("second", Time::DateTime(..)) => i64::from(at.second()),
        ("microsecond", Time::DateTime(..)) => i64::from(at.subsec_nanosecond() / 1000),
        ("tzinfo", Time::DateTime(_, None)) => return Some(Value::NULL),
        _ => return None,
    };
    Some(Value::from(number))
}

fn civil(time: &Time) -> DateTime {
    match time {
        Time::Date(date) => date.to_datetime(jiff::civil::Time::midnight()),
        Time::DateTime(at, _) => *at,
        Time::Delta(_) => DateTime::ZERO,
    }
}

/// Calls a method.
pub fn call(time: &Time, name: &str, args: &Args) -> Result<Value, Stop> {
    let at = civil(time);
    match name {
        "strftime" => {
            let given = Given::new(name, args, &["format"])?;
            strftime(time, given.required_text(0)?)
        }
        "isoformat" => {
            let given = Given::new(name, args, &["sep", "timespec"])?;
            let text = Value::new(Kind::Time(time.clone())).text();
            Ok(Value::from(match time {
                Time::Date(_) => text,
                _ => text.replacen(' ', given.text(0)?.unwrap_or("T"), 1),
            }))
        }
        "weekday" => Ok(Value::from(i64::from(at.weekday().to_monday_zero_offset()))),
        "isoweekday" => Ok(Value::from(i64::from(at.weekday().to_monday_one_offset()))),
        "isocalendar" => {
            let week = at.date().iso_week_date();
            let day = i64::from(week.weekday().to_monday_one_offset());
            let parts = [i64::from(week.year()), i64::from(week.week()), day];
            let parts = parts.into_iter().map(Value::from).collect();
            Ok(Value::new(Kind::Tuple(std::sync::Arc::new(parts))))
        }
        "toordinal" => {
            let days = at.date().duration_since(Date::constant(1, 1, 1)).as_hours() / 24;
            Ok(Value::from(days + 1))
        }
        "timestamp" => timestamp(time),
        "date" => Ok(Value::new(Kind::Time(Time::Date(at.date())))),
        "utcoffset" => Ok(match time {
            Time::DateTime(_, Some(offset)) => {
                let seconds = SignedDuration::from_secs(i64::from(offset.seconds()));
                Value::new(Kind::Time(Time::Delta(seconds)))
            }
            _ => Value::NULL,
        }),
        "replace" => replace(time, args),
        _ => match time {
            Time::Delta(delta) => Ok(Value::from(delta.as_micros() as f64 / 1e6)),
            _ => raise(format!("'{name}' is not supported in templates")),
        },
    }
}

/// Seconds since 1970; a time without zone is local.
fn timestamp(time: &Time) -> Result<Value, Stop> {
    let found = match time {
        Time::DateTime(at, Some(offset)) => offset.to_timestamp(*at),
        _ => TimeZone::system().to_ambiguous_timestamp(civil(time)).compatible(),
    };
    match found {
        Ok(at) => Ok(Value::from(at.as_microsecond() as f64 / 1e6)),
        Err(_) => raise("timestamp out of range"),
    }
}

fn replace(time: &Time, args: &Args) -> Result<Value, Stop> {
    let names = ["year", "month", "day", "hour", "minute", "second", "microsecond", "tzinfo"];
    let given = Given::new("replace", args, &names)?;
    let mut with = civil(time).with();
    for (index, name) in names.iter().enumerate().take(7) {
        let Some(number) = given.integer(index)? else { continue };
        let small = i8::try_from(number).unwrap_or(i8::MAX);
        with = match *name {
            "year" => with.year(i16::try_from(number).unwrap_or(i16::MAX)),
            "month" => with.month(small),
            "day" => with.day(small),
            "hour" => with.hour(small),
            "minute" => with.minute(small),
            "second" => with.second(small),
            _ => with.subsec_nanosecond(i32::try_from(number * 1000).unwrap_or(i32::MAX)),
        };
    }
    let Ok(at) = with.build() else { return raise("day is out of range for month") };
    Ok(Value::new(Kind::Time(match time {
        Time::Date(_) => Time::Date(at.date()),
        Time::DateTime(_, offset) => {
            let keep = given.get(7).is_none();
            Time::DateTime(at, if keep { *offset } else { None })
        }
        Time::Delta(delta) => Time::Delta(*delta),
    })))
}

/// A time as a format says, with Python's directives.
pub fn strftime(time: &Time, format: &str) -> Result<Value, Stop> {
    let at = civil(time);
    let offset = match time {
        Time::DateTime(_, offset) => *offset,
        _ => None,
    };
    let mut out = String::new();
    let mut rest = format;
    while let Some(start) = rest.find('%') {
        out.push_str(&rest[..start]);
        let behind = &rest[start + 1..];
        let flags = behind.len() - behind.trim_start_matches(['-', '_', '0', '^', '#']).len();
        let Some(directive) = behind[flags..].chars().next() else {
            out.push_str(&rest[start..]);
            return Ok(Value::from(out));
        };
        let end = start + 1 + flags + directive.len_utf8();
        out.push_str(&one(at, offset, &rest[start..end], directive)?);
        rest = &rest[end..];
    }
    out.push_str(rest);
    Ok(Value::from(out))
}

fn one(
    at: DateTime,
    offset: Option<Offset>,
    written: &str,
    directive: char,
) -> Result<String, Stop> {
    let jiff = |format: &str| BrokenDownTime::from(at).to_string(format).ok();
    let text = match directive {
        '%' => Some("%".to_string()),
        'f' => Some(format!("{:06}", at.subsec_nanosecond() / 1000)),
        'c' => jiff("%a %b %e %H:%M:%S %Y"),
        'x' => jiff("%m/%d/%y"),
        'X' => jiff("%H:%M:%S"),
        'z' => Some(offset.map_or(String::new(), |o| zone(o, ""))),
        'Z' => Some(offset.map_or(String::new(), |o| match o.seconds() {
            0 => "UTC".to_string(),
            _ => format!("UTC{}", zone(o, ":")),
        })),
        's' => {
            let time = Time::DateTime(at, offset);
            let seconds = timestamp(&time)?;
            Some(format!("{}", super::numbers::real(&seconds).unwrap_or(0.0).floor()))
        }
        _ => jiff(written),
    };
    Ok(text.unwrap_or_else(|| written.to_string()))
}

fn zone(offset: Offset, between: &str) -> String {
    let seconds = offset.seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.abs() / 60;
    format!("{sign}{:02}{between}{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_pythons() {
        let at = jiff::civil::date(2024, 2, 29).at(13, 5, 9, 1_000_000);
        let time = Time::DateTime(at, None);
        let text = |format: &str| strftime(&time, format).unwrap().text();
        assert_eq!(text("%Y-%m-%d %H:%M:%S.%f"), "2024-02-29 13:05:09.001000");
        assert_eq!(text("%A %j %U %%z%z|%-d %I%p"), "Thursday 060 08 %z|29 01PM");
        assert_eq!(text("%c"), "Thu Feb 29 13:05:09 2024");
    }
}
