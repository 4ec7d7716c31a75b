//! Files that bind functions to vfio-pci at boot.

use super::super::pci::Function;
use super::{Args, Method};
use crate::modules::accounts::Presence;
use crate::spec::Failure;

/// Options of modules, and which comes first.
pub const OPTIONS: &str = "/etc/modprobe.d/tank-vfio.conf";
/// Modules that are loaded at boot.
pub const LOAD: &str = "/etc/modules-load.d/tank-vfio.conf";
/// Modules that Debian's initramfs loads.
pub const INITRAMFS: &str = "/etc/initramfs-tools/modules";
/// What Debian's initramfs does first.
pub const SCRIPT: &str = "/etc/initramfs-tools/scripts/init-top/00_tank_vfio";
/// What dracut puts into its initramfs.
pub const DRACUT: &str = "/etc/dracut.conf.d/tank-vfio.conf";
/// All of them.
pub const ALL: [&str; 5] = [OPTIONS, LOAD, INITRAMFS, SCRIPT, DRACUT];

const HEAD: &str = "# PCI functions for virtual machines: kept by tank's vfio.\n";
const MARK: &str = "# for virtual machines: kept by tank's vfio";

/// The tool that makes the initramfs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// Debian's initramfs-tools.
    Debian,
    /// dracut.
    Dracut,
}

/// Ids of functions, each once.
pub fn ids(functions: &[&Function]) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for function in functions {
        if !ids.contains(&function.id) {
            ids.push(function.id.clone());
        }
    }
    ids
}

/// What one of the files shall hold; None: it shall not be there.
///
/// # Errors
/// The tool has no way for the method.
pub fn text(
    path: &str,
    now: &str,
    (args, tool): (&Args, Tool),
    functions: &[&Function],
) -> Result<Option<String>, Failure> {
    let on = args.state == Presence::Present;
    if tool == Tool::Dracut && args.method == Method::DriverOverride && on {
        let text = "driver_override needs an initramfs of initramfs-tools: this host's is made by dracut, use driverctl there";
        return Err(Failure::new(text));
    }
    Ok(match path {
        OPTIONS if on => Some(options(args, functions)),
        LOAD if on => Some(format!("{HEAD}vfio\nvfio_iommu_type1\nvfio_pci\n")),
        INITRAMFS if tool == Tool::Debian => Some(modules(now, on)).filter(|text| !text.is_empty()),
        SCRIPT if on && args.method == Method::DriverOverride => Some(script(functions)),
        DRACUT if on && tool == Tool::Dracut => {
            Some(format!("{HEAD}force_drivers+=\" vfio vfio_iommu_type1 vfio_pci \"\n"))
        }
        INITRAMFS => Some(now.to_string()).filter(|text| !text.is_empty()),
        _ => None,
    })
}

fn options(args: &Args, functions: &[&Function]) -> String {
    let mut words = Vec::new();
    if args.method == Method::Ids {
        words.push(format!("ids={}", ids(functions).join(",")));
    }
    if args.disable_vga {
        words.push("disable_vga=1".to_string());
    }
    let mut text = HEAD.to_string();
    if !words.is_empty() {
        text += &format!("options vfio-pci {}\n", words.join(" "));
    }
    for driver in &args.softdep {
        text += &format!("softdep {driver} pre: vfio-pci\n");
    }
    for driver in &args.blacklist {
        text += &format!("blacklist {driver}\n");
    }
    text
}

/// The list of modules with ours at its end, or without it.
fn modules(now: &str, on: bool) -> String {
    let ours = format!("{MARK}\nvfio_pci\n");
    let named = now.lines().any(|line| matches!(line.trim(), "vfio_pci" | "vfio-pci"));
    match (on, named) {
        (true, false) if now.is_empty() || now.ends_with('\n') => format!("{now}{ours}"),
        (true, false) => format!("{now}\n{ours}"),
        (true, true) => now.to_string(),
        (false, _) => now.replace(&ours, ""),
    }
}

/// Binds by address, before anything else has a chance; a card that has moved is left alone.
fn script(functions: &[&Function]) -> String {
    let pairs: Vec<String> =
        functions.iter().map(|function| format!("{}={}", function.address, function.id)).collect();
    format!(
        r#"#!/bin/sh
{HEAD}PREREQ=""
case $1 in
prereqs)
  echo "$PREREQ"
  exit 0
  ;;
esac
devices="{}"
each() {{
  for pair in $devices; do
    address=${{pair%%=*}} id=${{pair#*=}}
    device=/sys/bus/pci/devices/$address
    [ -e "$device/driver_override" ] || continue
    read -r vendor <"$device/vendor"
    read -r number <"$device/device"
    [ "${{vendor#0x}}:${{number#0x}}" = "$id" ] || continue
    "$1"
  done
}}
claim() {{
  echo vfio-pci >"$device/driver_override"
}}
bind() {{
  if [ -e "$device/driver" ] && [ ! -e "/sys/bus/pci/drivers/vfio-pci/$address" ]; then
    echo "$address" >"$device/driver/unbind"
  fi
  if [ ! -e "$device/driver" ]; then echo "$address" >/sys/bus/pci/drivers_probe; fi
}}
each claim
modprobe vfio-pci
each bind
exit 0
"#,
        pairs.join(" ")
    )
}
