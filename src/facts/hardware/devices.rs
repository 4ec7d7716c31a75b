//! Block devices of Linux, by sysfs and the links of udev.

use super::size;
use crate::base::{Key, Map, Value};
use crate::facts::Gathered;
use crate::facts::told::{Told, base};
use std::collections::{BTreeMap, BTreeSet};

/// Kinds of links with what each device has of them.
type Links = Vec<(&'static str, BTreeMap<String, BTreeSet<String>>)>;

/// `devices` and `device_links`.
pub fn read(told: &Told, found: &mut Gathered) {
    let links = links(told);
    let dict = links.iter().map(|(kind, by_device)| {
        let lists = by_device.iter().map(|(device, names)| (device.as_str(), list(names)));
        (*kind, lists.collect::<Value>())
    });
    let devices: Map =
        names(told).iter().map(|name| (Key::from(*name), device(told, name, &links))).collect();
    found.put("device_links", dict.collect::<Value>());
    found.put("devices", Value::map(devices));
}

fn list(names: &BTreeSet<String>) -> Value {
    names.iter().map(|name| Value::from(name.as_str())).collect::<Vec<_>>().into()
}

/// All block devices.
fn names<'a>(told: &Told<'a>) -> Vec<&'a str> {
    told.links("/sys/block/").into_iter().map(|(name, _)| name).collect()
}

fn links(told: &Told) -> Links {
    let by = |dir: &str| {
        let mut by_device: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (name, target) in told.links(dir) {
            by_device.entry(base(target).to_string()).or_default().insert(name.to_string());
        }
        by_device
    };
    let mut masters: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in told.lines("there") {
        let parts: Vec<&str> = path.split('/').collect();
        if let ["", "sys", "block", device, "slaves", target] = parts[..] {
            masters.entry(target.to_string()).or_default().insert(device.to_string());
        }
    }
    vec![
        ("ids", by("/dev/disk/by-id/")),
        ("uuids", by("/dev/disk/by-uuid/")),
        ("labels", by("/dev/disk/by-label/")),
        ("masters", masters),
    ]
}

fn linked(links: &Links, name: &str) -> Value {
    let none = BTreeSet::new();
    links.iter().map(|(kind, all)| (*kind, list(all.get(name).unwrap_or(&none)))).collect()
}

fn device(told: &Told, name: &str, links: &Links) -> Value {
    let dir = format!("/sys/block/{name}");
    let text = |file: &str| told.text(&format!("{dir}/{file}"));
    let mut facts = Map::new();
    let mut put = |key: &str, value: Value| {
        facts.insert(Key::from(key), value);
    };
    put("virtual", 1.into());
    put("links", linked(links, name));
    for key in ["vendor", "model", "sas_address", "sas_device_handle"] {
        put(key, text(&format!("device/{key}")).into());
    }
    if let Some(serial) = text("device/serial") {
        put("serial", serial.into());
    }
    put("removable", text("removable").into());
    let none = text("queue/discard_max_hw_bytes").as_deref() == Some("0");
    let discard = if none { Some("0".to_string()) } else { text("queue/discard_granularity") };
    put("support_discard", discard.into());
    let ids = told.links("/dev/disk/by-id/");
    let wwn = ids.iter().find_map(|(id, to)| id.strip_prefix("wwn-").filter(|_| base(to) == name));
    if let Some(wwn) = wwn {
        put("wwn", wwn.into());
    }
    put("partitions", partitions(told, name, links));
    put("rotational", text("queue/rotational").into());
    let scheduler = text("queue/scheduler").unwrap_or_default();
    let chosen = scheduler.split_once('[').and_then(|(_, rest)| rest.split(']').next());
    put("scheduler_mode", chosen.unwrap_or_default().into());
    let sector = text("queue/logical_block_size").or_else(|| text("queue/hw_sector_size"));
    let bytes = told.integer(&format!("{dir}/size")).unwrap_or_default() * 512;
    let width = sector.as_deref().and_then(|s| s.parse::<i64>().ok()).filter(|n| *n > 0);
    let sectors = bytes / width.unwrap_or(512);
    put("sectorsize", sector.map_or_else(|| 512.into(), Value::from));
    put("sectors", sectors.into());
    put("size", size::human(sectors * width.unwrap_or(512)).into());
    put("host", host(told, name).into());
    put("holders", holders(told, &dir));
    Value::map(facts)
}

/// The line of lspci for the device's place on the bus.
fn host(told: &Told, name: &str) -> String {
    let links = told.links("/sys/block/");
    let Some((_, target)) = links.iter().find(|(n, _)| *n == name) else { return String::new() };
    let lines = told.lines("pci");
    let places = target.split('/').rev().filter(|part| part.len() == 12 && part.contains('.'));
    let found = places.filter_map(|place| {
        lines.iter().find_map(|line| line.strip_prefix(place)?.strip_prefix(' '))
    });
    found.map(str::to_string).next().unwrap_or_default()
}

/// Names of the device mapper's devices that hold this one.
fn holders(told: &Told, dir: &str) -> Value {
    let start = format!("{dir}/holders/");
    let held = told.lines("there").iter().filter_map(|path| path.strip_prefix(start.as_str()));
    let names = held.filter(|name| name.starts_with("dm-")).map(|name| {
        told.text(&format!("/sys/block/{name}/dm/name")).unwrap_or_else(|| name.to_string())
    });
    names.collect::<Vec<_>>().into()
}

fn partitions(told: &Told, disk: &str, links: &Links) -> Value {
    let start = format!("/sys/block/{disk}/");
    let names =
        told.keys().filter_map(|key| key.strip_prefix(start.as_str())?.strip_suffix("/start"));
    let uuids = told.links("/dev/disk/by-uuid/");
    let parts = names.map(|name| {
        let dir = format!("{start}{name}");
        let bytes = told.integer(&format!("{dir}/size")).unwrap_or_default() * 512;
        let uuid = uuids.iter().find(|(_, target)| base(target) == name).map(|(uuid, _)| *uuid);
        let entries = [
            ("links", linked(links, name)),
            ("start", told.text(&format!("{dir}/start")).into()),
            ("sectorsize", 512.into()),
            ("sectors", (bytes / 512).into()),
            ("size", size::human(bytes).into()),
            ("uuid", uuid.into()),
            ("holders", holders(told, &dir)),
        ];
        (name, entries.into_iter().collect::<Value>())
    });
    parts.collect()
}
