//! PCI functions of a host, and what is in use of them.

use crate::modules::told::Told;
use crate::spec::Failure;
use std::collections::HashSet;
use std::fmt;

/// Bus, slot and function; the loader takes no domain but 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    bus: u32,
    slot: u32,
    function: u32,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.bus, self.slot, self.function)
    }
}

impl Address {
    /// Reads `1/0/0`, in decimal.
    ///
    /// # Errors
    /// What is wrong; for a number in hex also the decimal form.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no address: bus/slot/function in decimal, as 1/0/0");
        let parts: Vec<&str> = text.split('/').collect();
        let [bus, slot, function] = parts[..] else { return Err(wrong()) };
        let all = [bus, slot, function];
        let digits = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
        if !all.iter().all(digits) {
            let hex = all.map(|part| u32::from_str_radix(part.trim_start_matches("0x"), 16));
            return Err(match hex {
                [Ok(bus), Ok(slot), Ok(function)] => {
                    format!("{}; the numbers look like hex: in decimal {bus}/{slot}/{function}", wrong())
                }
                _ => wrong(),
            });
        }
        let numbers = all.map(|part| part.parse::<u32>().unwrap_or(u32::MAX));
        let [bus, slot, function] = numbers;
        if bus > 255 || slot > 31 || function > 7 {
            return Err(wrong());
        }
        Ok(Self { bus, slot, function })
    }

    /// What the functions of one card have in common.
    pub fn card(self) -> (u32, u32) {
        (self.bus, self.slot)
    }
}

/// One function.
#[derive(Clone, Debug)]
pub struct Function {
    /// Where it is.
    pub address: Address,
    /// Driver and number: `ppt0` when it is reserved, `none0` without a driver.
    pub driver: String,
    /// Class, subclass and interface: 0x010601.
    pub class: u32,
    /// Type of its header: 0 is an endpoint.
    pub header: u32,
    vendor: u32,
    device: u32,
}

impl Function {
    /// `10de:2204`.
    pub fn ids(&self) -> String {
        format!("{:04x}:{:04x}", self.vendor, self.device)
    }

    /// Whether a virtual machine may get it now.
    pub fn is_reserved(&self) -> bool {
        let number = self.driver.strip_prefix("ppt");
        number.is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit()))
    }

    /// Reads a line of `pciconf -l`. Before FreeBSD 13 both ids stand in `chip=`.
    fn parse(line: &str) -> Option<Self> {
        let (driver, rest) = line.split_once("@pci0:")?;
        let (place, rest) = rest.split_once(":\t").or_else(|| rest.split_once(": "))?;
        let numbers: Vec<u32> = place.split(':').filter_map(|n| n.parse().ok()).collect();
        let [bus, slot, function] = numbers[..] else { return None };
        let field = |name: &str| {
            let words = rest.split_whitespace();
            let value = words.filter_map(|word| word.split_once('=')).find(|(key, _)| *key == name);
            u32::from_str_radix(value?.1.trim_start_matches("0x"), 16).ok()
        };
        let chip = field("chip");
        let vendor = field("vendor").or(chip.map(|chip| chip & 0xffff))?;
        let device = field("device").or(chip.map(|chip| chip >> 16))?;
        Some(Self {
            address: Address { bus, slot, function },
            driver: driver.to_string(),
            class: field("class")?,
            header: field("hdr").unwrap_or(0) & 0x7f,
            vendor,
            device,
        })
    }
}

/// What was seen of a host.
#[derive(Clone, Debug, Default)]
pub struct Host {
    /// All functions.
    pub functions: Vec<Function>,
    /// The tree of devices: depth and name.
    tree: Vec<(usize, String)>,
    /// Devices in use by the driver's name, with the reason.
    used: Vec<(String, String)>,
    /// Disks in use of which nobody knows the controller.
    lost: Vec<String>,
}

impl Host {
    /// Reads the answers.
    ///
    /// # Errors
    /// Some of them failed: what cannot be seen is not taken.
    pub fn read(told: &Told) -> Result<Self, Failure> {
        for what in ["pciconf", "devinfo", "disks", "interfaces"] {
            let said = told.of(what).filter(|said| said.rc == 0);
            said.ok_or_else(|| {
                let why = told.text(what).trim();
                Failure::new(format!("what is in use on this host cannot be seen: {what}: {why}"))
            })?;
        }
        let mut host = Self {
            functions: told.text("pciconf").lines().filter_map(Function::parse).collect(),
            tree: tree(told.text("devinfo")),
            ..Self::default()
        };
        host.disks(told.text("disks"), told.text("cam"));
        host.interfaces(told.text("interfaces"), told.text("route"));
        Ok(host)
    }

