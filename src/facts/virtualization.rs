//! Whether the host is a guest, a container or their host.

use super::Gathered;
use super::told::Told;
use crate::base::Value;
use std::collections::BTreeSet;

/// Facts that stand for the family.
pub const IDS: &[&str] = &[
    "virtualization_type",
    "virtualization_role",
    "virtualization_tech_guest",
    "virtualization_tech_host",
];

/// What was seen: the first is the type, all are kept.
#[derive(Default)]
struct Seen {
    first: Option<(String, &'static str)>,
    guest: BTreeSet<String>,
    host: BTreeSet<String>,
}

impl Seen {
    fn guest(&mut self, kind: &str) {
        self.guest.insert(kind.to_string());
        self.first.get_or_insert_with(|| (kind.to_string(), "guest"));
    }

    fn host(&mut self, kind: &str) {
        self.host.insert(kind.to_string());
        self.first.get_or_insert_with(|| (kind.to_string(), "host"));
    }
}

/// `virtualization_*`.
pub fn read(told: &Told, found: &mut Gathered) {
    let mut seen = Seen::default();
    let nothing = if told.system() == "Linux" {
        containers(told, &mut seen);
        firmware(told, &mut seen);
        processors(told, &mut seen);
        kernel(told, &mut seen);
        "NA"
    } else {
        by_sysctl(told, &mut seen);
        ""
    };
    let (kind, role) = seen.first.unwrap_or_else(|| (nothing.to_string(), nothing));
    let list = |set: BTreeSet<String>| set.into_iter().map(Value::from).collect::<Vec<_>>();
    found.put("virtualization_type", kind);
    found.put("virtualization_role", role);
    found.put("virtualization_tech_guest", list(seen.guest));
    found.put("virtualization_tech_host", list(seen.host));
}

fn containers(told: &Told, seen: &mut Seen) {
    for line in told.lines("/proc/1/cgroup") {
        if line.contains("/docker/") || line.contains("/docker-") {
            seen.guest("docker");
        }
        if line.contains("/lxc/") || line.contains("/machine.slice/machine-lxc") {
            seen.guest("lxc");
        }
        if line.contains("/system.slice/containerd.service") {
            seen.guest("containerd");
        }
    }
    for line in told.lines("/proc/1/environ") {
        for kind in ["lxc", "podman"] {
            if line.contains(&format!("container={kind}")) {
                seen.guest(kind);
            }
        }
        seen.guest("container");
    }
    if told.there("/proc/vz") && !told.there("/proc/lve") {
        if told.there("/proc/bc") { seen.host("openvz") } else { seen.guest("openvz") }
    }
    let systemd = told.first("/run/systemd/container");
    if let Some(kind) = systemd {
        seen.guest(kind);
    }
    if told.there("/.dockerenv") || told.there("/.dockerinit") {
        seen.guest("docker");
    }
    let known = ["docker", "lxc", "podman", "openvz", "containerd"];
    if systemd.is_some() || known.iter().any(|kind| seen.guest.contains(*kind)) {
        seen.guest("container");
    }
    if told.there("/proc/xen") {
        let host = told.lines("/proc/xen/capabilities").iter().any(|l| l.contains("control_d"));
        if host { seen.host("xen") } else { _ = seen.first.get_or_insert(("xen".into(), "guest")) }
    }
}

fn firmware(told: &Told, seen: &mut Seen) {
    let id =
        |name: &str| told.text(&format!("/sys/devices/virtual/dmi/id/{name}")).unwrap_or_default();
    let (product, vendor, bios) = (id("product_name"), id("sys_vendor"), id("bios_vendor"));
    match product.as_str() {
        "KVM" | "KVM Server" | "Bochs" | "AHV" | "CloudStack KVM Hypervisor" => seen.guest("kvm"),
        "RHEV Hypervisor" if vendor == "Red Hat" => seen.guest("RHEV"),
        "OpenStack Compute" | "OpenStack Nova" => seen.guest("openstack"),
        "BHYVE" => seen.guest("bhyve"),
        name if name.starts_with("VMware") => seen.guest("VMware"),
        _ if vendor == "oVirt" => seen.guest("oVirt"),
        _ if vendor == "Red Hat" && id("product_family") == "RHV" => seen.guest("RHV"),
        _ => {}
    }
    match bios.as_str() {
        "Xen" => seen.guest("xen"),
        "innotek GmbH" => seen.guest("virtualbox"),
        "Amazon EC2" | "DigitalOcean" | "Hetzner" | "Linode" => seen.guest("kvm"),
        _ => {}
    }
    match vendor.as_str() {
        "QEMU" | "Amazon EC2" | "DigitalOcean" | "Google" | "Scaleway" | "Nutanix" => {
            seen.guest("kvm")
        }
        "KubeVirt" => seen.guest("KubeVirt"),
        "Microsoft Corporation" => seen.guest("VirtualPC"),
        "Parallels Software International Inc." => seen.guest("parallels"),
        "OpenStack Foundation" => seen.guest("openstack"),
        _ => {}
    }
}

fn processors(told: &Told, seen: &mut Seen) {
    let status = told.lines("/proc/self/status").iter().find_map(|line| line.strip_prefix("VxID:"));
    match status.map(str::trim) {
        Some(id) if id.starts_with('0') => seen.host("linux_vserver"),
        Some(_) => seen.guest("linux_vserver"),
        None => {}
    }
    for line in told.lines("/proc/cpuinfo") {
        let (key, value) = line.split_once(':').unwrap_or((line, ""));
        match key.trim() {
            "model name" if value.contains("QEMU Virtual CPU") => seen.guest("kvm"),
            "model name" if value.contains("UML") => seen.guest("uml"),
            "vendor_id" if value.contains("User Mode Linux") => seen.guest("uml"),
            "vendor_id" if value.contains("PowerVM Lx86") => seen.guest("powervm_lx86"),
            "vendor_id" if value.contains("IBM/S390") => {
                seen.guest.insert("PR/SM".into());
                seen.first.get_or_insert_with(|| ("PR/SM".into(), "LPAR"));
            }
            "machine" if value.contains("CHRP IBM pSeries (emulated by qemu)") => seen.guest("kvm"),
            _ => {}
        }
    }
}

fn kernel(told: &Told, seen: &mut Seen) {
    let module = |name: &str| {
        told.lines("/proc/modules").iter().any(|line| line.split(' ').next() == Some(name))
    };
    if module("kvm") {
        seen.host("kvm");
    }
    if module("vboxdrv") {
        seen.host("virtualbox");
    }
    if module("virtio") {
        seen.host.insert("kvm".into());
        seen.first.get_or_insert_with(|| ("kvm".into(), "guest"));
    }
    let product = told.text("dmi.product").unwrap_or_default();
    if product.starts_with("VMware") {
        seen.guest("VMware");
    }
    if product.contains("BHYVE") {
        seen.guest("bhyve");
    }
    if told.there("/dev/kvm") {
        seen.host("kvm");
    }
}

/// FreeBSD: the last of the kernel's names counts; a host of bhyve is that before all.
fn by_sysctl(told: &Told, seen: &mut Seen) {
    if told.there("/dev/xen/xenstore") {
        seen.guest("xen");
    }
    let fixed = seen.first.is_some();
    for name in ["kern.vm_guest", "hw.hv_vendor", "security.jail.jailed"] {
        if let Some(kind) = product(name, told.sysctl(name).unwrap_or_default()) {
            if !fixed {
                seen.first = None;
            }
            seen.guest(kind);
        }
    }
    match told.sysctl("hw.model") {
        Some("QEMU") => seen.guest("kvm"),
        Some("OpenBSD") => seen.guest("vmm"),
        _ => {}
    }
    if told.knows("vmm") {
        seen.first = None;
        seen.host("bhyve");
    }
}

fn product(name: &str, value: &str) -> Option<&'static str> {
    let starts = |words: &[&str]| words.iter().any(|word| value.starts_with(word));
    Some(match value {
        "VirtualBox" => "virtualbox",
        "Hyper-V" => "Hyper-V",
        "Parallels" => "parallels",
        "RHEV Hypervisor" => "RHEV",
        "bhyve" => "bhyve",
        "1" if name == "security.jail.jailed" => "jails",
        _ if starts(&["KVM", "kvm", "Bochs", "SmartDC"]) => "kvm",
        _ if value.contains("VMware") => "VMware",
        _ if starts(&["HVM domU", "XenPVH", "XenPV"]) => "xen",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Key;

    fn of(answer: &str) -> (String, String) {
        let mut found = Gathered::default();
        read(&Told::parse(answer), &mut found);
        let text =
            |key: &str| found.facts.get(&Key::from(key)).map(Value::text).unwrap_or_default();
        (text("ansible_virtualization_type"), text("ansible_virtualization_role"))
    }

    #[test]
    fn the_first_trace_is_the_type() {
        let pair = |a: &str, b: &str| (a.to_string(), b.to_string());
        assert_eq!(of("uname:Linux a b c\n"), pair("NA", "NA"));
        assert_eq!(
            of("uname:Linux a b c\nthere:/dev/kvm\nthere:/.dockerenv\n"),
            pair("docker", "guest")
        );
        assert_eq!(
            of("uname:Linux a b c\n/sys/devices/virtual/dmi/id/sys_vendor:QEMU\n"),
            pair("kvm", "guest")
        );
        assert_eq!(
            of("uname:FreeBSD a b c\nsysctl:kern.vm_guest: bhyve\n"),
            pair("bhyve", "guest")
        );
        assert_eq!(
            of("uname:FreeBSD a b c\nsysctl:security.jail.jailed: 1\n"),
            pair("jails", "guest")
        );
        assert_eq!(of("uname:FreeBSD a b c\nvmm:1\n"), pair("bhyve", "host"));
        assert_eq!(of("uname:FreeBSD a b c\nsysctl:kern.vm_guest: none\n"), pair("", ""));
    }
}
