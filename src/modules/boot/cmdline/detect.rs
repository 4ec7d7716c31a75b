//! Which boot loader it is.

use super::boot::Loader;
use crate::modules::told::Told;
use crate::spec::Failure;

/// What makes GRUB's entries.
pub fn mkconfig(told: &Told) -> Option<String> {
    if told.worked("tool update-grub") {
        return Some("update-grub".to_string());
    }
    let cfg = told.all().find_map(|said| said.what.strip_prefix("cfg "))?;
    let tools = ["grub-mkconfig", "grub2-mkconfig"];
    let tool = tools.iter().find(|tool| told.worked(&format!("tool {tool}")))?;
    Some(format!("{tool} -o {cfg}"))
}

/// Which kinds of loaders the tool keeps on its partitions: GRUB, and one that reads the file of one line.
pub fn kinds(told: &Told) -> (bool, bool) {
    let said =
        told.text("status").lines().filter_map(|line| line.split_once("is configured with:"));
    let said: Vec<&str> = said.map(|(_, kinds)| kinds).collect();
    (
        said.iter().any(|kinds| kinds.contains("grub (")),
        said.iter().any(|kinds| kinds.contains("uefi (")),
    )
}

/// What boots the host, or whether what is asked for does.
///
/// # Errors
/// It does not, or nothing tells.
pub fn detect(told: &Told, asked: Loader) -> Result<Loader, Failure> {
    let proxmox = told.worked("status") && kinds(told) != (false, false);
    let grubby = told.worked("grubby");
    let has_cfg = told.all().any(|said| said.what.starts_with("cfg "));
    let grub = has_cfg && mkconfig(told).is_some();
    let systemd = told.worked("bootctl") && told.worked("tool kernel-install");
    let there = match asked {
        Loader::Auto => return guess(told, (proxmox, grubby, grub, systemd)),
        Loader::Proxmox => proxmox,
        Loader::Grubby => grubby,
        Loader::Grub => grub,
        Loader::Systemd => systemd,
    };
    if there {
        return Ok(asked);
    }
    let said = match asked {
        Loader::Proxmox => told.text("status"),
        Loader::Systemd => told.text("bootctl"),
        Loader::Grubby => told.text("grubby"),
        _ => "",
    };
    let text = format!("{} does not boot this host {}", asked.word(), said.trim());
    Err(Failure::new(text.trim_end()))
}

fn guess(
    told: &Told,
    (proxmox, grubby, grub, systemd): (bool, bool, bool, bool),
) -> Result<Loader, Failure> {
    let info = told.text("loader");
    match () {
        () if proxmox => Ok(Loader::Proxmox),
        () if grubby => Ok(Loader::Grubby),
        () if systemd && info.contains("systemd-boot") => Ok(Loader::Systemd),
        () if grub && info.contains("GRUB") => Ok(Loader::Grub),
        () if grub && systemd => Err(Failure::new(
            "both GRUB and systemd-boot are installed, and nothing says which of them boots this host: name it by bootloader",
        )),
        () if grub => Ok(Loader::Grub),
        () if systemd => Ok(Loader::Systemd),
        () => Err(Failure::new(
            "neither GRUB, systemd-boot, proxmox-boot-tool nor grubby was found on this host: nothing is known that sets its command line",
        )),
    }
}
