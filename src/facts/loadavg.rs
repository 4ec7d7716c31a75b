//! Load averages, with the digits that the kernel prints.

use super::Gathered;
use super::told::Told;
use crate::base::Value;

/// `loadavg`.
pub fn read(told: &Told, found: &mut Gathered) {
    let line = told.first("/proc/loadavg").or_else(|| told.first("loadavg")).unwrap_or_default();
    let numbers: Vec<f64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    if let [one, five, fifteen, ..] = numbers[..] {
        let entries = [("1m", one.into()), ("5m", five.into()), ("15m", fifteen.into())];
        found.put("loadavg", entries.into_iter().collect::<Value>());
    }
}
