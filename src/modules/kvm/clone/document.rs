//! The clone's document: the source's, without what is the source's alone.

use super::Args;
use crate::base::{Key, Value};
use crate::modules::kvm::xml::Node;
use crate::spec::Failure;

/// A file that the clone gets one of its own of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// What the bus calls the disk; empty: the firmware's variables.
    pub target: String,
    /// The source's.
    pub from: String,
    /// The clone's.
    pub to: String,
    /// What is in it.
    pub format: String,
    /// Whether it is a disk.
    pub is_disk: bool,
    /// Whether it is copied; else it is there already.
    pub copies: bool,
}

/// Refuses what is no address.
pub fn check_macs(macs: &[String]) -> Result<(), Failure> {
    let pair = |text: &str| text.len() == 2 && text.chars().all(|c| c.is_ascii_hexdigit());
    let mac = |mac: &String| mac.split(':').count() == 6 && mac.split(':').all(pair);
    match macs.iter().find(|text| !mac(text)) {
        Some(text) => {
            Err(Failure::new(format!("macs: {text:?} is no address such as 52:54:00:12:34:56")))
        }
        None => Ok(()),
    }
}

/// Everything that the clone needs of its own.
///
/// # Errors
/// A disk cannot be copied, or one is named that is not there.
pub fn copies(args: &Args, source: &Node) -> Result<Vec<Copied>, Failure> {
    let mut all = Vec::new();
    let mut named: Vec<String> = args.disks.0.keys().map(Key::json_text).collect();
    let disks = source.find("devices").into_iter().flat_map(|devices| devices.all("disk"));
    for disk in disks {
        let target = disk.at("target", "dev").unwrap_or_default();
        named.retain(|name| name != target);
        let shared = disk.find("shareable").is_some() || disk.find("readonly").is_some();
        if disk.get("device").is_some_and(|kind| kind != "disk") || shared {
            continue;
        }
        all.push(one(args, disk, target)?);
    }
    if let Some(name) = named.first() {
        let text = format!("disks: the machine {} has no disk {name} to be copied", args.source);
        return Err(Failure::new(text));
    }
    if let Some(vars) = source.text_at("os/nvram").filter(|path| path.starts_with('/')) {
        let dir = vars.rsplit_once('/').map_or("", |(dir, _)| dir);
        all.push(Copied {
            target: String::new(),
            from: vars.to_string(),
            to: format!("{dir}/{}_VARS.fd", args.name),
            format: "raw".to_string(),
            is_disk: false,
            copies: true,
        });
    }
    Ok(all)
}

fn one(args: &Args, disk: &Node, target: &str) -> Result<Copied, Failure> {
    let given = args.disks.0.get(&Key::from(target)).map(Value::text);
    let source = disk.find("source");
    let from = source.and_then(|source| source.get("file").or_else(|| source.get("dev")));
    let Some(from) = from.filter(|path| path.starts_with('/')) else {
        let text = format!("the disk {target} of {} is neither an image nor a device", args.source);
        return Err(Failure::new(text));
    };
    let to = match given {
        Some(path) => path,
        None if from.starts_with("/dev/") => {
            let text = format!(
                "the disk {target} is the device {from}: disks names the clone's own, which is made first"
            );
            return Err(Failure::new(text));
        }
        None => {
            let (dir, file) = from.rsplit_once('/').unwrap_or(("", from));
            let suffix = file.rsplit_once('.').map_or("img", |(_, suffix)| suffix);
            format!("{dir}/{}-{target}.{suffix}", args.name)
        }
    };
    let format = disk.at("driver", "type").unwrap_or("raw").to_string();
    let copies = !to.starts_with("/dev/");
    if !copies && format != "raw" {
        return Err(Failure::new(format!(
            "the disk {target} is {format}: {to} cannot take its place"
        )));
    }
    Ok(Copied {
        target: target.to_string(),
        from: from.to_string(),
        to,
        format,
        is_disk: true,
        copies,
    })
}

/// The clone's document, and what of the source it has not.
pub fn document(args: &Args, source: &Node, copied: &[Copied]) -> (Node, Vec<String>) {
    let mut new = source.clone();
    let mut warnings = vec![format!(
        "{} has the identity of {}: its machine-id, host keys and name are made anew (virt-sysprep, or a seed with a new instance_id)",
        args.name, args.source
    )];
    new.remove("uuid");
    new.remove("genid");
    new.entry("name").text.clone_from(&args.name);
    if let Some(vars) = copied.iter().find(|copy| !copy.is_disk) {
        new.entry("os/nvram").text.clone_from(&vars.to);
    }
    let devices = new.entry("devices");
    if devices.all("hostdev").next().is_some() {
        devices.remove("hostdev");
        warnings.push(format!("devices of the host stay with {}", args.source));
    }
    let mut macs = args.macs.iter();
    for device in &mut devices.children {
        match device.name.as_str() {
            "interface" => {
                device.remove("mac");
                // Its name is of one interface.
                device.remove("target");
                let mac =
                    macs.next().map(|mac| Node::new("mac").attr("address", mac.to_lowercase()));
                device.children.extend(mac);
            }
            "disk" => disk(device, copied, &mut warnings),
            "serial" | "console" if device.find("source").is_some() => {
                device.remove("source");
                device.set("type", "pty");
            }
            _ => {}
        }
    }
    (new, warnings)
}

fn disk(device: &mut Node, copied: &[Copied], warnings: &mut Vec<String>) {
    let target = device.at("target", "dev").unwrap_or_default().to_string();
    if device.get("device") == Some("cdrom") && device.find("source").is_some() {
        device.remove("source");
        warnings.push(format!("the disc in {target} is not put into the clone"));
        return;
    }
    let Some(copy) = copied.iter().find(|copy| copy.is_disk && copy.target == target) else {
        return;
    };
    let (kind, attr) = if copy.copies { ("file", "file") } else { ("block", "dev") };
    device.set("type", kind);
    device.remove("source");
    device.remove("backingStore");
    device.children.insert(0, Node::new("source").attr(attr, &copy.to));
}
