//! Disks, interfaces and devices of the host, as they are asked for and as libvirt writes them.

use crate::modules::kvm::compare::Pci;
use crate::modules::kvm::xml::Node;
use crate::spec::ArgStruct;
use crate::spec::Failure;
use crate::spec::args::Dict;

crate::args! {
    /// A disk.
    pub struct Disk {
        /// Its image, zvol or logical volume.
        path: String => [required()],
        /// What the guest's bus calls it; the next free name of the bus.
        target: Option<String> => [],
        /// What it hangs on.
        bus: String => [choices(&["virtio", "sata", "scsi", "usb"]), default("virtio")],
        /// What is in the image; by its name, and raw for devices.
        format: Option<String> => [choices(&["raw", "qcow2"])],
        /// Disk or compact disc.
        device: String => [choices(&["disk", "cdrom"]), default("disk")],
        /// Size of the image. One that is not there is made, a smaller one grows, a larger one is refused.
        size: Option<String> => [],
        /// The image that a new one lies upon.
        backing_file: Option<String> => [],
        /// What is in that.
        backing_format: String => [choices(&["raw", "qcow2"]), default("qcow2")],
        /// How the host caches it.
        cache: Option<String> => [choices(&["none", "writeback", "writethrough", "directsync", "unsafe"])],
        /// Whether the guest can give back what it does not use.
        discard: Option<String> => [choices(&["ignore", "unmap"])],
        /// Its place in the order of booting.
        boot: Option<i64> => [],
        /// Whether the guest may only read it.
        readonly: bool => [default("false")],
        /// Its serial number, which the guest finds it by.
        serial: Option<String> => [],
    }
    rules []
}

crate::args! {
    /// An interface.
    pub struct Network {
        /// The host's bridge that it is on.
        bridge: Option<String> => [],
        /// The network of libvirt's that it is on.
        network: Option<String> => [],
        /// Whether it reaches the outside by QEMU alone.
        user: bool => [default("false")],
        /// What the host calls it: packet filters can name it then.
        target: Option<String> => [],
        /// Its address; libvirt makes one up, which is kept.
        mac: Option<String> => [],
        /// Its hardware.
        model: String => [choices(&["virtio", "e1000", "e1000e", "rtl8139"]), default("virtio")],
        /// Its place in the order of booting.
        boot: Option<i64> => [],
        /// Whether it reaches no other isolated interface of its bridge.
        isolated: Option<bool> => [],
        /// Largest packet.
        mtu: Option<i64> => [],
    }
    rules []
}

fn read<T: ArgStruct>(what: &str, dicts: Option<&Vec<Dict>>) -> Result<Option<Vec<T>>, Failure> {
    let Some(dicts) = dicts else { return Ok(None) };
    let one = |(at, dict): (usize, &Dict)| {
        let wrong = |error| Failure::new(format!("{what} {}: {error}", at + 1));
        T::from_map(&dict.0).map_err(wrong)
    };
    dicts.iter().enumerate().map(one).collect::<Result<_, _>>().map(Some)
}

/// Bytes of a size such as 20G.
pub fn bytes(what: &str, size: &str) -> Result<u64, Failure> {
    let wrong = || Failure::new(format!("{what}: {size:?} is no size such as 20G"));
    let text = size.trim_end_matches(['B', 'i', 'b']);
    let digits = text.trim_end_matches(['K', 'M', 'G', 'T', 'k', 'm', 'g', 't']);
    let shift = match text[digits.len()..].to_ascii_uppercase().as_str() {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        "T" => 40,
        _ => return Err(wrong()),
    };
    let plain = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit());
    let number: u64 = digits.parse().ok().filter(|_| plain).ok_or_else(wrong)?;
    number.checked_mul(1 << shift).filter(|bytes| *bytes > 0).ok_or_else(wrong)
}

/// A path that is whole and stays what it is.
pub fn path(what: &str, path: &str) -> Result<(), Failure> {
    let odd = path.contains(char::is_control) || path.split('/').any(|part| part == "..");
    if !path.starts_with('/') || path.ends_with('/') || odd {
        return Err(Failure::new(format!("{what}: {path:?} is no absolute path of a file")));
    }
    Ok(())
}

