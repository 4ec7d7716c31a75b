//! A policy as it is written: in a topology, and in a task.

use super::keep::{Keep, KeepError, Pattern, Scope};
use crate::base::{Diagnostic, Value};
use crate::zfs::calendar;
use crate::zfs::span::Span;
use crate::zfs::topology::fields::Fields;

/// The keys of rules.
pub const RULES: [&str; 10] = [
    "last",
    "hourly",
    "daily",
    "weekly",
    "monthly",
    "yearly",
    "within",
    "regex",
    "min_age",
    "min_count",
];

/// Reads a whole policy: rules, whose snapshots (`prefix`), `zone` and `max_share`.
///
/// # Errors
/// What is wrong with it, with its place.
pub fn policy(value: &Value, what: &str) -> Result<Keep, Diagnostic> {
    let known: Vec<&str> = RULES.iter().copied().chain(["prefix", "zone", "max_share"]).collect();
    let fields = Fields::of(value, what, &known)?;
    let Some(prefix) = fields.text("prefix")?.filter(|prefix| !prefix.is_empty()) else {
        let text = format!("'{what}' has no 'prefix': which snapshots are ours?");
        return Err(Diagnostic::new(text).at(fields.origin("prefix")));
    };
    let refused = |error: KeepError| Diagnostic::new(format!("'{what}': {error}"));
    let scope = Scope::new(prefix, None).map_err(|error| refused(error).at(fields.place()))?;
    let mut keep = read(&fields, scope)?;
    if let Some(zone) = fields.text("zone")? {
        keep.zone = calendar::zone(zone).map_err(|error| wrong(&fields, "zone", error))?;
    }
    if let Some(share) = fields.number("max_share")? {
        keep.max_share = u8::try_from(share).unwrap_or(u8::MAX);
    }
    keep.check().map_err(|error| refused(error).at(fields.place()))?;
    Ok(keep)
}

/// Reads rules alone.
///
/// # Errors
/// What is wrong with them, with its place. That there are none is not said here: [`Keep::check`] does.
pub fn rules(value: &Value, what: &str, scope: Scope) -> Result<Keep, Diagnostic> {
    read(&Fields::of(value, what, &RULES)?, scope)
}

fn read(fields: &Fields<'_>, scope: Scope) -> Result<Keep, Diagnostic> {
    let count = |name: &str| Ok::<_, Diagnostic>(fields.number(name)?.unwrap_or(0));
    let span = |name: &str| {
        let text = fields.value(name).map(Value::text);
        let span = text.map(|text| text.parse::<Span>()).transpose();
        span.map_err(|error| wrong(fields, name, error))
    };
    let pattern = fields.text("regex")?.map(Pattern::new).transpose();
    Ok(Keep {
        last: count("last")?,
        hourly: count("hourly")?,
        daily: count("daily")?,
        weekly: count("weekly")?,
        monthly: count("monthly")?,
        yearly: count("yearly")?,
        within: span("within")?,
        regex: pattern.map_err(|error| wrong(fields, "regex", error))?,
        min_age: span("min_age")?,
        min_count: count("min_count")?,
        ..Keep::new(scope)
    })
}

fn wrong(fields: &Fields<'_>, name: &str, error: impl std::fmt::Display) -> Diagnostic {
    Diagnostic::new(format!("'{name}': {error}")).at(fields.origin(name))
}
