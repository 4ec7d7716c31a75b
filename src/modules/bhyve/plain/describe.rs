//! bhyve_config(5): `variable=value` in each line.

use super::Args;
use crate::spec::Failure;
use std::collections::BTreeMap;

/// The whole file.
///
/// # Errors
/// Devices or variables that bhyve could not take, or should not.
pub fn text(args: &Args) -> Result<String, Failure> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    let mut set = |key: &str, value: String| drop(all.insert(key.to_string(), value));
    set("name", args.name.clone());
    set("cpus", args.cpus.unwrap_or(1).to_string());
    set("memory.size", args.memory.clone().unwrap_or_default());
    set("memory.wired", args.wired.to_string());
    // A guest that waits must not keep a processor busy, and ends when it is turned off.
    set("x86.vmexit_on_hlt", "true".to_string());
    set("x86.vmexit_on_pause", "true".to_string());
    set("acpi_tables", "true".to_string());
    set("destroy_on_poweroff", "true".to_string());
    slots(args, &mut all)?;
    for (key, value) in &args.config.0 {
        let key = key.json_text();
        let value = match value {
            value if value.type_name() == "bool" => value.is_true().to_string(),
            value => value.text(),
        };
        all.insert(key, value);
    }
    check(args, &all)?;
    Ok(all.iter().map(|(key, value)| format!("{key}={value}\n")).collect())
}

fn slots(args: &Args, all: &mut BTreeMap<String, String>) -> Result<(), Failure> {
    for slot in &args.slots {
        let wrong = || Failure::new(format!("{slot:?} is no device of a slot, as 3:0,virtio-net,tap0"));
        let (place, device) = slot.split_once(',').ok_or_else(wrong)?;
        let parts: Result<Vec<u32>, _> = place.split(':').map(str::parse).collect();
        let (bus, slot_number, function) = match parts.map_err(|_| wrong())?[..] {
            [slot] => (0, slot, 0),
            [slot, function] => (0, slot, function),
            [bus, slot, function] => (bus, slot, function),
            _ => return Err(wrong()),
        };
        if bus > 255 || slot_number > 31 || function > 7 {
            return Err(wrong());
        }
        let head = format!("pci.{bus}.{slot_number}.{function}");
        let (kind, rest) = device.split_once(',').unwrap_or((device, ""));
        if all.insert(format!("{head}.device"), kind.to_string()).is_some() {
            return Err(Failure::new(format!("two devices in slot {place}")));
        }
        options(&head, kind, rest, all).ok_or_else(wrong)?;
    }
    Ok(())
}

/// What stands behind a device's name, by its variables.
fn options(head: &str, kind: &str, rest: &str, all: &mut BTreeMap<String, String>) -> Option<()> {
    let first = match kind {
        "virtio-blk" | "virtio-console" => "path",
        "virtio-net" | "e1000" => "backend",
        "nvme" => "path",
        "fbuf" => "tcp",
        "passthru" => "pptdev",
        "ahci-hd" | "ahci-cd" => "port.0.path",
        _ => "",
    };
    if let Some(kind) = kind.strip_prefix("ahci-") {
        all.insert(format!("{head}.device"), "ahci".to_string());
        all.insert(format!("{head}.port.0.type"), kind.to_string());
    }
    for (at, word) in rest.split(',').filter(|word| !word.is_empty()).enumerate() {
        let (key, value) = match word.split_once('=') {
            Some((key, value)) => (key, value),
            None if at == 0 && kind == "passthru" => {
                let parts: Vec<&str> = word.split('/').collect();
                let [bus, slot, function] = parts[..] else { return None };
                for (key, value) in [("bus", bus), ("slot", slot), ("func", function)] {
                    value.parse::<u32>().ok()?;
                    all.insert(format!("{head}.{key}"), value.to_string());
                }
                continue;
            }
            None if at == 0 && !first.is_empty() => (first, word),
            None => (word, "true"),
        };
        all.insert(format!("{head}.{key}"), value.to_string());
    }
    Some(())
}

fn check(args: &Args, all: &BTreeMap<String, String>) -> Result<(), Failure> {
    let name = |key: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        !key.is_empty() && key.chars().all(plain)
    };
    for (key, value) in all {
        if !name(key) || value.contains(['\n', '\r', '\0']) {
            return Err(Failure::new(format!("{key:?} is no variable of one line")));
        }
    }
    let template = all.get("bootvars").filter(|path| path.starts_with("/usr/local/share/"));
    if let Some(path) = template {
        let text = "bootvars: {} is the package's own: each machine writes a copy of its own";
        return Err(Failure::new(text.replace("{}", path)));
    }
    let passes = all.values().any(|value| value == "passthru");
    if passes && !args.wired {
        return Err(Failure::new("a device that is passed through needs wired: true"));
    }
    let open = all.iter().find(|(key, value)| {
        let listens = key.ends_with(".tcp") || key.ends_with("gdb.address");
        listens && !value.starts_with("127.0.0.1") && !value.starts_with("[::1]")
    });
    match open.filter(|(_, value)| !value.is_empty()) {
        Some((key, value)) if value.starts_with("0.0.0.0") || !value.contains('.') => {
            let text = format!("{key}: {value} is open to all; name an address, such as 127.0.0.1");
            Err(Failure::new(text))
        }
        _ => Ok(()),
    }
}
