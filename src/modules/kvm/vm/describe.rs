//! From what is asked for to libvirt's document: only what was given, laid over what is there.

use super::devices::{self, Disk, Network};
use super::{Args, seed};
use crate::modules::kvm::compare::{self, Owned, Pci};
use crate::modules::kvm::domain;
use crate::modules::kvm::xml::Node;
use crate::spec::Failure;

/// What is asked for, checked.
pub struct Wish {
    /// Disks; None: they are left as they are.
    pub disks: Option<Vec<Disk>>,
    /// Interfaces.
    pub networks: Option<Vec<Network>>,
    /// Devices of the host.
    pub hostdevs: Option<Vec<Pci>>,
    /// What the first boot reads.
    pub seed: Option<seed::Seed>,
    memory: Option<u64>,
    /// KiB of a page; `Some(0)`: pages as all others.
    pub pages: Option<u64>,
}

impl Wish {
    /// Reads the arguments.
    ///
    /// # Errors
    /// One is not as it has to be.
    pub fn read(args: &Args) -> Result<Self, Failure> {
        let seed = args.seed.as_ref().map(|dict| seed::Seed::read(&args.name, dict)).transpose()?;
        let memory = args.memory.as_ref().map(|size| devices::bytes("memory", size)).transpose()?;
        let pages = match args.hugepages.as_deref() {
            None => None,
            Some("none") => Some(0),
            Some(size) => Some(devices::bytes("hugepages", size)? >> 10),
        };
        if let (Some(memory), Some(pages)) = (memory, pages.filter(|pages| *pages > 0)) {
            if memory % (pages << 10) != 0 {
                return Err(Failure::new("memory is no whole number of huge pages"));
            }
        }
        Ok(Self {
            disks: Disk::all(args.disks.as_ref(), seed.as_ref().map(|seed| seed.target.as_str()))?,
            networks: Network::all(args.networks.as_ref())?,
            hostdevs: devices::hostdevs(args.hostdevs.as_ref())?,
            seed,
            memory,
            pages,
        })
    }

    /// Bytes of memory in huge pages that a start needs, and KiB of a page.
    pub fn pinned(&self, document: &Node) -> Option<(u64, u64)> {
        let page = document.find("memoryBacking/hugepages/page")?;
        let page = compare::size(page)? >> 10;
        Some((compare::size(document.find("memory")?)?, page))
    }
}

/// Which kinds of devices are this task's.
fn kinds(args: &Args, wish: &Wish) -> Vec<&'static str> {
    let mut kinds = Vec::new();
    kinds.extend(wish.disks.is_some().then_some("disk"));
    kinds.extend(wish.networks.is_some().then_some("interface"));
    kinds.extend(wish.hostdevs.is_some().then_some("hostdev"));
    kinds.extend(args.graphics.is_some().then_some("graphics"));
    kinds
}

/// What differs from a machine that is there.
pub fn differences(args: &Args, wish: &Wish, found: &Node) -> Vec<String> {
    let kinds = kinds(args, wish);
    compare::differences(&given(args, wish, Some(found)), found, &owned(&kinds))
}

fn owned<'a>(kinds: &'a [&'a str]) -> Vec<(&'a str, &'a [&'a str])> {
    vec![
        ("domain/devices", kinds),
        ("domain/devices/disk", &["boot", "readonly"]),
        ("domain/devices/interface", &["boot", "target", "mtu", "port"]),
        ("domain/memoryBacking", &["hugepages"]),
    ]
}

/// The document that is asked for, over the one that is there.
pub fn document(args: &Args, wish: &Wish, found: Option<&Node>) -> Node {
    let given = given(args, wish, found);
    let kinds = kinds(args, wish);
    let mut new = found.cloned().unwrap_or_else(|| fresh(args));
    if let Some(mode) = args.cpu_mode.as_deref().filter(|mode| new.at("cpu", "mode") != Some(mode))
    {
        let old = new.find("cpu").cloned().unwrap_or_default();
        let kept =
            old.children.into_iter().filter(|c| matches!(c.name.as_str(), "topology" | "numa"));
        *new.entry("cpu") =
            Node { children: kept.collect(), ..Node::new("cpu").attr("mode", mode) };
    }
    lay(&given, &mut new, &owned(&kinds), "domain");
    let ordered = new
        .find("devices")
        .is_some_and(|devices| devices.children.iter().any(|device| device.find("boot").is_some()));
    if ordered {
        // libvirt takes an order of devices or of kinds, not both.
        new.entry("os").remove("boot");
    }
    if let Some(found) = found {
        domain::keep(&mut new, found, true);
    }
    new
}

