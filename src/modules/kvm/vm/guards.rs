//! What is refused before anything is changed: what is not there, what another machine has, what would lose data.

use super::Args;
use super::describe::Wish;
use super::devices::{self, Disk};
use super::seen::{Seen, sources};
use crate::modules::kvm::compare::{self, Pci};
use crate::modules::kvm::domain::Domain;
use crate::modules::kvm::xml::Node;
use crate::spec::{Failure, PathKind};

/// Everything that does not depend on what is planned; tells warnings.
pub fn check(args: &Args, wish: &Wish, seen: &Seen) -> Result<Vec<String>, Failure> {
    if let Some(domain) = &seen.base.domain {
        firmware(args, domain)?;
    } else if args.memory.is_none() {
        return Err(Failure::new(format!(
            "the machine {} is not there: memory is needed",
            args.name
        )));
    }
    for disk in wish.disks.iter().flatten() {
        one_disk(disk, seen)?;
    }
    networks(wish, seen)?;
    let mut warnings = Vec::new();
    for pci in wish.hostdevs.iter().flatten() {
        hostdev(*pci, args, wish, seen, &mut warnings)?;
    }
    Ok(warnings)
}

fn firmware(args: &Args, domain: &Domain) -> Result<(), Failure> {
    let os = domain.xml.find("os");
    let uefi =
        os.is_some_and(|os| os.get("firmware") == Some("efi") || os.find("loader").is_some());
    let now = if uefi { "uefi" } else { "bios" };
    match args.firmware.as_deref() {
        Some(wanted) if wanted != now => {
            let text = format!(
                "the machine {} was made with {now}: with {wanted} its disk would not boot; it is made anew for that",
                args.name
            );
            Err(Failure::new(text))
        }
        _ => Ok(()),
    }
}

fn one_disk(disk: &Disk, seen: &Seen) -> Result<(), Failure> {
    let path = &disk.path;
    let mut wanted = vec![(path, disk.readonly || disk.device == "cdrom")];
    wanted.extend(disk.backing_file.as_ref().map(|base| (base, true)));
    for (path, reads) in wanted {
        let real = seen.real(path);
        let user = sources(&seen.others)
            .find(|(_, other, shared)| seen.real(other) == real && !(reads && *shared));
        if let Some((name, ..)) = user {
            return Err(Failure::new(format!("the disk {path} is used by the machine {name}")));
        }
    }
    if let Some(base) = disk.backing_file.as_ref().filter(|base| !there(seen, base)) {
        return Err(Failure::new(format!("{base} is not there")).missing());
    }
    let Some(state) = seen.paths.get(path).and_then(Option::as_ref) else {
        return match disk.size.is_some() || disk.backing_file.is_some() {
            true => Ok(()),
            false => Err(Failure::new(format!("the disk {path} is not there")).missing()),
        };
    };
    let kind = if disk.is_block() { PathKind::Block } else { PathKind::File };
    if state.kind != kind {
        let text = format!("{path} is a {}, not a {}", state.kind.word(), kind.word());
        return Err(Failure::new(text));
    }
    let Some((format, size)) = seen.image(path) else { return Ok(()) };
    if format != disk.format() {
        let text = format!("{path} holds {format}, not {}: name its format", disk.format());
        return Err(Failure::new(text));
    }
    match disk.size.as_ref().map(|size| devices::bytes("size", size)).transpose()? {
        Some(wanted) if wanted < size => {
            let text = format!(
                "{path} has {}, and {} is less: a disk is never made smaller, what is behind its end would be lost",
                compare::human(size),
                compare::human(wanted)
            );
            Err(Failure::new(text))
        }
        _ => Ok(()),
    }
}

fn there(seen: &Seen, path: &str) -> bool {
    seen.paths.get(path).is_some_and(Option::is_some)
}

fn networks(wish: &Wish, seen: &Seen) -> Result<(), Failure> {
    let names = crate::modules::kvm::names(&seen.details, "networks");
    for network in wish.networks.iter().flatten() {
        if let Some(bridge) = &network.bridge {
            if !seen.details.worked(&format!("bridge {bridge}")) {
                return Err(Failure::new(format!("the host has no bridge {bridge}")).missing());
            }
        }
        if let Some(name) = &network.network {
            if !names.contains(name) && !seen.networks.contains(name) {
                return Err(Failure::new(format!("libvirt has no network {name}")).missing());
            }
        }
        for (other, node) in interfaces(&seen.others) {
            let same = |mine: Option<&String>, at: Option<&str>| {
                mine.zip(at).is_some_and(|(mine, at)| mine.eq_ignore_ascii_case(at))
            };
            if same(network.mac.as_ref(), node.at("mac", "address")) {
                let mac = network.mac.as_deref().unwrap_or_default();
                return Err(Failure::new(format!("the mac {mac} is the machine {other}'s")));
            }
            if same(network.target.as_ref(), node.at("target", "dev")) {
                let target = network.target.as_deref().unwrap_or_default();
                return Err(Failure::new(format!("the target {target} is the machine {other}'s")));
            }
        }
    }
    Ok(())
}