    /// The function at an address.
    pub fn function(&self, address: Address) -> Option<&Function> {
        self.functions.iter().find(|function| function.address == address)
    }

    fn knows(&self, name: &str) -> bool {
        self.tree.iter().any(|(_, known)| known == name)
    }

    /// Disks that are open, by the device in the tree that they hang on.
    fn disks(&mut self, text: &str, cam: &str) {
        let controllers = cam_controllers(cam);
        for disk in open_disks(text) {
            let at = disk.find(|c: char| c.is_ascii_digit()).unwrap_or(disk.len());
            let (kind, number) = disk.split_at(at);
            let device = match kind {
                "vtbd" => format!("vtblk{number}"),
                "nvd" => format!("nvme{number}"),
                _ => match controllers.iter().find(|(known, _)| *known == disk) {
                    Some((_, controller)) => controller.clone(),
                    None => disk.clone(),
                },
            };
            match self.knows(&device) {
                true => self.used.push((device, format!("the disk {disk} is open"))),
                false if disk.starts_with("md") => {}
                false => self.lost.push(disk),
            }
        }
    }

    /// Interfaces with an address, in a bridge, or on the way out.
    fn interfaces(&mut self, text: &str, route: &str) {
        let out = route.lines().find_map(|line| line.trim().strip_prefix("interface: "));
        if let Some(name) = out {
            self.used.push((name.to_string(), "the default route goes by it".to_string()));
        }
        let mut current = "";
        for line in text.lines() {
            if !line.starts_with(['\t', ' ']) {
                current = line.split(':').next().unwrap_or_default();
                continue;
            }
            let words: Vec<&str> = line.split_whitespace().collect();
            match words[..] {
                ["inet", address, ..] => {
                    self.used.push((current.to_string(), format!("it has the address {address}")));
                }
                ["member:" | "laggport:", name, ..] => {
                    self.used.push((name.to_string(), format!("it is part of {current}")));
                }
                _ => {}
            }
        }
    }

    /// Why a function must stay with the host.
    pub fn in_use(&self, function: &Function) -> Option<String> {
        let below = self.below(&function.driver);
        let found = self.used.iter().find(|(name, _)| below.contains(name.as_str()));
        if let Some((name, why)) = found {
            return Some(format!("{name}: {why}"));
        }
        let storage = function.class >> 16 == 1;
        let lost = self.lost.first().filter(|_| storage)?;
        Some(format!("nobody knows which controller the open disk {lost} hangs on"))
    }

    /// A device and all below it.
    fn below(&self, name: &str) -> HashSet<&str> {
        let mut all: HashSet<&str> = self
            .functions
            .iter()
            .map(|function| function.driver.as_str())
            .filter(|driver| *driver == name)
            .collect();
        let mut inside = None;
        for (depth, device) in &self.tree {
            match inside {
                Some(top) if *depth > top => drop(all.insert(device)),
                _ => inside = (device == name).then_some(*depth),
            }
        }
        all
    }
}

fn tree(text: &str) -> Vec<(usize, String)> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| (line.len() - line.trim_start().len(), line.trim().to_string())).collect()
}

/// Names in `geom disk list` whose mode is not r0w0e0.
fn open_disks(text: &str) -> Vec<String> {
    let mut disks = Vec::new();
    let mut name = "";
    for line in text.lines() {
        if let Some(found) = line.strip_prefix("Geom name: ") {
            name = found.trim();
        }
        let mode = line.trim().strip_prefix("Mode: ");
        if mode.is_some_and(|mode| mode != "r0w0e0") && !name.is_empty() {
            disks.push(name.to_string());
        }
    }
    disks
}

/// Disks and the controllers of their buses, of `camcontrol devlist -v`.
fn cam_controllers(text: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut controller = "";
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            [bus, "on", name, ..] if bus.starts_with("scbus") => controller = name,
            _ => {
                let names = line.rsplit_once('(').map(|(_, names)| names.trim_end_matches(')'));
                let names = names.into_iter().flat_map(|names| names.split(','));
                all.extend(names.map(|name| (name.to_string(), controller.to_string())));
            }
        }
    }
    all
}
