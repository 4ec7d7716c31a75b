//! What is said about settings that are unknown or do nothing here.

use super::ini::Ini;
use super::table::{Entry, Use, table};
use super::{From, Settings};
use crate::base::Diagnostic;
use crate::base::diagnostic::nearest;

/// Unknown keys and sections, unknown variables of ours, unsupported and deprecated settings.
pub(super) fn warnings(settings: &Settings, ini: &Ini) -> Vec<Diagnostic> {
    let mut found = unknown(ini);
    found.extend(unknown_variables(settings));
    for entry in table().entries.values() {
        let Some(setting) = settings.get(&entry.name) else { continue };
        let said = match &setting.from {
            From::Default => continue,
            From::Env(name) => format!("The environment variable {name}"),
            From::File(_) => format!("The setting {}", written_name(entry, ini)),
            From::Set(source) => source.clone(),
        };
        let changed = settings.default(entry).as_ref() != Some(&setting.value);
        if entry.used == Use::No && changed {
            let text = format!("{said} ({}) is not supported and has no effect.", entry.name);
            found.push(Diagnostic::new(text).at(setting.value.origin()));
        } else if entry.used == Use::Yes && entry.deprecated {
            let text = format!("{said} ({}) is deprecated.", entry.name);
            found.push(Diagnostic::new(text).at(setting.value.origin()));
        }
    }
    found
}

/// `[section] key` as the file has it.
fn written_name(entry: &Entry, ini: &Ini) -> String {
    let last = entry.ini.iter().rev().find(|(section, key)| ini.get(section, key).is_some());
    last.map(|(section, key)| format!("[{section}] {key}")).unwrap_or_default()
}

/// Keys that our sections do not have, and sections that look like a mistyped one of ours; others
/// belong to somebody else.
fn unknown(ini: &Ini) -> Vec<Diagnostic> {
    let sections = table().sections();
    let mut found = Vec::new();
    for (name, section) in ini.named() {
        if !sections.contains(name) {
            let near = nearest(name, sections.iter().copied());
            if let Some(near) = near.first() {
                let warning = Diagnostic::new(format!("Unknown section [{name}] has no effect."));
                let hint = format!("Did you mean [{near}]?");
                found.push(warning.at(Some(&section.origin)).hint(hint));
            }
            continue;
        }
        let keys = table().keys(name);
        for (key, entry) in &section.entries {
            if keys.contains(key.as_str()) || table().is_foreign(name, key) {
                continue;
            }
            let text = format!("Unknown setting [{name}] {key} has no effect.");
            let warning = Diagnostic::new(text).at(Some(&entry.origin));
            found.push(meant(warning, key, keys.iter().copied()));
        }
    }
    found
}

fn meant<'a>(warning: Diagnostic, word: &str, names: impl Iterator<Item = &'a str>) -> Diagnostic {
    match nearest(word, names).first() {
        Some(near) => warning.hint(format!("Did you mean {near}?")),
        None => warning,
    }
}

fn unknown_variables(settings: &Settings) -> Vec<Diagnostic> {
    let ours = || {
        let all = table().entries.values().flat_map(|entry| &entry.env);
        all.map(String::as_str).filter(|name| name.starts_with("TANK_"))
    };
    let set = settings.surroundings().env.keys();
    let unknown =
        set.filter(|name| name.starts_with("TANK_") && !ours().any(|known| known == *name));
    unknown
        .map(|name| {
            let text = format!("Unknown environment variable {name} has no effect.");
            meant(Diagnostic::new(text), name, ours())
        })
        .collect()
}
