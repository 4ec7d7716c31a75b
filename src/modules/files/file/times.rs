//! Access and modification times.

use super::seen::Seen;
use super::{Args, Kind};
use crate::base::{Map, Value};
use crate::modules::files::attributes::Adjusted;
use crate::spec::{Change, ChangeKind, Failure, Op, PathState};

/// What a time should be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Time {
    /// As it is.
    Keep,
    /// That of the moment.
    Now,
    /// Seconds since 1970.
    At(f64),
}

impl Time {
    /// The same for what was not there before: it has nothing to keep.
    pub fn of_new(self) -> Self {
        if self == Self::Keep { Self::Now } else { self }
    }
}

/// Whether times are given at all.
pub fn given(args: &Args) -> bool {
    args.access_time.is_some() || args.modification_time.is_some()
}

/// Access and modification time: kept unless something else is said, and now when touched.
///
/// # Errors
/// A time that this host's zone does not have.
pub fn wanted(args: &Args, seen: &Seen, touched: bool) -> Result<(Time, Time), Failure> {
    let read = |text: &Option<String>, stamp: Option<f64>| match text.as_deref() {
        Some("now") => Ok(Time::Now),
        Some("preserve") => Ok(Time::Keep),
        Some(text) => stamp.map(Time::At).ok_or_else(|| {
            Failure::new(format!("Error while obtaining timestamp for time {text} on the host"))
        }),
        None if touched => Ok(Time::Now),
        None => Ok(Time::Keep),
    };
    Ok((read(&args.access_time, seen.stamps.0)?, read(&args.modification_time, seen.stamps.1)?))
}

/// The times that are given, as the host is asked what they are in its zone; empty: none.
///
/// # Errors
/// What is no time in its format.
pub fn texts(args: &Args) -> Result<(String, String), Failure> {
    let text = |text: &Option<String>, format: &str| match text.as_deref() {
        None | Some("now" | "preserve") => Ok(String::new()),
        Some(text) => plain(text, format),
    };
    let atime = text(&args.access_time, &args.access_time_format)?;
    Ok((atime, text(&args.modification_time, &args.modification_time_format)?))
}

fn plain(text: &str, format: &str) -> Result<String, Failure> {
    let parsed = jiff::civil::DateTime::strptime(format, text);
    let at = parsed.map_err(|_| {
        Failure::new(format!(
            "Error while obtaining timestamp for time {text} using format {format}: time data '{text}' does not match format '{format}'"
        ))
    })?;
    Ok(at.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// The change that sets them on what is there; None: they are as wanted.
pub fn change(path: &str, wanted: (Time, Time), state: &PathState) -> Option<Change> {
    let (atime, mtime) = wanted;
    if (atime, mtime) == (Time::Keep, Time::Keep) {
        return None;
    }
    let seconds = |time: Time, current: f64| match time {
        Time::Keep => Some(current),
        Time::Now => None,
        Time::At(at) => Some(at),
    };
    let (a, m) = (seconds(atime, state.atime), seconds(mtime, state.mtime));
    if a == Some(state.atime) && m == Some(state.mtime) {
        return None;
    }
    let op = Op::Touch { path: path.to_string(), atime: a, mtime: m };
    let now = a.is_none() || m.is_none();
    let kind = if now { ChangeKind::Act } else { ChangeKind::Plain };
    Some(Change::new(op, format!("set the times of {path}")).kind(kind))
}

/// Adds what is to be done about times, and how it is shown.
pub fn adjust(
    args: &Args,
    seen: &Seen,
    path: &str,
    state: &PathState,
    adjusted: &mut Adjusted,
) -> Result<(), Failure> {
    let times = wanted(args, seen, args.state == Some(Kind::Touch))?;
    let Some(change) = change(path, times, state) else { return Ok(()) };
    let shown = (times.0, times.1, state.atime, state.mtime);
    show(shown, &mut adjusted.before, &mut adjusted.after);
    adjusted.changes.push(change);
    Ok(())
}

fn show(shown: (Time, Time, f64, f64), before: &mut Map, after: &mut Map) {
    let (atime, mtime, old_atime, old_mtime) = shown;
    let now = jiff::Timestamp::now().as_microsecond() as f64 / 1e6;
    for (name, time, old) in [("mtime", mtime, old_mtime), ("atime", atime, old_atime)] {
        let new = match time {
            Time::Keep => continue,
            Time::Now => now,
            Time::At(at) => at,
        };
        if new != old {
            before.insert(name.into(), Value::from(old));
            after.insert(name.into(), Value::from(new));
        }
    }
}

/// Whether a touch shows; the moment of a `now` is the host's own.
pub fn verify(change: &Change, state: &PathState) -> Result<(), String> {
    let Op::Touch { atime, mtime, .. } = &change.op else { return Ok(()) };
    // Some systems and tools keep whole seconds only.
    let is = |wanted: &Option<f64>, time: f64| wanted.is_none_or(|w| w.floor() == time.floor());
    if !is(mtime, state.mtime) {
        return Err(format!("its modification time is {}", state.mtime));
    }
    // Looking at a directory or file may itself set the access time.
    match atime {
        Some(wanted) if state.atime.floor() < wanted.floor() => {
            Err(format!("its access time is {}", state.atime))
        }
        _ => Ok(()),
    }
}
