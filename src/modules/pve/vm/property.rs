//! Settings of a machine as texts: `local-lvm:vm-100-disk-0,size=32G`, `virtio=BC:24:11:00:00:01,bridge=vmbr0`.

use std::collections::BTreeMap;

/// How a setting is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// A volume with options.
    Disk,
    /// A volume whose size is Proxmox' own.
    StateDisk,
    /// A model with its address.
    Net,
    /// Devices of the host.
    Pci,
    /// Options, the first of which may lack this name.
    Options(&'static str),
    /// Words in any order.
    Set,
    /// Keys, which are shown with their bytes escaped.
    Escaped,
    /// A text.
    Text,
}

impl Family {
    /// Of a setting.
    pub fn of(name: &str) -> Self {
        let base = name.trim_end_matches(|c: char| c.is_ascii_digit());
        match (base, base.len() < name.len()) {
            ("scsi" | "virtio" | "sata" | "ide", true) => Self::Disk,
            ("efidisk" | "tpmstate", true) => Self::StateDisk,
            ("net", true) => Self::Net,
            ("hostpci", true) => Self::Pci,
            ("usb", true) => Self::Options("host"),
            ("numa" | "ipconfig", true) => Self::Options(""),
            ("cpu", _) => Self::Options("cputype"),
            ("agent", _) => Self::Options("enabled"),
            ("vga", _) => Self::Options("type"),
            ("startup", _) => Self::Options("order"),
            ("memory", _) => Self::Options("current"),
            ("machine", _) => Self::Options("type"),
            ("tags", _) => Self::Set,
            ("sshkeys", _) => Self::Escaped,
            _ => Self::Text,
        }
    }
}

/// Settings without a number.
const PLAIN: [&str; 40] = [
    "acpi",
    "affinity",
    "agent",
    "args",
    "audio0",
    "balloon",
    "bios",
    "boot",
    "cicustom",
    "ciupgrade",
    "ciuser",
    "citype",
    "cipassword",
    "cores",
    "cpu",
    "cpulimit",
    "cpuunits",
    "description",
    "freeze",
    "hookscript",
    "hotplug",
    "hugepages",
    "keephugepages",
    "kvm",
    "localtime",
    "machine",
    "memory",
    "nameserver",
    "numa",
    "onboot",
    "ostype",
    "protection",
    "rng0",
    "scsihw",
    "searchdomain",
    "sockets",
    "sshkeys",
    "startup",
    "tablet",
    "tags",
];

/// Whether there is such a setting.
pub fn known(name: &str) -> bool {
    let base = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let numbered = [
        "scsi", "virtio", "sata", "ide", "net", "hostpci", "usb", "serial", "ipconfig", "efidisk",
        "tpmstate", "unused", "numa",
    ];
    PLAIN.contains(&name)
        || ["vcpus", "vga", "watchdog", "startdate"].contains(&name)
        || (base.len() < name.len() && numbered.contains(&base))
}

/// The part of a text without a name, and those that have one.
pub fn parts(text: &str) -> (String, BTreeMap<String, String>) {
    let mut first = String::new();
    let mut named = BTreeMap::new();
    for (at, part) in text.split(',').map(str::trim).filter(|part| !part.is_empty()).enumerate() {
        match part.split_once('=') {
            Some((name, value)) => {
                named.insert(name.to_string(), plain(value));
            }
            None if at == 0 => first = plain(part),
            None => {
                named.insert(part.to_string(), String::new());
            }
        }
    }
    (first, named)
}

/// One spelling of yes and no.
fn plain(value: &str) -> String {
    match value {
        "on" | "yes" | "true" => "1".to_string(),
        "off" | "no" | "false" => "0".to_string(),
        _ => value.to_string(),
    }
}

/// A network interface: its model, its address, and options.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Net {
    /// Its model.
    pub model: String,
    /// Its address in upper case; None: Proxmox makes one.
    pub mac: Option<String>,
    /// The rest.
    pub options: BTreeMap<String, String>,
}

