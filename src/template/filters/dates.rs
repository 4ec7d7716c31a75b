//! Filters on dates.

use super::bind::{Bound, shown_text, str_of};
use super::integer::to_float;
use super::strftime::{Moment, strftime as write};
use super::strptime::strptime as read;
use super::{builtin, impure};
use crate::base::{Kind, Time, Value};
use crate::template::table::{Args, Env, Filter, Stop};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

pub(super) const FILTERS: &[Filter] = &[
    impure(builtin(
        "strftime",
        "ansible.builtin.strftime",
        "Writes a time, now or of an epoch, in the piped format.",
        strftime,
        &[
            ("'%Y-%m-%d %H:%M:%S' | strftime(86400, utc=true)", "'1970-01-02 00:00:00'"),
            ("'%a %d %b %Y' | strftime(0, utc=true)", "'Thu 01 Jan 1970'"),
        ],
    )),
    builtin(
        "to_datetime",
        "ansible.builtin.to_datetime",
        "Reads a date and time by a format.",
        to_datetime,
        &[
            ("'2016-08-14 20:00:12' | to_datetime | string", "'2016-08-14 20:00:12'"),
            ("'14.8.2016' | to_datetime('%d.%m.%Y') | string", "'2016-08-14 00:00:00'"),
        ],
    ),
];

fn strftime(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("strftime", args, &["second", "utc"], 0)?;
    let format = str_of(&value, "descriptor 'strftime' requires a str")?;
    let at = match bound.some("second") {
        None => Timestamp::now(),
        Some(second) => epoch(second)?,
    };
    let utc = bound.flag("utc", false);
    let zone = if utc { TimeZone::UTC } else { TimeZone::system() };
    let zoned = at.to_zoned(zone);
    let moment = Moment { at: zoned.datetime(), epoch: at.as_second(), utc };
    Ok(Value::from(write(format, &moment)))
}

fn epoch(second: &Value) -> Result<Timestamp, Stop> {
    let invalid = || {
        let shown = shown_text(second);
        Stop::fault(format!("Invalid value for epoch value ({shown})"))
    };
    let seconds = to_float(second).filter(|s| s.is_finite()).ok_or_else(invalid)?;
    // Python keeps microseconds.
    let micros = (seconds * 1e6).round_ties_even();
    let whole = SignedDuration::from_micros(micros as i64);
    Timestamp::UNIX_EPOCH.checked_add(whole).map_err(|_| Stop::fault("year is out of range"))
}

fn to_datetime(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("to_datetime", args, &["format"], 0)?;
    let Kind::Str(text) = &value.kind else {
        let kind = value.type_name();
        return Err(Stop::fault(format!("strptime() argument 1 must be str, not {kind}")));
    };
    let format = bound.text("format", "%Y-%m-%d %H:%M:%S");
    let (at, offset) = read(text, &format).map_err(Stop::fault)?;
    Ok(Value::new(Kind::Time(Time::DateTime(at, offset))))
}