/// Only what was given.
fn given(args: &Args, wish: &Wish, found: Option<&Node>) -> Node {
    let mut node = Node::new("domain").child(Node::new("name").text(&args.name));
    if let Some(kind) = &args.kind {
        node.set("type", kind);
    }
    if let Some(memory) = wish.memory {
        let size = |name: &str| Node::new(name).attr("unit", "KiB").text(memory >> 10);
        node.children.extend([size("memory"), size("currentMemory")]);
    }
    node.children.extend(args.cpus.map(|cpus| Node::new("vcpu").text(cpus)));
    if let Some(mode) = &args.cpu_mode {
        node.children.push(Node::new("cpu").attr("mode", mode));
    }
    match wish.pages {
        Some(0) if found.is_some_and(|found| found.find("memoryBacking").is_some()) => {
            node.entry("memoryBacking");
        }
        Some(pages) if pages > 0 => {
            let page = Node::new("page").attr("size", pages).attr("unit", "KiB");
            node.entry("memoryBacking/hugepages").children.push(page);
        }
        _ => {}
    }
    if let Some(machine) = &args.machine {
        node.entry("os/type").set("machine", machine);
    }
    if args.firmware.as_deref() == Some("uefi") && found.is_none() {
        firmware(args, node.entry("os"));
    }
    if let Some(hide) = args.hide_kvm {
        let state = if hide { "on" } else { "off" };
        node.entry("features/kvm/hidden").set("state", state);
    }
    given_devices(args, wish, &mut node);
    node
}

fn firmware(args: &Args, os: &mut Node) {
    os.set("firmware", "efi");
    if let Some(secure) = args.secure_boot {
        let word = if secure { "yes" } else { "no" };
        let feature = |name: &str| Node::new("feature").attr("enabled", word).attr("name", name);
        let all =
            Node::new("firmware").child(feature("enrolled-keys")).child(feature("secure-boot"));
        os.children.push(all);
    }
}

fn given_devices(args: &Args, wish: &Wish, node: &mut Node) {
    let mut all: Vec<Node> = Vec::new();
    all.extend(wish.disks.iter().flatten().map(Disk::node));
    all.extend(wish.seed.as_ref().map(seed::Seed::node));
    all.extend(wish.networks.iter().flatten().map(Network::node));
    all.extend(wish.hostdevs.iter().flatten().map(|pci| devices::hostdev(*pci)));
    if let Some(kind) = args.graphics.as_deref().filter(|kind| *kind != "none") {
        let node = Node::new("graphics").attr("type", kind).attr("autoport", "yes");
        all.push(node.attr("listen", "127.0.0.1"));
    }
    if !all.is_empty() || !kinds(args, wish).is_empty() {
        node.entry("devices").children.extend(all);
    }
}

/// A machine of which nothing else was said.
fn fresh(args: &Args) -> Node {
    let kind = args.kind.as_deref().unwrap_or("kvm");
    let mut node = Node::new("domain").attr("type", kind);
    node.children.push(Node::new("name").text(&args.name));
    node.entry("vcpu").text = "1".to_string();
    node.entry("os/type").set("machine", "q35");
    node.entry("os/type").text = "hvm".to_string();
    node.entry("features/acpi");
    node.entry("features/apic");
    if kind == "kvm" {
        node.entry("cpu").set("mode", "host-passthrough");
    }
    node.entry("clock").set("offset", "utc");
    let devices = node.entry("devices");
    devices.children.push(Node::new("serial").attr("type", "pty"));
    let agent = Node::new("target").attr("type", "virtio").attr("name", "org.qemu.guest_agent.0");
    devices.children.push(Node::new("channel").attr("type", "unix").child(agent));
    let random = Node::new("backend").attr("model", "random").text("/dev/urandom");
    devices.children.push(Node::new("rng").attr("model", "virtio").child(random));
    node
}

/// Lays what was given over what is there.
fn lay(given: &Node, onto: &mut Node, owned: Owned<'_>, path: &str) {
    for (key, value) in &given.attrs {
        onto.set(key, value);
    }
    if !given.text.is_empty() {
        onto.text.clone_from(&given.text);
    }
    let pairs = compare::pairs(given, onto, owned, path);
    for (child, at) in given.children.iter().zip(&pairs) {
        if let Some(at) = at {
            lay(child, &mut onto.children[*at], owned, &format!("{path}/{}", child.name));
        }
    }
    let mine = owned.iter().find(|(at, _)| *at == path).map_or(&[][..], |(_, names)| names);
    let mut at = 0;
    onto.children.retain(|child| {
        let stays = pairs.contains(&Some(at)) || !mine.contains(&child.name.as_str());
        at += 1;
        stays
    });
    let new = given.children.iter().zip(&pairs).filter(|(_, at)| at.is_none());
    onto.children.extend(new.map(|(child, _)| child.clone()));
}
