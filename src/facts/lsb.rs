//! What `lsb_release` or its file says.

use super::Gathered;
use super::told::Told;
use crate::base::{Key, Map, Value};

const TOOL: [(&str, &str); 5] = [
    ("LSB Version", "release"),
    ("Distributor ID", "id"),
    ("Description", "description"),
    ("Release", "release"),
    ("Codename", "codename"),
];

const FILE: [(&str, &str); 4] = [
    ("DISTRIB_ID", "id"),
    ("DISTRIB_RELEASE", "release"),
    ("DISTRIB_DESCRIPTION", "description"),
    ("DISTRIB_CODENAME", "codename"),
];

/// `lsb`.
pub fn read(told: &Told, found: &mut Gathered) {
    let mut lsb = pairs(told.lines("lsb"), ':', &TOOL);
    if lsb.is_empty() {
        lsb = pairs(told.lines("/etc/lsb-release"), '=', &FILE);
    }
    if let Some(release) = lsb.get(&Key::from("release")).and_then(Value::as_str) {
        let major = release.split('.').next().unwrap_or_default().to_string();
        lsb.insert("major_release".into(), major.into());
    }
    found.put("lsb", Value::map(lsb));
}

fn pairs(lines: &[&str], between: char, names: &[(&str, &str)]) -> Map {
    let entries = lines.iter().filter_map(|line| {
        let (name, value) = line.split_once(between)?;
        let (_, key) = names.iter().find(|(known, _)| name.trim() == *known)?;
        Some((Key::from(*key), Value::from(value.trim().trim_matches(['\'', '"', '\\']))))
    });
    entries.collect()
}
