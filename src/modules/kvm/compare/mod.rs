//! What somebody wrote of a thing, compared with what libvirt says of it: node by node, and only the nodes that were
//! given. libvirt adds addresses, controllers and defaults, writes sizes in KiB and names the version of a machine.

use crate::modules::kvm::xml::Node;

/// Which children count also where they were not given: libvirt never adds them by itself, so one that is there was
/// given before and is not wanted any more.
pub type Owned<'a> = &'a [(&'a str, &'a [&'a str])];

/// Of a domain.
pub const DOMAIN: Owned<'static> = &[
    (
        "domain",
        &[
            "title",
            "description",
            "metadata",
            "memoryBacking",
            "memtune",
            "cputune",
            "numatune",
            "blkiotune",
            "iothreads",
            "qemu:commandline",
        ],
    ),
    (
        "domain/devices",
        &[
            "disk",
            "interface",
            "hostdev",
            "filesystem",
            "redirdev",
            "tpm",
            "rng",
            "shmem",
            "vsock",
            "graphics",
            "channel",
        ],
    ),
    ("domain/devices/disk", &["boot", "iotune", "serial", "shareable"]),
    (
        "domain/devices/interface",
        &["boot", "mtu", "vlan", "filterref", "bandwidth", "link", "target"],
    ),
    ("domain/devices/hostdev", &["boot", "rom"]),
    ("domain/features", &["kvm", "hyperv"]),
];

/// Of a network.
pub const NETWORK: Owned<'static> = &[
    ("network", &["forward", "ip", "domain", "portgroup", "route", "vlan", "bandwidth"]),
    ("network/ip", &["dhcp", "tftp"]),
    ("network/ip/dhcp", &["range", "host", "bootp"]),
    ("network/dns", &["host", "srv", "txt", "forwarder"]),
];

/// Of a pool of volumes.
pub const POOL: Owned<'static> = &[("pool/source", &["host", "device", "adapter", "auth"])];

/// Some words for each difference, such as `memory: 1048576 KiB -> 2097152 KiB`; none: what was given is there.
pub fn differences(wanted: &Node, found: &Node, owned: Owned<'_>) -> Vec<String> {
    let mut all = Vec::new();
    node(wanted, found, &wanted.name, owned, &mut all);
    // The root's own name says nothing.
    let head = format!("{}/", wanted.name);
    all.iter().map(|line| line.strip_prefix(&head).unwrap_or(line).to_string()).collect()
}

fn node(wanted: &Node, found: &Node, path: &str, owned: Owned<'_>, all: &mut Vec<String>) {
    own(wanted, found, path, all);
    let pairs = pairs(wanted, found, owned, path);
    for (at, child) in wanted.children.iter().enumerate() {
        let path = format!("{path}/{}", child.name);
        match pairs[at] {
            Some(other) => node(child, &found.children[other], &path, owned, all),
            None => all.push(format!("{path}: {}", told(child, "is not there"))),
        }
    }
    let mine = owned.iter().find(|(at, _)| *at == path).map_or(&[][..], |(_, names)| names);
    for (at, other) in found.children.iter().enumerate() {
        if mine.contains(&other.name.as_str()) && !pairs.contains(&Some(at)) {
            all.push(format!("{path}/{}: {}", other.name, told(other, "is not wanted")));
        }
    }
}

/// An element's attributes and text.
fn own(wanted: &Node, found: &Node, path: &str, all: &mut Vec<String>) {
    let bytes = (size(wanted), size(found));
    let sized = bytes.0.is_some() && bytes.1.is_some();
    if sized && bytes.0 != bytes.1 {
        let text = |bytes: Option<u64>| human(bytes.unwrap_or_default());
        all.push(format!("{path}: {} -> {}", text(bytes.1), text(bytes.0)));
    }
    let told = |key: &str| sized && matches!(key, "unit" | "size");
    for (key, value) in wanted.attrs.iter().filter(|(key, _)| !is_namespace(key) && !told(key)) {
        let other = found.get(key);
        if !other.is_some_and(|other| same(&wanted.name, key, value, other)) {
            let (old, new) = (shown(key, other), shown(key, Some(value)));
            all.push(format!("{path} {key}: {old} -> {new}"));
        }
    }
    if !sized && wanted.text != found.text && !wanted.text.is_empty() && !same_text(wanted, found) {
        let text = |node: &Node| shown(&node.name, Some(&node.text));
        all.push(format!("{path}: {} -> {}", text(found), text(wanted)));
    }
}

/// Bytes for people: in the largest unit that gives a whole number.
pub fn human(bytes: u64) -> String {
    let units = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
    let fits = units.iter().find(|(_, shift)| bytes > 0 && bytes.is_multiple_of(1 << shift));
    fits.map_or(format!("{bytes} B"), |(unit, shift)| format!("{} {unit}", bytes >> shift))
}

/// `disk: vda is not there`.
fn told(node: &Node, what: &str) -> String {
    match identity(node) {
        Some(name) => format!("{name} {what}"),
        None => what.to_string(),
    }
}

fn is_namespace(key: &str) -> bool {
    key == "xmlns" || key.starts_with("xmlns:")
}

/// Passwords are compared and not shown.
fn shown(key: &str, value: Option<&str>) -> String {
    match value {
        Some(_) if is_secret(key) => "********".to_string(),
        Some(value) => value.to_string(),
        None => "nothing".to_string(),
    }
}

/// Whether what is so named is a secret.
pub fn is_secret(key: &str) -> bool {
    matches!(key, "passwd" | "password")
}

/// For each wanted child the one of the found that is meant.
pub fn pairs(wanted: &Node, found: &Node, owned: Owned<'_>, path: &str) -> Vec<Option<usize>> {
    let mut pairs: Vec<Option<usize>> = vec![None; wanted.children.len()];
    // Those that say most choose first: an address before none.
    let mut order: Vec<usize> = (0..wanted.children.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(weight(&wanted.children[*at])));
    let ways: [&dyn Fn(&Node, &Node) -> bool; 3] = [
        &|one, other| {
            let mut all = Vec::new();
            node(one, other, &format!("{path}/{}", one.name), owned, &mut all);
            all.is_empty()
        },
        &|one, other| identity(one).is_some() && identity(one) == identity(other),
        // Without a name of its own: by its place.
        &|one, other| identity(one).is_none() || identity(other).is_none() || !is_device(one),
    ];
    for way in ways {
        for at in &order {
            let child = &wanted.children[*at];
            if pairs[*at].is_some() {
                continue;
            }
            let free = |other: &usize| !pairs.contains(&Some(*other));
            let fits = |other: &Node| {
                other.name == child.name
                    && other.get("type") == child.get("type").or(other.get("type"))
            };
            let mut others = (0..found.children.len()).filter(free);
            pairs[*at] = others
                .find(|other| fits(&found.children[*other]) && way(child, &found.children[*other]));
        }
    }
    pairs
}

fn weight(node: &Node) -> usize {
    let own = node.attrs.len() + usize::from(!node.text.is_empty());
    own + node.children.iter().map(weight).sum::<usize>()
}

fn is_device(node: &Node) -> bool {
    matches!(node.name.as_str(), "disk" | "interface" | "hostdev" | "filesystem" | "host" | "range")
}

/// What tells one device of a kind from another.
pub fn identity(node: &Node) -> Option<String> {
    let lower = |text: &str| text.to_lowercase();
    match node.name.as_str() {
        "disk" => node.at("target", "dev").map(str::to_string),
        "interface" => node.at("mac", "address").map(lower),
        "hostdev" => pci(node.find("source/address")?).map(|at| at.to_string()),
        "filesystem" => node.at("target", "dir").map(str::to_string),
        "controller" => Some(format!("{} {}", node.get("type")?, node.get("index")?)),
        "host" => node.get("mac").map(lower).or_else(|| node.get("ip").map(str::to_string)),
        "range" => node.get("start").map(str::to_string),
        "ip" => node.get("address").map(str::to_string),
        "portgroup" | "feature" => node.get("name").map(str::to_string),
        "graphics" => node.get("type").map(str::to_string),
        _ => None,
    }
}

/// The address of a PCI device, whatever base its numbers are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pci {
    /// Domain, bus, slot and function.
    pub parts: [u32; 4],
}

