//! PCI functions of a Linux host, their IOMMU groups, and what is in use of them.

use crate::base::{Key, Value};
use crate::modules::told::Told;
use crate::spec::Failure;
use crate::spec::args::Raw;

/// The question's functions; they follow `ask.sh`.
macro_rules! pci_script {
    ($own:literal) => {
        concat!(include_str!("../../told/ask.sh"), include_str!("../pci.sh"), include_str!($own))
    };
}
pub(super) use pci_script;

/// One function.
#[derive(Clone, Debug, Default)]
pub struct Function {
    /// As /sys has it: 0000:01:00.0.
    pub address: String,
    /// Class, subclass and interface: 0x030000.
    pub class: u32,
    /// `10de:2204`.
    pub id: String,
    /// The driver that has it.
    pub driver: Option<String>,
    /// Number of its IOMMU group.
    pub group: Option<u32>,
    /// Whether the firmware shows its console there.
    pub boot_vga: bool,
    /// Ways it can be reset.
    pub reset: String,
    /// Whether it is a virtual function of another.
    pub virtual_function: bool,
    /// What is in use of it.
    pub uses: Vec<String>,
}

impl Function {
    /// Whether it is a bridge of PCI or the host that no other driver has.
    pub fn is_bridge(&self) -> bool {
        let kind = self.class >> 8;
        let own = self.driver.as_deref().is_none_or(|driver| driver == "pcieport");
        (kind == 0x0604 || kind == 0x0600) && own
    }

    /// Whether a virtual machine may get it now.
    pub fn is_reserved(&self) -> bool {
        self.driver.as_deref() == Some("vfio-pci")
    }

    /// Whether it shows pictures.
    pub fn is_display(&self) -> bool {
        self.class >> 16 == 3
    }

    /// `0000:01:00.0 (10de:2204, nouveau)`, with what is in use of it.
    pub fn told(&self) -> String {
        let driver = self.driver.as_deref().unwrap_or("no driver");
        let uses = if self.uses.is_empty() {
            String::new()
        } else {
            format!(": {}", self.uses.join(", "))
        };
        format!("{} ({}, {driver}{uses})", self.address, self.id)
    }

    /// The same as data.
    pub fn to_value(&self) -> Value {
        let driver = self.driver.as_deref().map_or(Value::NULL, Value::from);
        let uses = self.uses.iter().map(|text| Value::from(text.as_str())).collect();
        [
            ("address", Value::from(self.address.as_str())),
            ("id", Value::from(self.id.as_str())),
            ("class", Value::from(format!("{:06x}", self.class))),
            ("driver", driver),
            ("group", self.group.map_or(Value::NULL, |group| Value::from(i64::from(group)))),
            ("boot_vga", Value::from(self.boot_vga)),
            ("reset_method", Value::from(self.reset.as_str())),
            ("virtual_function", Value::from(self.virtual_function)),
            ("in_use", Value::list(uses)),
        ]
        .into_iter()
        .collect()
    }
}

/// One IOMMU group.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// Its number.
    pub number: u32,
    /// `DMA`, `DMA-FQ`, `identity`.
    pub kind: String,
}

/// All of a host.
#[derive(Clone, Debug, Default)]
pub struct Pci {
    /// Functions in the order of their addresses.
    pub functions: Vec<Function>,
    /// Groups by number.
    pub groups: Vec<Group>,
    /// Names of the IOMMUs.
    pub iommus: Vec<String>,
}

impl Pci {
    /// Reads the answers.
    ///
    /// # Errors
    /// What is in use cannot be seen: nothing is taken then.
    pub fn read(told: &Told) -> Result<Self, Failure> {
        for what in ["pci", "mounts", "routes"] {
            let said = told.of(what).filter(|said| said.rc == 0);
            said.ok_or_else(|| {
                let why = told.text(what).trim();
                Failure::new(format!("what is in use on this host cannot be seen: {what}: {why}"))
            })?;
        }
        let mut pci = Self::default();
        let text = told.text("pci");
        text.lines().for_each(|line| pci.function_line(line));
        text.lines().for_each(|line| pci.other_line(line));
        pci.groups.sort_by_key(|group| group.number);
        pci.functions.sort_by(|one, other| one.address.cmp(&other.address));
        pci.uses(told);
        Ok(pci)
    }

    fn function_line(&mut self, line: &str) {
        let fields: Vec<&str> = line.split('\t').collect();
        let ["dev", address, class, vendor, device, vga, reset, vf] = fields[..] else { return };
        let hex = |text: &str| u32::from_str_radix(text.trim_start_matches("0x"), 16).unwrap_or(0);
        self.functions.push(Function {
            address: address.to_string(),
            class: hex(class),
            id: format!("{:04x}:{:04x}", hex(vendor), hex(device)),
            boot_vga: vga == "1",
            reset: if reset == "-" { String::new() } else { reset.to_string() },
            virtual_function: vf == "1",
            ..Function::default()
        });
    }

