//! What is mounted on Linux, and how full it is.

use crate::base::{Key, Map, Value};
use crate::facts::Gathered;
use crate::facts::told::{Told, base};
use indexmap::IndexMap;

/// `mounts`: file systems of devices and of other hosts.
pub fn read(told: &Told, found: &mut Gathered) {
    let mut mounts: IndexMap<String, Value> = IndexMap::new();
    let bound = bound(told);
    for line in told.lines("/proc/mounts") {
        let fields: Vec<String> = line.split(' ').map(unescaped).collect();
        let [device, mount, kind, options, dump, pass, ..] = &fields[..] else { continue };
        let real = device.starts_with(['/', '\\']) || device.contains(":/");
        if !real || kind == "none" {
            continue;
        }
        let bind = bound.contains(mount) && !options.contains("bind");
        let options = if bind { format!("{options},bind") } else { options.clone() };
        let mut info = Map::new();
        let entries =
            [("mount", mount.clone()), ("device", device.clone()), ("fstype", kind.clone())];
        info.extend(entries.into_iter().map(|(k, v)| (Key::from(k), Value::from(v))));
        info.insert("options".into(), options.into());
        info.insert("dump".into(), dump.parse::<i64>().unwrap_or_default().into());
        info.insert("passno".into(), pass.parse::<i64>().unwrap_or_default().into());
        if told.lines("late").contains(&mount.as_str()) {
            let text = "Could not get extra information due to timeout";
            found.warnings.push(format!("Timeout exceeded when getting mount info for {mount}"));
            info.insert("note".into(), text.into());
        } else {
            info.extend(sizes(told, mount));
            info.insert("uuid".into(), uuid(told, device).into());
        }
        mounts.insert(mount.clone(), Value::map(info));
    }
    found.put("mounts", Value::list(mounts.into_values().collect()));
}

/// `\040` and the like as the characters that they stand for.
fn unescaped(field: &str) -> String {
    let mut out = String::new();
    let mut rest = field;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let code = rest.get(at + 1..at + 4).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        out.push(code.map_or('\\', char::from));
        rest = &rest[at + if code.is_some() { 4 } else { 1 }..];
    }
    out + rest
}

/// Mount points that show a part of a file system only: its root is not `/`.
fn bound(told: &Told) -> Vec<String> {
    let lines = told.lines("/proc/self/mountinfo").iter();
    let parts = lines.filter_map(|line| {
        let mut fields = line.split(' ').skip(3);
        let (root, mount) = (fields.next()?, fields.next()?);
        (root != "/").then(|| unescaped(mount))
    });
    parts.collect()
}

/// Blocks and inodes, as `stat -f` answered: fragment, block, total, available, inodes, free inodes, mount.
fn sizes(told: &Told, mount: &str) -> Vec<(Key, Value)> {
    let line = told.lines("size").iter().find_map(|line| {
        let fields: Vec<&str> = line.splitn(7, '|').collect();
        (fields.last() == Some(&mount)).then_some(fields)
    });
    let numbers: Vec<i64> = line.iter().flatten().filter_map(|field| field.parse().ok()).collect();
    let [fragment, block, total, available, inodes, inodes_free, ..] = numbers[..] else {
        return Vec::new();
    };
    let entries = [
        ("size_total", fragment * total),
        ("size_available", fragment * available),
        ("block_size", block),
        ("block_total", total),
        ("block_available", available),
        ("block_used", total - available),
        ("inode_total", inodes),
        ("inode_available", inodes_free),
        ("inode_used", inodes - inodes_free),
    ];
    entries.into_iter().map(|(name, number)| (name.into(), number.into())).collect()
}

/// The UUID of a device's content, by the links of udev.
fn uuid(told: &Told, device: &str) -> String {
    let links = told.links("/dev/mapper/");
    let mapped =
        device.strip_prefix("/dev/mapper/").and_then(|name| links.iter().find(|(n, _)| *n == name));
    let name = mapped.map_or(base(device), |(_, target)| base(target));
    let uuids = told.links("/dev/disk/by-uuid/");
    let found = uuids.iter().find(|(_, target)| base(target) == name);
    found.map_or_else(|| "N/A".to_string(), |(uuid, _)| (*uuid).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::from_json;

    #[test]
    fn mounts_have_sizes_and_marks() {
        let told = Told::parse(
            "/proc/mounts:proc /proc proc rw 0 0\n/proc/mounts:/dev/sda1 /a\\040b ext4 rw 0 1\n\
             /proc/mounts:h:/x /n nfs4 ro 0 0\n/proc/self/mountinfo:30 1 8:1 /sub /a\\040b rw - ext4 /dev/sda1 rw\n\
             size:4096|4096|100|40|50|20|/a b\nlate:/n\n\
             link:lrwxrwxrwx 1 root root 10 Jan  1 00:00 /dev/disk/by-uuid/ab-12 -> ../../sda1\n",
        );
        let mut found = Gathered::default();
        read(&told, &mut found);
        let expected = r#"[{"mount": "/a b", "device": "/dev/sda1", "fstype": "ext4", "options": "rw,bind", "dump": 0,
            "passno": 1, "size_total": 409600, "size_available": 163840, "block_size": 4096, "block_total": 100,
            "block_available": 40, "block_used": 60, "inode_total": 50, "inode_available": 20, "inode_used": 30,
            "uuid": "ab-12"}, {"mount": "/n", "device": "h:/x", "fstype": "nfs4", "options": "ro", "dump": 0,
            "passno": 0, "note": "Could not get extra information due to timeout"}]"#;
        assert_eq!(
            found.facts.get(&Key::from("ansible_mounts")),
            from_json(expected).ok().as_ref()
        );
        assert_eq!(found.warnings.len(), 1);
    }
}