impl std::fmt::Display for Pci {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [domain, bus, slot, function] = self.parts;
        write!(f, "{domain:04x}:{bus:02x}:{slot:02x}.{function:x}")
    }
}

impl Pci {
    #[allow(dead_code)] // for machines described in parts
    /// Reads `0000:01:00.0` or `01:00.0`, hexadecimal as lspci has it.
    pub fn parse(text: &str) -> Option<Self> {
        let (head, function) = text.rsplit_once('.')?;
        let mut parts: Vec<&str> = head.split(':').collect();
        if parts.len() == 2 {
            parts.insert(0, "0");
        }
        let [domain, bus, slot] = parts[..] else { return None };
        let read = |text: &str, longest: usize| {
            let fits = (1..=longest).contains(&text.len());
            let hex = text.chars().all(|c| c.is_ascii_hexdigit());
            Some(text).filter(|_| fits && hex).and_then(|text| u32::from_str_radix(text, 16).ok())
        };
        let parts = [read(domain, 4)?, read(bus, 2)?, read(slot, 2)?, read(function, 1)?];
        (parts[2] < 32 && parts[3] < 8).then_some(Self { parts })
    }
}

/// The address that an element `address` of libvirt's means.
pub fn pci(address: &Node) -> Option<Pci> {
    let part = |name: &str| address.get(name).map_or(Some(0), number);
    let parts = [part("domain")?, part("bus")?, part("slot")?, part("function")?];
    address.get("bus").is_some().then_some(Pci { parts: parts.map(|n| n as u32) })
}