    fn other_line(&mut self, line: &str) {
        let fields: Vec<&str> = line.split('\t').collect();
        match fields[..] {
            ["drv", address, driver] => {
                if let Some(function) = self.at(address) {
                    function.driver = Some(driver.to_string());
                }
            }
            ["grp", address, group] => {
                let number = group.parse().ok();
                if let Some(function) = self.at(address) {
                    function.group = number;
                }
                let known = |group: &Group| Some(group.number) == number;
                if !self.groups.iter().any(known) {
                    let number = number.unwrap_or_default();
                    self.groups.push(Group { number, kind: String::new() });
                }
            }
            ["type", group, kind] => {
                let number: Option<u32> = group.parse().ok();
                let known = self.groups.iter_mut().find(|group| Some(group.number) == number);
                if let Some(group) = known {
                    group.kind = kind.to_string();
                }
            }
            ["iommu", name] => self.iommus.push(name.to_string()),
            _ => {}
        }
    }

    fn at(&mut self, address: &str) -> Option<&mut Function> {
        self.functions.iter_mut().find(|function| function.address == address)
    }

    /// Disks and interfaces of functions, and what they are used for.
    fn uses(&mut self, told: &Told) {
        let pairs = |name: &str| -> Vec<(&str, &str)> {
            let lines = told.text("pci").lines().map(|line| line.split('\t').collect::<Vec<_>>());
            lines
                .filter_map(|fields| match fields[..] {
                    [kind, one, other] if kind == name => Some((one, other)),
                    _ => None,
                })
                .collect()
        };
        let (held, part) = (pairs("held"), pairs("part"));
        for line in told.text("links").lines() {
            let Some((left, target)) = line.split_once(" -> ") else { continue };
            let name = left.rsplit(' ').next().unwrap_or_default();
            let Some(address) = target.split('/').rfind(|part| is_address(part)) else { continue };
            let mut uses = Vec::new();
            if target.contains("/net/") {
                uses.extend(routes(told.text("routes"), name));
                let parts = part.iter().filter(|(one, _)| *one == name);
                uses.extend(parts.map(|(_, other)| format!("{name} is part of {other}")));
            } else {
                uses.extend(mounts(told.text("mounts"), name));
                uses.extend(swaps(told.text("swaps"), name));
                let holders = held.iter().filter(|(one, _)| *one == name);
                uses.extend(holders.map(|(_, other)| format!("{name} is held by {other}")));
            }
            if let Some(function) = self.at(address) {
                function.uses.extend(uses);
            }
        }
    }

    /// The function at an address.
    pub fn function(&self, address: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.address == address)
    }

    /// The functions of a group.
    pub fn members(&self, group: u32) -> impl Iterator<Item = &Function> {
        self.functions.iter().filter(move |function| function.group == Some(group))
    }

    /// Functions of a group that must not be left with the host when these are given away.
    pub fn dirt(&self, group: u32, wanted: &[String], allowed: &[String]) -> Vec<&Function> {
        let fine = |function: &&Function| {
            let idle = function.driver.is_none() || function.is_reserved();
            wanted.contains(&function.address)
                || function.is_bridge()
                || (idle && allowed.contains(&function.address))
        };
        self.members(group).filter(|function| !fine(function)).collect()
    }

    /// Whether the host has an IOMMU at work.
    pub fn has_iommu(&self) -> bool {
        !self.iommus.is_empty() && !self.groups.is_empty()
    }
}

/// Whether the rest of a device's name is that of a partition.
fn is_part(rest: &str) -> bool {
    let digits = rest.strip_prefix('p').unwrap_or(rest);
    digits.chars().all(|c| c.is_ascii_digit())
}

fn mounts(text: &str, disk: &str) -> Vec<String> {
    let mine = |line: &str| {
        let mut words = line.split(' ');
        let rest = words.next()?.strip_prefix("/dev/")?.strip_prefix(disk)?.to_string();
        is_part(&rest).then(|| format!("{disk} is mounted at {}", words.next().unwrap_or_default()))
    };
    text.lines().filter_map(mine).collect()
}

fn swaps(text: &str, disk: &str) -> Option<String> {
    let mine = |line: &str| {
        let name = line.split_whitespace().next()?;
        is_part(name.strip_prefix("/dev/")?.strip_prefix(disk)?).then_some(())
    };
    text.lines().find_map(mine).map(|()| format!("{disk} is swap"))
}

fn routes(text: &str, name: &str) -> Option<String> {
    let way = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        matches!(words[..], [first, "00000000", ..] if first == name)
    };
    text.lines().any(way).then(|| format!("the default route goes by {name}"))
}

fn hex(text: &str, lengths: std::ops::RangeInclusive<usize>) -> bool {
    lengths.contains(&text.len()) && text.chars().all(|c| c.is_ascii_hexdigit())
}

/// Whether a text is a full address: 0000:01:00.0.
fn is_address(text: &str) -> bool {
    let parts: Vec<&str> = text.split([':', '.']).collect();
    let [domain, bus, slot, function] = parts[..] else { return false };
    text.matches(':').count() == 2
        && hex(domain, 4..=8)
        && hex(bus, 2..=2)
        && hex(slot, 2..=2)
        && function.len() == 1
        && ("0"..="7").contains(&function)
}

