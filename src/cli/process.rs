//! Settings that hold for the whole process.

use crate::base::yaml::Duplicates;
use crate::settings::Settings;

/// Puts them in force: what is said about keys that are written twice, what is hidden beside what `no_log` hides.
pub fn apply(settings: &Settings) {
    crate::base::yaml::set_duplicates(match settings.text("DUPLICATE_YAML_DICT_KEY") {
        Some("error") => Duplicates::Error,
        Some("ignore") => Duplicates::Ignore,
        _ => Duplicates::Warn,
    });
    match settings.text("TANK_MASK") {
        Some("ansible") => crate::base::value::set_masking(false),
        Some("all-vault") => crate::base::value::hide_vaulted_files(),
        _ => {}
    }
}