impl Net {
    /// Of a text in any of its forms.
    pub fn of(text: &str) -> Self {
        const MODELS: [&str; 10] = [
            "virtio", "e1000", "e1000e", "rtl8139", "vmxnet3", "ne2k_pci", "ne2k_isa", "pcnet",
            "i82551", "i82557b",
        ];
        let (first, mut options) = parts(text);
        let mut net = Self { model: first, ..Self::default() };
        if let Some(model) = options.remove("model") {
            net.model = model;
        }
        net.mac = options.remove("macaddr");
        for model in MODELS {
            if let Some(mac) = options.remove(model) {
                net.model = model.to_string();
                net.mac = Some(mac);
            }
        }
        net.mac = net.mac.map(|mac| mac.to_ascii_uppercase());
        net.options = options;
        net
    }

    /// As Proxmox writes it.
    pub fn text(&self) -> String {
        let mut text = match &self.mac {
            Some(mac) => format!("{}={mac}", self.model),
            None => self.model.clone(),
        };
        for (name, value) in &self.options {
            text += &format!(",{name}={value}");
        }
        text
    }
}

/// A disk: its volume and options.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disk {
    /// `STORAGE:NAME`, or `STORAGE:GIB` for a new one, or `none`.
    pub volume: String,
    /// Options without the size.
    pub options: BTreeMap<String, String>,
    /// Its size in bytes, as the text has it.
    pub size: Option<u64>,
}

impl Disk {
    /// Of a text.
    pub fn of(text: &str) -> Self {
        let (first, mut options) = parts(text);
        let volume = options.remove("file").unwrap_or(first);
        let size = options.remove("size").and_then(|size| bytes(&size));
        Self { volume, options, size }
    }

    /// The storage and the GiB of a disk that is to be made.
    pub fn new_size(&self) -> Option<(&str, u64)> {
        let (storage, size) = self.volume.split_once(':')?;
        let gib: f64 = size.parse().ok().filter(|size: &f64| size.is_finite() && *size >= 0.0)?;
        Some((storage, (gib * 1024.0 * 1024.0 * 1024.0) as u64))
    }

    /// The same text for a volume that is there.
    pub fn with(&self, volume: &str) -> String {
        let mut text = volume.to_string();
        for (name, value) in &self.options {
            text += &format!(",{name}={value}");
        }
        text
    }
}

/// `32G` in bytes.
pub fn bytes(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(['K', 'M', 'G', 'T']);
    let shift = match &text[digits.len()..] {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        "T" => 40,
        _ => return None,
    };
    let number: f64 = digits.parse().ok()?;
    Some((number * (1_u64 << shift) as f64) as u64)
}

/// Addresses of the host's devices that a text names, with their domain and without a function where it has none.
pub fn devices(text: &str) -> Vec<String> {
    let (first, named) = parts(text);
    let host = named.get("host").cloned().unwrap_or(first);
    if let Some(mapping) = named.get("mapping") {
        return vec![format!("mapping {mapping}")];
    }
    let full = |address: &str| {
        let short = address.matches(':').count() == 1;
        let text = if short { format!("0000:{address}") } else { address.to_string() };
        text.to_ascii_lowercase()
    };
    host.split(';').filter(|address| !address.is_empty()).map(full).collect()
}

/// Whether two addresses are about one device: one without a function is about all of them.
pub fn overlap(one: &str, other: &str) -> bool {
    let under = |long: &str, short: &str| {
        long.strip_prefix(short).is_some_and(|rest| rest.starts_with('.'))
    };
    one == other || under(one, other) || under(other, one)
}

