//! Groups of a machine with an emulated IOMMU, in all shells.

use super::super::lab::{LAB, host};
use super::IommuCheck;
use crate::base::{Key, Value};

#[test]
fn a_group_is_clean_when_nothing_of_the_host_is_in_it() {
    let host = host(LAB);
    let (plan, fields) =
        host.plan(&IommuCheck, "{devices: [\"0000:03:00.0=1234:1111\", \"03:00.1\"]}").unwrap();
    assert!(!plan.has_work() && plan.warnings.is_empty(), "{:?}", plan.warnings);
    let of = |name: &str| fields[&Key::from(name)].clone();
    assert_eq!(
        (of("status").text(), of("interrupt_remapping").text()),
        ("clean".into(), "True".into())
    );
    let groups = of("groups");
    let group = &groups.as_list().unwrap()[0];
    assert_eq!(group.get("group").map(Value::text), Some("20".into()));
    assert_eq!(group.get("clean").map(Value::text), Some("True".into()));
    let member = &group.get("members").unwrap().as_list().unwrap()[0];
    let text = |name: &str| member.get(name).map(Value::text).unwrap_or_default();
    assert_eq!(
        (text("class"), text("reset_method"), text("boot_vga")),
        ("030000".into(), "flr bus".into(), "True".into())
    );
    assert_eq!(of("iommus").text(), "['dmar0']");
    // A root port and a bridge without a driver are no dirt; what is idle has to be named.
    let text = host.refusal(&IommuCheck, "{devices: [\"06:01.0\"]}");
    assert_eq!(text, "not clean: IOMMU group 16 also has 0000:06:02.0 (1b36:0005, no driver)");
    assert!(host.plan(&IommuCheck, "{devices: [\"06:01.0\"], allowed: [\"06:02.0\"]}").is_ok());
    let (_, fields) = host.plan(&IommuCheck, "{}").unwrap();
    assert_eq!(fields[&Key::from("groups")].as_list().unwrap().len(), 10);
}

#[test]
fn dirt_is_named_with_its_driver_and_its_use() {
    let host = host(LAB);
    host.place("/proc/self/mounts", "/dev/vda1 / ext4 rw 0 0\n/dev/nvme0n1p1 /srv ext4 rw 0 0\n");
    let text = host.refusal(&IommuCheck, "{devices: [\"04:00.1\"]}");
    assert_eq!(
        text,
        "not clean: IOMMU group 21 also has 0000:04:00.0 (1b36:0010, nvme: nvme0n1 is mounted at /srv)"
    );
    // A driver of the host is dirt, allowed or not.
    let text = host.refusal(&IommuCheck, "{devices: [\"04:00.0\"], allowed: [\"04:00.1\"]}");
    assert!(text.contains("0000:04:00.1 (1af4:1041, virtio-pci)"), "{text}");
    let text = host.refusal(&IommuCheck, "{devices: [\"0000:00:1f.3\"]}");
    assert!(
        text.contains("0000:00:1f.0 (8086:2918, lpc_ich), 0000:00:1f.2 (8086:2922, ahci)"),
        "{text}"
    );
    let failure = host.plan(&IommuCheck, "{devices: [\"04:00.1\"]}").unwrap_err();
    assert_eq!(failure.fields[&Key::from("status")].text(), "dirty");
    let text = host.refusal(&IommuCheck, "{devices: [\"07:00.0\"]}");
    assert_eq!(text, "there is no PCI function 0000:07:00.0 on this host");
    let text = host.refusal(&IommuCheck, "{devices: [\"03:00.0=10de:2204\"]}");
    assert_eq!(text, "0000:03:00.0 is 1234:1111, not 10de:2204: the card has moved");
    assert!(host.refusal(&IommuCheck, "{devices: [\"03:00\"]}").contains("is no PCI address"));
}

#[test]
fn what_only_looks_clean_is_not() {
    let host = host(LAB);
    host.place("/proc/cmdline", "root=/dev/sda1 pcie_acs_override=downstream,multifunction\n");
    let args = "{devices: [\"03:00.0\", \"03:00.1\"]}";
    let failure = host.plan(&IommuCheck, args).unwrap_err();
    assert_eq!(failure.fields[&Key::from("status")].text(), "overridden");
    assert!(
        failure.msg.contains("pcie_acs_override=downstream,multifunction makes"),
        "{}",
        failure.msg
    );
    let taken = "{devices: [\"03:00.0\", \"03:00.1\"], accept_acs_override: true}";
    let (plan, fields) = host.plan(&IommuCheck, taken).unwrap();
    assert_eq!(plan.warnings.len(), 1);
    assert_eq!(fields[&Key::from("status")].text(), "overridden");
    host.place("/proc/interrupts", " 24:  0  0  PCI-MSI-0000:01:00.0\n");
    host.tool("dmesg", "#!/bin/sh\necho 'DMAR: Host address width 39'\n");
    let (plan, _) = host.plan(&IommuCheck, taken).unwrap();
    assert!(plan.warnings[0].contains("allow_unsafe_interrupts"), "{:?}", plan.warnings);
    host.tool(
        "dmesg",
        "#!/bin/sh\necho '[    0.1] DMAR-IR: Enabled IRQ remapping in xapic mode'\n",
    );
    assert_eq!(host.plan(&IommuCheck, taken).unwrap().0.warnings.len(), 1);
}

#[test]
fn without_an_iommu_the_firmware_is_named() {
    let functions: String = LAB
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            format!("{} - {}\n", words[..5].join(" "), words[6])
        })
        .collect();
    let host = host(&functions);
    let text = host.refusal(&IommuCheck, "{devices: [\"03:00.0\"]}");
    assert!(text.contains("VT-d") && text.contains("AMD-Vi"), "{text}");
    let some = self::host(
        &LAB.replace("0000:03:00.0 030000 1234 1111 - 20", "0000:03:00.0 030000 1234 1111 - -"),
    );
    let text = some.refusal(&IommuCheck, "{devices: [\"03:00.0\"]}");
    assert_eq!(text, "not clean: 0000:03:00.0 is in no IOMMU group");
}