impl Disk {
    /// All that are asked for, each with its target.
    ///
    /// # Errors
    /// One is not as it has to be, or two have one name.
    pub fn all(
        dicts: Option<&Vec<Dict>>,
        taken: Option<&str>,
    ) -> Result<Option<Vec<Self>>, Failure> {
        let Some(mut disks) = read::<Self>("disk", dicts)? else { return Ok(None) };
        for disk in &disks {
            disk.check()?;
        }
        let mut names: Vec<String> = disks.iter().filter_map(|disk| disk.target.clone()).collect();
        names.extend(taken.map(str::to_string));
        for disk in &mut disks {
            if disk.target.is_none() {
                let head = if disk.bus == "virtio" { "vd" } else { "sd" };
                let mut free = ('a'..='z').map(|letter| format!("{head}{letter}"));
                disk.target = free.find(|name| !names.contains(name));
                names.extend(disk.target.clone());
            }
        }
        for (what, mut all) in [
            ("target", disks.iter().filter_map(|disk| disk.target.as_ref()).collect::<Vec<_>>()),
            ("path", disks.iter().map(|disk| &disk.path).collect()),
        ] {
            all.sort_unstable();
            if let Some(pair) = all.windows(2).find(|pair| pair[0] == pair[1]) {
                return Err(Failure::new(format!("two disks have the {what} {}", pair[0])));
            }
        }
        Ok(Some(disks))
    }

    fn check(&self) -> Result<(), Failure> {
        path("disk", &self.path)?;
        if let Some(base) = &self.backing_file {
            path("backing_file", base)?;
        }
        if let Some(size) = &self.size {
            bytes("disk size", size)?;
        }
        let name = |text: &String| {
            (1..=32).contains(&text.len())
                && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        };
        for (what, text) in [("target", &self.target), ("serial", &self.serial)] {
            if let Some(text) = text.as_ref().filter(|text| !name(text)) {
                return Err(Failure::new(format!("disk {what}: {text:?}: letters and digits")));
            }
        }
        if self.is_block() && (self.size.is_some() || self.backing_file.is_some()) {
            let text =
                "{} is a device: it is made and grown by zfs or lvol, not by size or backing_file";
            return Err(Failure::new(text.replace("{}", &self.path)));
        }
        if self.is_block() && self.format() != "raw" {
            return Err(Failure::new(format!("{} is a device: its format is raw", self.path)));
        }
        if self.backing_file.is_some() && self.format() != "qcow2" {
            return Err(Failure::new("backing_file needs the format qcow2"));
        }
        Ok(())
    }

    /// Whether it is a device of the host.
    pub fn is_block(&self) -> bool {
        self.path.starts_with("/dev/")
    }

    /// What is in it.
    pub fn format(&self) -> &str {
        let named = if self.path.ends_with(".qcow2") { "qcow2" } else { "raw" };
        self.format.as_deref().unwrap_or(named)
    }

    /// As libvirt writes it.
    pub fn node(&self) -> Node {
        let (kind, attr) = if self.is_block() { ("block", "dev") } else { ("file", "file") };
        let mut driver = Node::new("driver").attr("name", "qemu").attr("type", self.format());
        for (name, value) in [("cache", &self.cache), ("discard", &self.discard)] {
            if let Some(value) = value {
                driver.set(name, value);
            }
        }
        let target = self.target.as_deref().unwrap_or_default();
        let mut node = Node::new("disk")
            .attr("type", kind)
            .attr("device", &self.device)
            .child(driver)
            .child(Node::new("source").attr(attr, &self.path))
            .child(Node::new("target").attr("dev", target).attr("bus", &self.bus));
        if self.readonly || self.device == "cdrom" {
            node.children.push(Node::new("readonly"));
        }
        node.children.extend(self.serial.as_ref().map(|serial| Node::new("serial").text(serial)));
        node.children.extend(self.boot.map(|boot| Node::new("boot").attr("order", boot)));
        node
    }
}