/// Whether a setting is as it is wanted. Disks are not compared here.
pub fn same(name: &str, wanted: &str, found: &str) -> bool {
    match Family::of(name) {
        Family::Net => {
            let (wanted, found) = (Net::of(wanted), Net::of(found));
            let mac = wanted.mac.is_none() || wanted.mac == found.mac;
            mac && wanted.model == found.model && wanted.options == found.options
        }
        Family::Pci => {
            let rest = |text: &str| {
                let mut named = parts(text).1;
                named.remove("host");
                named
            };
            devices(wanted) == devices(found) && rest(wanted) == rest(found)
        }
        Family::Options(first) => {
            let all = |text: &str| {
                let (plain, mut named) = parts(text);
                if !plain.is_empty() {
                    named.insert(first.to_string(), plain);
                }
                named
            };
            all(wanted) == all(found)
        }
        Family::Set => {
            let set = |text: &str| {
                let words = text.split([';', ',', ' ']).filter(|word| !word.is_empty());
                words.map(str::to_ascii_lowercase).collect::<std::collections::BTreeSet<_>>()
            };
            set(wanted) == set(found)
        }
        Family::Escaped => wanted.trim() == unescaped(found).trim(),
        _ => wanted.trim_end() == found.trim_end(),
    }
}

/// `%0A` and its like as bytes.
pub fn unescaped(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let code = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match code.and_then(|two| u8::from_str_radix(two, 16).ok()).filter(|_| *first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_compared_by_what_they_mean() {
        for (name, wanted, found) in [
            ("net0", "virtio,bridge=vmbr0", "virtio=BC:24:11:AA:00:01,bridge=vmbr0"),
            (
                "net0",
                "model=virtio,macaddr=bc:24:11:aa:00:01,bridge=vmbr0,firewall=on",
                "virtio=BC:24:11:AA:00:01,bridge=vmbr0,firewall=1",
            ),
            ("hostpci0", "01:00,pcie=1", "0000:01:00,pcie=1"),
            ("hostpci0", "host=0000:01:00.0;0000:01:00.1", "0000:01:00.0;0000:01:00.1"),
            ("agent", "enabled=1", "1"),
            ("cpu", "host", "cputype=host"),
            ("memory", "current=2048", "2048"),
            ("tags", "b;a", "a,b"),
            ("ipconfig0", "gw=10.0.0.1,ip=10.0.0.2/24", "ip=10.0.0.2/24,gw=10.0.0.1"),
            ("sshkeys", "ssh-ed25519 AAAA me\n", "ssh-ed25519%20AAAA%20me%0A"),
            ("description", "a note", "a note\n"),
        ] {
            assert!(same(name, wanted, found), "{name}: {wanted} / {found}");
        }
        for (name, wanted, found) in [
            ("net0", "virtio,bridge=vmbr1", "virtio=BC:24:11:AA:00:01,bridge=vmbr0"),
            (
                "net0",
                "virtio=BC:24:11:AA:00:02,bridge=vmbr0",
                "virtio=BC:24:11:AA:00:01,bridge=vmbr0",
            ),
            ("net0", "virtio,bridge=vmbr0", "virtio=BC:24:11:AA:00:01,bridge=vmbr0,tag=10"),
            ("hostpci0", "01:00,pcie=1", "0000:01:00"),
            ("cpu", "host,flags=+aes", "host"),
            ("memory", "4096", "2048"),
        ] {
            assert!(!same(name, wanted, found), "{name}: {wanted} / {found}");
        }
    }

    #[test]
    fn disks_and_devices_are_read() {
        let disk = Disk::of("local-lvm:vm-100-disk-0,iothread=1,size=32G");
        assert_eq!((disk.volume.as_str(), disk.size), ("local-lvm:vm-100-disk-0", Some(32 << 30)));
        assert_eq!(disk.new_size(), None);
        assert_eq!(Disk::of("local-lvm:0.5").new_size(), Some(("local-lvm", 512 << 20)));
        assert_eq!(Disk::of("none,media=cdrom").new_size(), None);
        assert_eq!(bytes("4M"), Some(4 << 20));
        assert_eq!(bytes("x"), None);
        assert!(overlap("0000:01:00", "0000:01:00.1") && !overlap("0000:01:00.0", "0000:01:00.1"));
        assert!(!overlap("0000:01:0", "0000:01:00"));
        assert_eq!(unescaped("a%2Bb%zz%"), "a+b%zz%");
    }
}