fn is_id(text: &str) -> bool {
    text.split_once(':').is_some_and(|(vendor, device)| hex(vendor, 4..=4) && hex(device, 4..=4))
}

/// A function as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// At an address, perhaps only if it is this device.
    At(String, Option<String>),
    /// All with this id.
    Id(String),
}

impl Asked {
    /// Reads an address (`0000:01:00.0`, with `=10de:2204` behind it), an id, or a dict with `address`, `expect_id` or `id`.
    ///
    /// # Errors
    /// It is none.
    pub fn read(raw: &Raw) -> Result<Self, Failure> {
        let Some(map) = raw.0.as_map() else { return Self::parse(raw.0.text().trim()) };
        let known = ["address", "expect_id", "id"];
        if let Some(key) = map.keys().find(|key| key.as_str().is_none_or(|k| !known.contains(&k))) {
            let text = format!(
                "Unsupported parameters: {} found in devices. Supported parameters include: address, expect_id, id.",
                key.value().text()
            );
            return Err(Failure::new(text));
        }
        let text = |name: &str| map.get(&Key::from(name)).map(Value::text);
        match (text("address"), text("expect_id"), text("id")) {
            (Some(address), Some(id), None) => Self::parse(&format!("{address}={id}")),
            (Some(address), None, None) => Self::parse(&address).and_then(|asked| match asked {
                Self::At(..) => Ok(asked),
                Self::Id(_) => Err(Failure::new(format!("{address:?} is no PCI address"))),
            }),
            (None, None, Some(id)) if is_id(&id) => Ok(Self::Id(id.to_lowercase())),
            _ => {
                Err(Failure::new("devices: each has either address (and perhaps expect_id) or id"))
            }
        }
    }

    fn parse(text: &str) -> Result<Self, Failure> {
        let (address, id) = text.split_once('=').map_or((text, None), |(a, i)| (a, Some(i)));
        let wrong = || {
            let form = "0000:01:00.0, or an id as 10de:2204";
            Failure::new(format!("{text:?} is no PCI address such as {form}"))
        };
        if id.is_none() && is_id(address) {
            return Ok(Self::Id(address.to_lowercase()));
        }
        let short = address.matches(':').count() == 1;
        let full = if short { format!("0000:{address}") } else { address.to_string() };
        if !is_address(&full) || id.is_some_and(|id| !is_id(id)) {
            return Err(wrong());
        }
        Ok(Self::At(full.to_lowercase(), id.map(str::to_lowercase)))
    }

    /// The functions that it means.
    ///
    /// # Errors
    /// There is none, or another device.
    pub fn find<'p>(&self, pci: &'p Pci) -> Result<Vec<&'p Function>, Failure> {
        match self {
            Self::Id(id) => {
                let found: Vec<&Function> =
                    pci.functions.iter().filter(|function| function.id == *id).collect();
                if found.is_empty() {
                    return Err(Failure::new(format!("no PCI function of this host is {id}")));
                }
                Ok(found)
            }
            Self::At(address, id) => {
                let none =
                    || Failure::new(format!("there is no PCI function {address} on this host"));
                let function = pci.function(address).ok_or_else(none)?;
                match id.as_ref().filter(|id| **id != function.id) {
                    Some(id) => Err(Failure::new(format!(
                        "{address} is {}, not {id}: the card has moved",
                        function.id
                    ))),
                    None => Ok(vec![function]),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_ids_are_told_apart() {
        let read = |text: &str| Asked::parse(text);
        let at =
            |address: &str, id: Option<&str>| Ok(Asked::At(address.into(), id.map(Into::into)));
        assert_eq!(read("0000:01:00.0"), at("0000:01:00.0", None));
        assert_eq!(read("0A:1f.7"), at("0000:0a:1f.7", None));
        assert_eq!(read("10000:E1:00.0=10DE:2204"), at("10000:e1:00.0", Some("10de:2204")));
        assert_eq!(read("10de:2204"), Ok(Asked::Id("10de:2204".into())));
        for bad in [
            "",
            "01:00",
            "1:0.0",
            "0000:01:00.8",
            "0000:01:00",
            "0000:01:00.0=",
            "0000:01:00.0=x",
            "10de:22045",
            "0000:01:00.0;x",
            "g000:01:00.0",
            "0000-01:00.0",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn uses_are_of_the_whole_name() {
        let text =
            "/dev/sda1 / ext4 rw 0 0\n/dev/sdaa /x ext4 rw 0 0\n/dev/nvme0n1p2 /home ext4 rw 0 0\n";
        assert_eq!(mounts(text, "sda"), ["sda is mounted at /"]);
        assert_eq!(mounts(text, "nvme0n1"), ["nvme0n1 is mounted at /home"]);
        assert!(mounts(text, "nvme0n").is_empty());
        let text =
            "Iface\tDestination\tGateway\neth0\t00000000\t0100000A\neth1\t0000000A\t00000000\n";
        assert!(routes(text, "eth0").is_some() && routes(text, "eth1").is_none());
    }
}