/// A number as libvirt reads it in addresses: hexadecimal behind 0x.
fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

fn same(element: &str, key: &str, wanted: &str, found: &str) -> bool {
    if wanted == found {
        return true;
    }
    match (element, key) {
        ("type", "machine") => alias(wanted, found),
        ("mac", "address") | ("host", "mac") => wanted.eq_ignore_ascii_case(found),
        ("address" | "target" | "model" | "vendor" | "product", _) => {
            number(wanted).is_some() && number(wanted) == number(found)
        }
        _ => false,
    }
}

/// Whether the machine that libvirt names is a version of the wanted one.
pub fn alias(wanted: &str, found: &str) -> bool {
    let head = match wanted {
        "pc" => "pc-i440fx-".to_string(),
        "q35" => "pc-q35-".to_string(),
        other => format!("{other}-"),
    };
    found.strip_prefix(&head).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn same_text(wanted: &Node, found: &Node) -> bool {
    let plain = |text: &str| text.replace('-', "").to_lowercase();
    let bare = |text: &str| text.trim_end_matches('/').to_string();
    match wanted.name.as_str() {
        "uuid" => plain(&wanted.text) == plain(&found.text),
        "path" => bare(&wanted.text) == bare(&found.text),
        _ => false,
    }
}

/// Bytes that an element stands for; None: it is no size.
pub fn size(node: &Node) -> Option<u64> {
    let (number, unit) = match node.name.as_str() {
        "memory" | "currentMemory" | "maxMemory" | "hard_limit" | "soft_limit"
        | "swap_hard_limit" | "min_guarantee" => {
            (node.text.as_str(), node.get("unit").unwrap_or("KiB"))
        }
        "page" => (node.get("size")?, node.get("unit").unwrap_or("KiB")),
        "capacity" | "allocation" | "available" => {
            (node.text.as_str(), node.get("unit").unwrap_or("B"))
        }
        _ => return None,
    };
    number.trim().parse::<u64>().ok()?.checked_mul(factor(unit)?)
}

fn factor(unit: &str) -> Option<u64> {
    Some(match unit {
        "b" | "B" | "bytes" | "byte" => 1,
        "KB" => 1000,
        "k" | "K" | "KiB" => 1 << 10,
        "MB" => 1_000_000,
        "M" | "MiB" => 1 << 20,
        "GB" => 1_000_000_000,
        "G" | "GiB" => 1 << 30,
        "TB" => 1_000_000_000_000,
        "T" | "TiB" => 1 << 40,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
