//! The devices that are wanted, and whether they are those that are there.

use super::{Args, Seen};
use crate::base::{Key, Value};
use crate::spec::args::Dict;
use crate::spec::{Failure, Platform};
use crate::zfs::pool_status::Branch;
use std::fmt;

const ROLES: [&str; 5] = ["log", "cache", "spare", "dedup", "special"];
const TYPES: [&str; 6] = ["stripe", "mirror", "raidz", "raidz1", "raidz2", "raidz3"];

/// A group of devices as it is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vdev {
    /// Empty: it holds data.
    pub role: String,
    /// `stripe`, `mirror`, `raidz1`, ...
    pub kind: String,
    /// As they were written, with `~` expanded.
    pub disks: Vec<String>,
}

impl fmt::Display for Vdev {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let role = if self.role.is_empty() { String::new() } else { format!("{} ", self.role) };
        match self.kind.as_str() {
            "stripe" => write!(f, "{role}{}", self.disks.join(" ")),
            kind => write!(f, "{role}{kind} ({})", self.disks.join(" ")),
        }
    }
}

/// The argument `vdevs`, checked; striped disks one by one.
pub fn wanted(args: &Args, platform: &Platform) -> Result<Option<Vec<Vdev>>, Failure> {
    let Some(given) = &args.vdevs else { return Ok(None) };
    let mut all: Vec<Vdev> = Vec::new();
    for (at, dict) in given.iter().enumerate() {
        let vdev = read(at + 1, dict, platform)?;
        if vdev.kind == "stripe" {
            let one = |disk: &String| Vdev { disks: vec![disk.clone()], ..vdev.clone() };
            all.extend(vdev.disks.iter().map(one));
        } else {
            all.push(vdev);
        }
    }
    let mut disks: Vec<&String> = all.iter().flat_map(|vdev| &vdev.disks).collect();
    disks.sort_unstable();
    match disks.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Failure::new(format!("{} is named twice in vdevs", pair[0]))),
        None => Ok(Some(all)),
    }
}

fn read(number: usize, dict: &Dict, platform: &Platform) -> Result<Vdev, Failure> {
    let text = |name: &str| dict.0.get(&Key::from(name)).map(Value::text);
    let keys = ["role", "type", "disks"];
    if let Some(key) = dict.0.keys().find(|key| key.as_str().is_none_or(|k| !keys.contains(&k))) {
        let text = format!(
            "Unsupported parameters: {} found in vdevs. Supported parameters include: disks, role, type.",
            key.value().text()
        );
        return Err(Failure::new(text));
    }
    let one_of = |name: &str, given: Option<String>, choices: &[&str]| match given {
        Some(word) if !choices.contains(&word.as_str()) => Err(Failure::new(format!(
            "value of {name} must be one of: {}, got: {word} found in vdevs",
            choices.join(", ")
        ))),
        other => Ok(other),
    };
    let role = dict.0.get(&Key::from("role")).filter(|value| !value.is_null());
    let role = one_of("role", role.map(Value::text), &ROLES)?.unwrap_or_default();
    let kind = one_of("type", text("type"), &TYPES)?.unwrap_or_else(|| "stripe".into());
    let kind = if kind == "raidz" { "raidz1".into() } else { kind };
    let disks = dict.0.get(&Key::from("disks"));
    let disks =
        disks.ok_or_else(|| Failure::new("missing required arguments: disks found in vdevs"))?;
    let disks: Vec<String> = match disks.as_list() {
        Some(list) => list.iter().map(Value::text).collect(),
        None => disks.text().split(',').map(|disk| disk.trim().to_string()).collect(),
    };
    if disks.is_empty() {
        let text = format!("vdev #{number}: at least one disk is required (got: [])");
        return Err(Failure::new(text));
    }
    let disks: Vec<String> = disks.iter().map(|disk| platform.expand(disk)).collect();
    match disks.iter().find(|disk| is_no_disk(disk)) {
        Some(disk) => Err(Failure::new(format!("vdev #{number}: {disk:?} is no disk"))),
        None => Ok(Vdev { role, kind, disks }),
    }
}

/// Words that zpool would take for something else.
fn is_no_disk(disk: &str) -> bool {
    let word = ["mirror", "raidz", "draid", "log", "logs", "cache", "spare", "dedup", "special"];
    disk.is_empty()
        || disk.starts_with(['-', '.'])
        || disk.contains(['\n', '\0'])
        || word.contains(&disk)
        || ["raidz", "draid"].iter().any(|own| disk.starts_with(own))
}