fn interfaces(others: &[(String, Node)]) -> impl Iterator<Item = (&str, &Node)> {
    others.iter().flat_map(|(name, node)| {
        let devices = node.find("devices").into_iter();
        devices.flat_map(|d| d.all("interface")).map(move |node| (name.as_str(), node))
    })
}

/// A function of a device and what holds it.
struct Member<'t> {
    at: Pci,
    class: &'t str,
    driver: &'t str,
}

fn members(text: &str) -> Vec<Member<'_>> {
    let one = |line| {
        let mut words = str::split_whitespace(line);
        let (at, class) = (Pci::parse(words.next()?)?, words.next()?);
        Some(Member { at, class, driver: words.next().unwrap_or_default() })
    };
    text.lines().filter_map(one).collect()
}

/// Refuses a device that another machine has.
fn nobody_elses(pci: Pci, seen: &Seen) -> Result<(), Failure> {
    for (other, node) in &seen.others {
        let devices = node.find("devices").into_iter().flat_map(|devices| devices.all("hostdev"));
        let mut theirs = devices.filter_map(|node| compare::pci(node.find("source/address")?));
        if theirs.any(|their| their == pci) {
            let text =
                format!("{pci} is given to the machine {other}: a device is in one machine only");
            return Err(Failure::new(text));
        }
    }
    Ok(())
}

fn hostdev(
    pci: Pci,
    args: &Args,
    wish: &Wish,
    seen: &Seen,
    warnings: &mut Vec<String>,
) -> Result<(), Failure> {
    nobody_elses(pci, seen)?;
    if !seen.details.worked(&format!("pci {pci}")) {
        return Err(Failure::new(format!("the host has no PCI device {pci}")));
    }
    let group = members(seen.details.text(&format!("pci {pci}")));
    if group.is_empty() {
        let text = format!(
            "{pci} has no IOMMU group: the IOMMU is off, in the firmware (VT-d, AMD-Vi) or on the kernel's command line"
        );
        return match super::starts(args, seen.base.domain.as_ref().map(|domain| domain.power)) {
            true => Err(Failure::new(text)),
            false => {
                warnings.push(text);
                Ok(())
            }
        };
    }
    let mine = wish.hostdevs.iter().flatten().copied().collect::<Vec<_>>();
    let foreign: Vec<&Member<'_>> = group.iter().filter(|m| !mine.contains(&m.at)).collect();
    let bridge =
        |member: &Member<'_>| ["0x0604", "0x0600"].iter().any(|c| member.class.starts_with(c));
    let held = foreign.iter().filter(|m| !bridge(m) && !matches!(m.driver, "" | "vfio-pci"));
    let held: Vec<String> = held.map(|m| format!("{} ({})", m.at, m.driver)).collect();
    if !held.is_empty() {
        let text = format!("the IOMMU group of {pci} is not clean: {}", held.join(", "));
        return Err(Failure::new(text));
    }
    for member in foreign.iter().filter(|m| m.at.parts[..3] == pci.parts[..3] && !bridge(m)) {
        warnings.push(format!(
            "{} is a function of the same device as {pci} and is left out",
            member.at
        ));
    }
    if seen.details.text(&format!("vga {pci}")).trim() == "1" {
        warnings.push(format!("{pci} shows the host's own console: it goes dark"));
    }
    Ok(())
}

/// Whether the huge pages that a start needs are free.
pub fn pages(wish: &Wish, document: &Node, seen: &Seen) -> Result<(), Failure> {
    let Some((memory, page)) = wish.pinned(document).filter(|(_, page)| *page > 0) else {
        return Ok(());
    };
    let said = seen.details.of(&format!("pages {page}"));
    let free =
        said.filter(|said| said.rc == 0).and_then(|said| said.text.trim().parse::<u64>().ok());
    let size = compare::human(page << 10);
    let need = memory.div_ceil(page << 10);
    match free {
        None => Err(Failure::new(format!("the host has no huge pages of {size}"))),
        Some(free) if free < need => {
            let text = format!("{need} huge pages of {size} are needed, and {free} are free");
            Err(Failure::new(text))
        }
        Some(_) => Ok(()),
    }
}
