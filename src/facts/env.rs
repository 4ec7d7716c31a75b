//! The environment of a user's command.

use super::Gathered;
use super::told::Told;
use crate::base::Value;

/// `env`. The probe writes byte 1 for a newline in a value.
pub fn read(told: &Told, found: &mut Gathered) {
    let entries = told.lines("env").iter().filter_map(|line| line.split_once('='));
    let env: Value =
        entries.map(|(name, value)| (name, value.replace('\u{1}', "\n").into())).collect();
    found.put("env", env);
}
