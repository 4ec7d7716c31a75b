//! Settings that hold for the whole process.

use crate::base::Diagnostic;
use crate::base::yaml::Duplicates;
use crate::settings::Settings;

/// Puts them in force.
pub fn apply(settings: &Settings) -> Result<(), Diagnostic> {
    set_duplicates(settings);
    set_mask(settings)
}

/// What is said about keys that are written twice.
fn set_duplicates(settings: &Settings) {
    crate::base::yaml::set_duplicates(match settings.text("DUPLICATE_YAML_DICT_KEY") {
        Some("error") => Duplicates::Error,
        Some("ignore") => Duplicates::Ignore,
        _ => Duplicates::Warn,
    });
}

/// What is hidden beside what `no_log` hides.
fn set_mask(settings: &Settings) -> Result<(), Diagnostic> {
    match settings.text("TANK_MASK") {
        Some("ansible") => crate::base::value::set_masking(false),
        Some("all-vault") => {
            let text = "mask=all-vault is not there yet";
            return Err(Diagnostic::new(text).hint("Use mask=secrets, or mask=ansible.").code(5));
        }
        _ => {}
    }
    Ok(())
}
