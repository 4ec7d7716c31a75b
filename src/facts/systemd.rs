//! The version of systemd.

use super::Gathered;
use super::told::Told;
use crate::base::Value;

/// `systemd`, where it runs.
pub fn read(told: &Told, found: &mut Gathered) {
    let lines = told.lines("systemd");
    let version = lines.first().and_then(|line| line.split(' ').nth(1)?.parse::<i64>().ok());
    if let Some(version) = version {
        let features = lines.get(1).copied().unwrap_or_default();
        let entries = [("features", Value::from(features)), ("version", version.into())];
        found.put("systemd", entries.into_iter().collect::<Value>());
    }
}