impl Network {
    /// All that are asked for.
    ///
    /// # Errors
    /// One is not as it has to be, or two have one name.
    pub fn all(dicts: Option<&Vec<Dict>>) -> Result<Option<Vec<Self>>, Failure> {
        let all = read::<Self>("network", dicts)?;
        let networks = all.as_deref().unwrap_or_default();
        for network in networks {
            network.check()?;
        }
        let lower = |mac: &String| mac.to_lowercase();
        for (what, mut names) in [
            ("mac", networks.iter().filter_map(|n| n.mac.as_ref().map(lower)).collect::<Vec<_>>()),
            ("target", networks.iter().filter_map(|n| n.target.clone()).collect()),
        ] {
            names.sort_unstable();
            if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
                return Err(Failure::new(format!("two networks have the {what} {}", pair[0])));
            }
        }
        Ok(all)
    }

    fn check(&self) -> Result<(), Failure> {
        let ways = [self.bridge.is_some(), self.network.is_some(), self.user];
        if ways.iter().filter(|way| **way).count() != 1 {
            return Err(Failure::new("a network has one of bridge, network and user"));
        }
        let name = |text: &str| {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
            (1..=15).contains(&text.len())
                && !text.starts_with(['-', '.'])
                && text.chars().all(plain)
        };
        for (what, text) in [("bridge", &self.bridge), ("target", &self.target)] {
            if let Some(text) = text.as_ref().filter(|text| !name(text)) {
                return Err(Failure::new(format!("{what}: {text:?} is no name of an interface")));
            }
        }
        if let Some(network) = &self.network {
            crate::modules::kvm::check_name("network", network)?;
        }
        let heads = ["vnet", "vif", "macvtap", "macvlan"];
        if let Some(text) = self.target.as_ref().filter(|t| heads.iter().any(|h| t.starts_with(h)))
        {
            let text = format!("target: libvirt drops {text:?}: names of that kind are its own");
            return Err(Failure::new(text));
        }
        let pair = |text: &str| text.len() == 2 && text.chars().all(|c| c.is_ascii_hexdigit());
        let mac = |mac: &&String| mac.split(':').count() == 6 && mac.split(':').all(pair);
        if let Some(text) = self.mac.as_ref().filter(|text| !mac(text)) {
            return Err(Failure::new(format!(
                "mac: {text:?} is no address such as 52:54:00:12:34:56"
            )));
        }
        // The lowest bit of the first byte says that it is many.
        let first = self.mac.as_deref().and_then(|mac| u8::from_str_radix(&mac[..2], 16).ok());
        if first.is_some_and(|byte| byte & 1 == 1) {
            return Err(Failure::new("mac: this is an address of a group"));
        }
        Ok(())
    }

    /// As libvirt writes it.
    pub fn node(&self) -> Node {
        let (kind, source) = match (&self.bridge, &self.network) {
            (Some(bridge), _) => ("bridge", Some(("bridge", bridge))),
            (_, Some(network)) => ("network", Some(("network", network))),
            _ => ("user", None),
        };
        let mut node = Node::new("interface").attr("type", kind);
        let mac = self.mac.as_ref().map(|mac| Node::new("mac").attr("address", mac.to_lowercase()));
        node.children.extend(mac);
        node.children.extend(source.map(|(attr, name)| Node::new("source").attr(attr, name)));
        node.children.extend(self.target.as_ref().map(|dev| Node::new("target").attr("dev", dev)));
        node.children.push(Node::new("model").attr("type", &self.model));
        node.children.extend(self.mtu.map(|mtu| Node::new("mtu").attr("size", mtu)));
        let port = |on: bool| Node::new("port").attr("isolated", if on { "yes" } else { "no" });
        node.children.extend(self.isolated.filter(|on| *on).map(port));
        node.children.extend(self.boot.map(|boot| Node::new("boot").attr("order", boot)));
        node
    }
}

/// The devices of the host that are asked for.
///
/// # Errors
/// An address is none, or named twice.
pub fn hostdevs(given: Option<&Vec<String>>) -> Result<Option<Vec<Pci>>, Failure> {
    let Some(given) = given else { return Ok(None) };
    let mut all = Vec::new();
    for text in given {
        let wrong =
            || Failure::new(format!("hostdevs: {text:?} is no address such as 0000:01:00.0"));
        let pci = Pci::parse(text).ok_or_else(wrong)?;
        if all.contains(&pci) {
            return Err(Failure::new(format!("hostdevs: {pci} is named twice")));
        }
        all.push(pci);
    }
    Ok(Some(all))
}

/// As libvirt writes it.
pub fn hostdev(pci: Pci) -> Node {
    let [domain, bus, slot, function] = pci.parts;
    let address = Node::new("address")
        .attr("domain", format!("0x{domain:04x}"))
        .attr("bus", format!("0x{bus:02x}"))
        .attr("slot", format!("0x{slot:02x}"))
        .attr("function", format!("0x{function:x}"));
    let node = Node::new("hostdev").attr("mode", "subsystem").attr("type", "pci");
    node.attr("managed", "yes").child(Node::new("source").child(address))
}
