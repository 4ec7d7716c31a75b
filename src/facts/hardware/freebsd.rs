//! Processors, memory, disks and mounts of FreeBSD.

use crate::base::{Key, Map, Value};
use crate::facts::Gathered;
use crate::facts::told::{Told, base};
use std::collections::BTreeMap;

const DRIVES: [&str; 14] = [
    "ada", "ad", "da", "acd", "cd", "amrd", "idad", "ipsd", "md", "mfid", "mlxd", "twed", "vtbd",
    "nda",
];

/// `processor`, `processor_count`, `processor_cores`, `mem*`, `swap*`, `uptime_seconds`, `devices`, `mounts`.
pub fn read(told: &Told, found: &mut Gathered) {
    if let Some(count) = told.sysctl("hw.ncpu") {
        found.put("processor_count", count);
    }
    put_processors(told, found);
    put_memory(told, found);
    if let Some(seconds) = uptime(told) {
        found.put("uptime_seconds", seconds);
    }
    found.put("devices", devices(told));
    found.put("mounts", mounts(told));
}

fn put_processors(told: &Told, found: &mut Gathered) {
    let boot = told.lines("/var/run/dmesg.boot");
    let lines = if boot.is_empty() { told.lines("dmesg") } else { boot };
    let names = lines.iter().filter(|line| line.contains("CPU:")).map(|line| {
        let (start, end) = line.split_once("CPU:").unwrap_or_default();
        format!("{start}{}", end.trim_start()).trim().to_string()
    });
    found.put("processor", names.collect::<Vec<_>>());
    let cores = lines.iter().rfind(|line| line.contains("Logical CPUs per core"));
    if let Some(cores) = cores.and_then(|line| line.split_whitespace().nth(4)) {
        found.put("processor_cores", cores);
    }
}

fn put_memory(told: &Told, found: &mut Gathered) {
    let number = |name: &str| told.sysctl(&format!("vm.stats.vm.{name}"))?.parse::<i64>().ok();
    if let (Some(page), Some(all), Some(free)) =
        (number("v_page_size"), number("v_page_count"), number("v_free_count"))
    {
        found.put("memtotal_mb", page * all / 1024 / 1024);
        found.put("memfree_mb", page * free / 1024 / 1024);
    }
    let last = told.lines("swap").last().copied().unwrap_or_default();
    let fields: Vec<&str> = last.split_whitespace().collect();
    if let ["Device", ..] | [] = fields[..] {
        return;
    }
    let kilo = |index: usize| fields.get(index)?.parse::<i64>().ok();
    if let (Some(total), Some(free)) = (kilo(1), kilo(3)) {
        found.put("swaptotal_mb", total / 1024);
        found.put("swapfree_mb", free / 1024);
    }
}

/// `{ sec = 1795403756, usec = 342883 } Mon ...` against the host's own clock.
fn uptime(told: &Told) -> Option<i64> {
    let (_, rest) = told.sysctl("kern.boottime")?.split_once("sec = ")?;
    let boot: i64 = rest.split(',').next()?.trim().parse().ok()?;
    let now: i64 = told.first("date")?.split('|').nth(9)?.parse().ok()?;
    Some(now - boot)
}

/// Disks and their parts, by the names in /dev.
fn devices(told: &Told) -> Value {
    let names =
        told.lines("there").iter().filter(|path| path.starts_with("/dev/")).map(|p| base(p));
    let mut sorted: Vec<&str> = names.collect();
    sorted.sort_unstable();
    let mut disks: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for name in sorted {
        let Some((disk, rest)) = drive(name) else { continue };
        let parts = disks.entry(disk).or_default();
        let numbered = rest
            .strip_prefix(['p', 's'])
            .is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()));
        if numbered {
            parts.push(name);
        }
    }
    disks.into_iter().map(|(disk, parts)| (disk, parts.into())).collect()
}

/// `vtbd0` and `p1` of `vtbd0p1`.
fn drive(name: &str) -> Option<(&str, &str)> {
    let letters = name.find(|c: char| c.is_ascii_digit())?;
    let digits = name[letters..].find(|c: char| !c.is_ascii_digit());
    let end = digits.map_or(name.len(), |n| letters + n);
    DRIVES.contains(&&name[..letters]).then(|| name.split_at(end))
}

/// What fstab mounts.
fn mounts(told: &Told) -> Value {
    let lines = told.lines("/etc/fstab").iter().filter(|line| !line.starts_with('#'));
    let mounts = lines.filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [device, mount, kind, options, ..] = fields[..] else { return None };
        let entries =
            [("mount", mount), ("device", device), ("fstype", kind), ("options", options)];
        let mut info: Map = entries.into_iter().map(|(k, v)| (Key::from(k), v.into())).collect();
        info.extend(sizes(told, mount));
        Some(Value::map(info))
    });
    mounts.collect::<Vec<_>>().into()
}

fn sizes(told: &Told, mount: &str) -> Vec<(Key, Value)> {
    let mut numbers =
        (1..).map(|n| format!("fstab.{n}")).take_while(|key| told.knows(&format!("{key}.mount")));
    let Some(key) = numbers.find(|key| told.first(&format!("{key}.mount")) == Some(mount)) else {
        return Vec::new();
    };
    let line = told.lines(&format!("{key}.df")).last().copied().unwrap_or_default();
    let fields: Vec<i64> =
        line.split_whitespace().skip(1).map(|w| w.parse().unwrap_or(-1)).collect();
    let [total, _, available, _, used_inodes, free_inodes, ..] = fields[..] else {
        return Vec::new();
    };
    let mut entries = vec![("size_total", total * 1024), ("size_available", available * 1024)];
    if let Some(block) = told.integer(&format!("{key}.block")) {
        entries.push(("block_size", block));
    }
    if let Some(fragment) = fragment(told, &format!("{key}.ufs")) {
        let (blocks, free) = (total * 1024 / fragment, available * 1024 / fragment);
        entries.extend([
            ("block_total", blocks),
            ("block_available", free),
            ("block_used", blocks - free),
        ]);
    }
    entries.push(("inode_total", used_inodes + free_inodes));
    entries.push(("inode_available", free_inodes));
    entries.push(("inode_used", used_inodes));
    entries.into_iter().map(|(name, number)| (name.into(), number.into())).collect()
}

/// Size of a fragment of UFS: `-f 4096` in the newfs line of dumpfs.
fn fragment(told: &Told, key: &str) -> Option<i64> {
    let line = told.lines(key).iter().find(|line| line.starts_with("newfs "))?;
    let mut words = line.split_whitespace().skip_while(|word| *word != "-f").skip(1);
    words.next()?.parse().ok().filter(|size| *size > 0)
}
