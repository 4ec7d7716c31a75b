//! What restricts the host or the session.

use super::Gathered;
use super::told::{Told, assigned};
use crate::base::Value;

/// Facts that stand for capabilities.
pub const CAPS: &[&str] = &["system_capabilities", "system_capabilities_enforced"];

/// `selinux`. Without Python the kernel is asked itself; other systems than Linux say what Ansible says there.
pub fn selinux(told: &Told, found: &mut Gathered) {
    let linux = told.system() == "Linux";
    let entries: Value = match told.first("/sys/fs/selinux/enforce") {
        _ if !linux => [("status", "Missing selinux Python library".into())].into_iter().collect(),
        None => [("status", "disabled".into())].into_iter().collect(),
        Some(enforce) => enabled(told, enforce),
    };
    found.put("selinux", entries);
    found.put("selinux_python_present", linux);
}

fn enabled(told: &Told, enforce: &str) -> Value {
    let config = told.lines("/etc/selinux/config");
    let or_unknown = |name: &str| assigned(config, name).unwrap_or_else(|| "unknown".into());
    let version = told.integer("/sys/fs/selinux/policyvers");
    let entries = [
        ("status", Value::from("enabled")),
        ("policyvers", version.map_or_else(|| Value::from("unknown"), Value::from)),
        ("config_mode", or_unknown("SELINUX").into()),
        ("mode", if enforce == "1" { "enforcing" } else { "permissive" }.into()),
        ("type", or_unknown("SELINUXTYPE").into()),
    ];
    entries.into_iter().collect()
}

/// `apparmor`.
pub fn apparmor(told: &Told, found: &mut Gathered) {
    let enabled = told.there("/sys/kernel/security/apparmor");
    let status = if enabled { "enabled" } else { "disabled" };
    found.put("apparmor", [("status", status.into())].into_iter().collect::<Value>());
}

/// `fips`.
pub fn fips(told: &Told, found: &mut Gathered) {
    found.put("fips", told.first("/proc/sys/crypto/fips_enabled") == Some("1"));
}

/// `is_chroot`: whether / is another directory than that of process 1, or else not what a root usually is.
pub fn chroot(told: &Told, found: &mut Gathered) {
    let usual = match told.first("rootfs") {
        Some(kind) if kind.contains("btrfs") => "256",
        Some(kind) if kind.contains("xfs") => "128",
        _ => "2",
    };
    let inside = match told.lines("root") {
        _ if told.first("debian_chroot").is_some() => true,
        [own, first, ..] => own != first,
        [own] => own.rsplit(':').next() != Some(usual),
        [] => return,
    };
    found.put("is_chroot", inside);
}

/// `system_capabilities`, by capsh.
pub fn caps(told: &Told, found: &mut Gathered) {
    let current = told.lines("caps").iter().find_map(|line| line.strip_prefix("Current:"));
    let (enforced, list) = match current {
        None if told.knows("caps") => ("NA", Value::list(Vec::new())),
        None => ("N/A", "N/A".into()),
        Some(text) if text.trim() == "=ep" => ("False", Value::list(Vec::new())),
        Some(text) => {
            let list = text.split('=').nth(1).unwrap_or_default();
            ("True", list.split(',').map(str::trim).collect::<Vec<_>>().into())
        }
    };
    found.put("system_capabilities_enforced", enforced);
    found.put("system_capabilities", list);
}
