//! Durations such as `1w 2d 3h`.

use crate::base::{Kind, Value};
use crate::template::filters::bind::{Bound, text_of};
use crate::template::filters::builtin;
use crate::template::filters::numbers::round_half_even;
use crate::template::filters::order::float_of;
use crate::template::table::{Args, Env, Filter, Stop};

pub(super) const FILTERS: &[Filter] = &[
    builtin(
        "to_time_unit",
        "community.general.to_time_unit",
        "Converts a duration to a unit.",
        to_time_unit,
        &[("'1h 30min' | community.general.to_time_unit('minutes')", "90.0")],
    ),
    builtin(
        "to_milliseconds",
        "community.general.to_milliseconds",
        "Converts a duration to milliseconds.",
        |_, v, a| fixed("to_milliseconds", &v, a, "ms"),
        &[("'2s' | community.general.to_milliseconds", "2000.0")],
    ),
    builtin(
        "to_seconds",
        "community.general.to_seconds",
        "Converts a duration to seconds.",
        |_, v, a| fixed("to_seconds", &v, a, "s"),
        &[("'1m 5s' | community.general.to_seconds", "65.0")],
    ),
    builtin(
        "to_minutes",
        "community.general.to_minutes",
        "Converts a duration to minutes.",
        |_, v, a| fixed("to_minutes", &v, a, "m"),
        &[("'1h' | community.general.to_minutes", "60.0")],
    ),
    builtin(
        "to_hours",
        "community.general.to_hours",
        "Converts a duration to hours.",
        |_, v, a| fixed("to_hours", &v, a, "h"),
        &[("'2d' | community.general.to_hours", "48.0")],
    ),
    builtin(
        "to_days",
        "community.general.to_days",
        "Converts a duration to days.",
        |_, v, a| fixed("to_days", &v, a, "d"),
        &[("'1y' | community.general.to_days(year=366)", "366.0")],
    ),
    builtin(
        "to_weeks",
        "community.general.to_weeks",
        "Converts a duration to weeks.",
        |_, v, a| fixed("to_weeks", &v, a, "w"),
        &[("'14d' | community.general.to_weeks", "2.0")],
    ),
    builtin(
        "to_months",
        "community.general.to_months",
        "Converts a duration to months of 30 days.",
        |_, v, a| fixed("to_months", &v, a, "mo"),
        &[("'30d' | community.general.to_months", "1.0")],
    ),
    builtin(
        "to_years",
        "community.general.to_years",
        "Converts a duration to years of 365 days.",
        |_, v, a| fixed("to_years", &v, a, "y"),
        &[("'73d' | community.general.to_years", "0.2")],
    ),
];

/// Units by all their names.
fn short(name: &str) -> Option<&'static str> {
    Some(match name.trim_end_matches('s') {
        _ if name == "ms" => "ms",
        _ if name == "s" => "s",
        "millisecond" | "msec" | "msecond" => "ms",
        "sec" | "second" => "s",
        "m" | "min" | "minute" => "m",
        "h" | "hour" => "h",
        "d" | "day" => "d",
        "w" | "week" => "w",
        "mo" | "month" => "mo",
        "y" | "year" => "y",
        _ => return None,
    })
}

/// Days of a month and of a year.
struct Calendar {
    month: f64,
    year: f64,
}

fn milliseconds(unit: &str, calendar: &Calendar) -> f64 {
    const DAY: f64 = 86_400_000.0;
    match unit {
        "ms" => 1.0,
        "s" => 1000.0,
        "m" => 60_000.0,
        "h" => 3_600_000.0,
        "d" => DAY,
        "w" => 7.0 * DAY,
        "mo" => calendar.month * DAY,
        _ => calendar.year * DAY,
    }
}

fn to_time_unit(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("to_time_unit", args, &["unit", "year", "month"], 0)?;
    let unit = bound.text("unit", "ms");
    convert(&value, &unit, &bound)
}

fn fixed(name: &'static str, value: &Value, args: &Args, unit: &str) -> Result<Value, Stop> {
    let bound = Bound::of(name, args, &["year", "month"], 0)?;
    convert(value, unit, &bound)
}

fn convert(value: &Value, unit: &str, bound: &Bound) -> Result<Value, Stop> {
    let Kind::Str(text) = &value.kind else {
        let kind = value.type_name();
        return Err(Stop::fault(format!("to_time_unit() expects a text, got {kind}")));
    };
    if &**text == "0" {
        return Ok(Value::from(0));
    }
    let Some(unit) = short(unit) else {
        return Err(Stop::fault(format!(
            "to_time_unit() can not convert to the following unit: {unit}. Available units (singular \
             or plural):millisecond, msec, msecond, sec, second, hour, min, minute, day, week, month, \
             year. Available short units: ms, s, m, h, d, w, mo, y"
        )));
    };
    let days = |name: &str, default: f64| -> Result<f64, Stop> {
        let given = bound.get(name).map(|n| float_of(n).ok_or(n));
        match given {
            None => Ok(default),
            Some(Ok(days)) => Ok(days),
            Some(Err(other)) => {
                Err(Stop::fault(format!("to_time_unit(): {name} is {}", text_of(other))))
            }
        }
    };
    let calendar = Calendar { month: days("month", 30.0)?, year: days("year", 365.0)? };
    let unclear =
        || Stop::fault(format!("to_time_unit() can not interpret following string: {text}"));
    let mut total = 0.0;
    for part in text.split_whitespace() {
        let sign = usize::from(part.starts_with('-'));
        let end = part[sign..].find(|c: char| !c.is_ascii_digit()).ok_or_else(unclear)? + sign;
        let count: f64 = part[..end].parse().map_err(|_| unclear())?;
        let name: String =
            part[end..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        total += count * milliseconds(short(&name).ok_or_else(unclear)?, &calendar);
    }
    round_half_even(&Value::from(total / milliseconds(unit, &calendar)), 12)
}