/// What differs between the devices that are wanted and those that are there.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Wanted and not there.
    pub missing: Vec<Vdev>,
    /// There and not wanted.
    pub extra: Vec<Branch>,
}

/// Compares by what the names lead to.
pub fn compare(seen: &Seen, wanted: &[Vdev]) -> Difference {
    let layout = seen.status.as_ref().map(|status| status.layout()).unwrap_or_default();
    let mut left = layout;
    let mut missing = Vec::new();
    for vdev in wanted {
        match left.iter().position(|branch| is(seen, vdev, branch)) {
            Some(at) => drop(left.remove(at)),
            None => missing.push(vdev.clone()),
        }
    }
    Difference { missing, extra: left }
}

fn is(seen: &Seen, vdev: &Vdev, branch: &Branch) -> bool {
    if vdev.role != branch.role || vdev.kind != branch.kind {
        return false;
    }
    let mut places: Vec<&Vec<String>> = branch.places.iter().collect();
    for disk in &vdev.disks {
        let holds = |names: &&Vec<String>| names.iter().any(|name| same_device(seen, disk, name));
        let Some(at) = places.iter().position(holds) else { return false };
        places.remove(at);
    }
    places.is_empty()
}

/// Whether a wanted device is the one of a pool. ZFS on Linux makes a partition of its own on a whole disk.
fn same_device(seen: &Seen, wanted: &str, there: &str) -> bool {
    if wanted == there {
        return true;
    }
    let (wanted, there) = (seen.resolved(wanted), seen.resolved(there));
    let ends_with_digit = wanted.ends_with(|c: char| c.is_ascii_digit());
    let first = if ends_with_digit { format!("{wanted}p1") } else { format!("{wanted}1") };
    wanted == there || (wanted.starts_with("/dev/") && first == there)
}

/// The words behind the name of the pool. A plain disk behind a mirror would become part of it, and one behind a role
/// would get that role: so data comes first, and plain disks before groups. A role is said once.
pub fn words(vdevs: &[Vdev]) -> Vec<String> {
    let mut words = Vec::new();
    for role in std::iter::once("").chain(ROLES) {
        let own: Vec<&Vdev> = vdevs.iter().filter(|vdev| vdev.role == role).collect();
        if !own.is_empty() && !role.is_empty() {
            words.push(role.to_string());
        }
        let (plain, groups): (Vec<&Vdev>, Vec<&Vdev>) =
            own.into_iter().partition(|vdev| vdev.kind == "stripe");
        words.extend(plain.iter().flat_map(|vdev| vdev.disks.clone()));
        for group in groups {
            words.push(group.kind.clone());
            words.extend(group.disks.iter().cloned());
        }
    }
    words
}

/// Everything on one line.
pub fn text<T: fmt::Display>(all: &[T]) -> String {
    let all: Vec<String> = all.iter().map(ToString::to_string).collect();
    if all.is_empty() { "nothing".to_string() } else { all.join(", ") }
}

/// The same for all ways of writing the same devices.
pub fn signature(seen: &Seen, vdevs: &[Vdev]) -> String {
    let one = |vdev: &Vdev| {
        let mut disks: Vec<String> = vdev.disks.iter().map(|disk| seen.resolved(disk)).collect();
        disks.sort_unstable();
        Vdev { disks, ..vdev.clone() }.to_string()
    };
    let mut all: Vec<String> = vdevs.iter().map(one).collect();
    all.sort_unstable();
    all.join(", ")
}

/// As the result shows them.
pub fn to_value(vdevs: &[Vdev]) -> Value {
    let one = |vdev: &Vdev| -> Value {
        let mut entries = vec![
            ("type", Value::from(vdev.kind.as_str())),
            ("disks", Value::from(vdev.disks.clone())),
        ];
        if !vdev.role.is_empty() {
            entries.push(("role", Value::from(vdev.role.as_str())));
        }
        entries.into_iter().collect()
    };
    Value::list(vdevs.iter().map(one).collect())
}

/// What is there in the same form.
pub fn layout_value(layout: &[Branch]) -> Value {
    let vdevs: Vec<Vdev> = layout
        .iter()
        .map(|branch| Vdev {
            role: branch.role.clone(),
            kind: branch.kind.clone(),
            disks: branch.places.iter().map(|names| names.join("|")).collect(),
        })
        .collect();
    to_value(&vdevs)
}
