//! Properties that are wanted, and what is wrong with wanting them.

use crate::base::{Kind, Value};
use crate::spec::Failure;
use crate::spec::args::Dict;
use crate::zfs::property::{self, Of, Set};
use crate::zfs::rows::Properties;
use crate::zfs::value;

/// What a dataset is or will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// A file system.
    Filesystem,
    /// A volume.
    Volume,
    /// A snapshot.
    Snapshot,
}

impl Type {
    /// What is there.
    pub fn of(properties: &Properties) -> Self {
        match properties.get("type").map(|(value, _)| value.as_str()) {
            Some("volume") => Self::Volume,
            Some("snapshot") => Self::Snapshot,
            _ => Self::Filesystem,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Filesystem => "file system",
            Self::Volume => "volume",
            Self::Snapshot => "snapshot",
        }
    }
}

/// Names and values, in the order they were given.
pub type Wishes = Vec<(String, String)>;

/// The properties of an argument; booleans are `on` and `off`.
pub fn of(argument: &str, dict: &Dict) -> Result<Wishes, Failure> {
    let mut wishes = Wishes::new();
    for (key, given) in &dict.0 {
        let name = key.value().text();
        if let Some(why) = property::wrong_name(&name) {
            return Err(Failure::new(format!("{argument}: {why}")));
        }
        let text = text(given).ok_or_else(|| {
            Failure::new(format!("{argument}: {name} has no value that a property can have"))
        })?;
        wishes.push((name, text));
    }
    Ok(wishes)
}

fn text(value: &Value) -> Option<String> {
    match &value.kind {
        Kind::Bool(on) => Some(if *on { "on" } else { "off" }.to_string()),
        Kind::Null | Kind::List(_) | Kind::Tuple(_) | Kind::Map(_) => None,
        _ => Some(value.text()).filter(|text| !text.is_empty() && !text.contains('\0')),
    }
}

/// The wished value of a property.
pub fn wished<'w>(wishes: &'w Wishes, name: &str) -> Option<&'w str> {
    wishes.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
}

/// Refuses what nobody can set on something of this type. `known`: the properties of what is there, or of the file
/// system above it.
pub fn check(wishes: &Wishes, kind: Type, known: Option<&Properties>) -> Result<(), Failure> {
    for (name, wanted) in wishes {
        if property::is_user(name) || property::is_family(name) {
            continue;
        }
        if let Some(found) = property::find(name) {
            let wrong = match (found.of, kind) {
                _ if found.set == Set::Never => Some(format!("'{name}' is readonly")),
                (Of::Filesystem, Type::Volume) | (Of::Volume, Type::Filesystem) => {
                    Some(format!("'{name}' is no property of a {}", kind.word()))
                }
                _ if name == "version" && wanted == "current" => {
                    Some("version: give its number; what is current differs between hosts".into())
                }
                _ => None,
            };
            if let Some(text) = wrong {
                return Err(Failure::new(text));
            }
        }
        unknown(name, kind, known)?;
    }
    Ok(())
}

/// A native property that the host does not list for a file system.
fn unknown(name: &str, kind: Type, known: Option<&Properties>) -> Result<(), Failure> {
    let lists = |known: &&Properties| known.contains_key("used") && known.contains_key("atime");
    let Some(known) = known.filter(lists).filter(|_| kind == Type::Filesystem) else {
        return Ok(());
    };
    if known.contains_key(name) {
        return Ok(());
    }
    let since = property::find(name).and_then(|found| found.since);
    let since = since.map_or(String::new(), |version| format!(", which OpenZFS {version} brought"));
    Err(Failure::new(format!("the ZFS of this host knows no property '{name}'{since}")))
}

/// Whether a property is as it is wanted.
pub fn agrees(name: &str, wanted: &str, current: &Properties, altroot: Option<&str>) -> bool {
    let Some(value) = current.get(name).map(|(value, _)| value.as_str()) else { return false };
    let number = |name: &str| current.get(name).and_then(|(value, _)| value::bytes(value));
    match (name, wanted) {
        // What the host makes of it depends on the layout of the pool; it is the size and some more.
        ("refreservation", "auto") => {
            number(name).is_some_and(|own| Some(own) >= number("volsize"))
        }
        ("volsize", _) => value::bytes(&settable(name, wanted, current)) == value::bytes(value),
        ("mountpoint", _) => value::same(name, &below(altroot, wanted), value),
        _ => value::same(name, wanted, value),
    }
}

/// A mount point as it is shown while the pool has another root.
pub fn below(altroot: Option<&str>, path: &str) -> String {
    match altroot {
        Some(root) if path.starts_with('/') => format!("{}{path}", root.trim_end_matches('/')),
        _ => path.to_string(),
    }
}

/// The value that is set for a wish: a volume's size is a multiple of its blocks.
pub fn settable(name: &str, wanted: &str, current: &Properties) -> String {
    let block = current.get("volblocksize").and_then(|(value, _)| value::bytes(value));
    match (name, value::bytes(wanted), block.filter(|block| *block > 0)) {
        ("volsize", Some(size), Some(block)) if !size.is_multiple_of(block) => {
            size.div_ceil(block).saturating_mul(block).to_string()
        }
        _ => wanted.to_string(),
    }
}

/// Wishes that differ, each checked for whether it can still be fulfilled.
pub fn differing(
    name: &str,
    wishes: &Wishes,
    current: &Properties,
    altroot: Option<&str>,
) -> Result<Wishes, Failure> {
    let kind = Type::of(current);
    let mut due = Wishes::new();
    for (property, wanted) in wishes {
        if agrees(property, wanted, current, altroot) {
            continue;
        }
        let value = current.get(property).map_or("-", |(value, _)| value.as_str());
        let fixed = property::find(property).is_some_and(|found| found.set == Set::Creation)
            || (kind == Type::Snapshot && !property::is_user(property));
        if fixed {
            let text = format!(
                "{property} of {name} is {value} and can't become {wanted}: it is set when it is made"
            );
            return Err(Failure::new(text));
        }
        due.push((property.clone(), settable(property, wanted, current)));
    }
    Ok(due)
}

/// Directories of the system that nothing may be mounted over.
const SYSTEM: [&str; 13] = [
    "/", "/bin", "/boot", "/dev", "/etc", "/lib", "/libexec", "/proc", "/root", "/sbin", "/sys",
    "/usr", "/var",
];

/// Refuses to mount over the running system. A pool with another root is one that is being installed.
pub fn guard_mountpoint(wishes: &Wishes, altroot: Option<&str>) -> Result<(), Failure> {
    let mounts = !matches!(wished(wishes, "canmount"), Some("off" | "noauto"));
    let path = wished(wishes, "mountpoint").filter(|_| mounts && altroot.is_none());
    let is_system = |path: &str| SYSTEM.iter().any(|own| value::same("mountpoint", own, path));
    match path.filter(|path| is_system(path)) {
        Some(path) => Err(Failure::new(format!(
            "mountpoint={path} would hide the running system; `canmount: off` or `noauto` does not"
        ))),
        None => Ok(()),
    }
}
