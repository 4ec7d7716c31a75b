//! Facts of facter and ohai.

use super::Gathered;
use super::told::Told;
use crate::base::Key;
use crate::base::value::from_json;

/// Facts of facter, under `facter_`.
pub fn facter(told: &Told, found: &mut Gathered) {
    take(told, "facter", found);
}

/// Facts of ohai, under `ohai_`.
pub fn ohai(told: &Told, found: &mut Gathered) {
    take(told, "ohai", found);
}

fn take(told: &Told, name: &str, found: &mut Gathered) {
    let Some(text) = told.text(name) else { return };
    let Ok(value) = from_json(&text) else {
        found.warnings.push(format!("the facts of {name} are no JSON"));
        return;
    };
    for (key, value) in value.as_map().into_iter().flatten() {
        let key = key.as_str().unwrap_or_default();
        found.facts.insert(Key::from(format!("{name}_{key}")), value.clone());
    }
}
