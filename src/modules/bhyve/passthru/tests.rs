//! Recorded devices of FreeBSD 13.2, in all shells.

use super::devices::Address;
use super::{BhyvePassthru, spill};
use crate::base::{Key, Value};
use crate::modules::tests::replay::Replay;
use crate::spec::{Effect, Op};

const RECORDED: &str = include_str!("../../../../tests/fixtures/probe/bhyve/freebsd.txt");
const TOOLS: [&str; 6] = ["pciconf", "devinfo", "geom", "camcontrol", "ifconfig", "route"];

fn host(recorded: &str) -> Replay {
    Replay::freebsd(&TOOLS, recorded)
}

/// What the loader's file would hold.
fn written(host: &Replay, args: &str) -> String {
    let (plan, _) = host.plan(&BhyvePassthru, args).unwrap();
    let text = plan.changes().find_map(|change| match (&change.op, change.effects.first()) {
        (Op::WriteFile(file), Some(Effect::Path(..))) => match &file.content {
            crate::spec::Content::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            crate::spec::Content::File(_) => None,
        },
        _ => None,
    });
    text.unwrap_or_default()
}

#[test]
fn functions_are_reserved_from_the_next_boot() {
    let host = host(RECORDED);
    host.write("loader.conf", "autoboot_delay=\"1\"\n");
    let args = "{devices: [\"0/31/3=8086:2930\", 0/3/0], path: @/loader.conf}";
    let text = written(&host, args);
    assert_eq!(text, "autoboot_delay=\"1\"\npptdevs=\"0/31/3 0/3/0\"\nvmm_load=\"YES\"\n");
    let (plan, fields) = host.plan(&BhyvePassthru, args).unwrap();
    assert_eq!(fields[&Key::from("reboot_required")].text(), "True");
    // Other functions of slot 31 stay with the host.
    assert_eq!(plan.warnings.len(), 2, "{:?}", plan.warnings);
    let change = plan.changes().next().unwrap().clone();
    host.write("loader.conf", &text);
    assert_eq!(host.proves(&BhyvePassthru, args, &change), Ok(()));
    let (plan, fields) = host.plan(&BhyvePassthru, args).unwrap();
    assert!(!plan.has_work(), "already so");
    assert_eq!(fields[&Key::from("reboot_required")].text(), "True", "but not since the last boot");
    let gone = "{devices: [0/31/3], path: @/loader.conf, state: absent}";
    assert_eq!(written(&host, gone), text.replace("0/31/3 ", ""));
    let booted = RECORDED.replace("none0@", "ppt0@").replace("virtio_pci1@", "ppt1@");
    let host = self::host(&booted);
    host.write("loader.conf", &text);
    let (plan, fields) = host.plan(&BhyvePassthru, args).unwrap();
    assert!(!plan.has_work());
    assert_eq!(fields[&Key::from("reboot_required")].text(), "False");
    let devices = fields[&Key::from("devices")].as_list().unwrap().to_vec();
    let first = |key: &str| devices[0].get(key).map(Value::text);
    assert_eq!((first("address"), first("reserved")), (Some("0/31/3".into()), Some("True".into())));
}

#[test]
fn what_the_host_needs_is_never_taken() {
    let host = host(RECORDED);
    host.write("loader.conf", "");
    let why = |device: &str| {
        let args = format!("{{devices: ['{device}'], path: @/loader.conf, allow_storage_and_network: true}}");
        host.refusal(&BhyvePassthru, &args)
    };
    let text = why("0/2/0");
    assert_eq!(text, "0/2/0 (virtio_pci0) is in use: vtnet0: the default route goes by it");
    assert_eq!(why("0/4/0"), "0/4/0 (virtio_pci2) is in use: vtblk0: the disk vtbd0 is open");
    assert_eq!(why("0/9/0"), "there is no PCI function 0/9/0 on this host");
    let text = why("0/31/3=10de:2204");
    assert_eq!(text, "0/31/3 is 8086:2930, not 10de:2204: the card has moved");
    // vtbd1 is closed, as ahci0's disk.
    let plain = "{devices: [0/5/0], path: @/loader.conf}";
    assert!(host.refusal(&BhyvePassthru, plain).contains("is a storage controller"));
    let allowed = "{devices: [0/5/0, 0/31/2], path: @/loader.conf, allow_storage_and_network: true}";
    assert!(written(&host, allowed).contains("pptdevs=\"0/5/0 0/31/2\""));
    let (from, to) = ("Geom name: cd0\nProviders:\n1. Name: cd0\n   Mediasize: 0 (0B)\n   Sectorsize: 2048\n   Mode: r0w0e0", "Geom name: ada0\nProviders:\n1. Name: ada0\n   Mode: r1w1e1");
    assert!(RECORDED.contains(from));
    let open = self::host(&RECORDED.replace(from, to));
    open.write("loader.conf", "");
    let text = open.refusal(&BhyvePassthru, allowed);
    assert_eq!(text, "0/31/2 (ahci0) is in use: ahcich1: the disk ada0 is open");
    let lost = self::host(&RECORDED.replace(from, &to.replace("ada0", "da7")));
    lost.write("loader.conf", "");
    let text = lost.refusal(&BhyvePassthru, allowed);
    assert!(text.ends_with("nobody knows which controller the open disk da7 hangs on"), "{text}");
    let bridge = self::host(&RECORDED.replace("rev=0x02 hdr=0x00 vendor=0x8086 device=0x2930", "rev=0x02 hdr=0x01 vendor=0x8086 device=0x2930"));
    bridge.write("loader.conf", "");
    assert!(bridge.refusal(&BhyvePassthru, "{devices: [0/31/3], path: @/loader.conf}").contains("is a bridge"));
    let blind = self::host(&RECORDED.replace("$ devinfo\n", "$ devinfo -x\n"));
    blind.write("loader.conf", "");
    let text = blind.refusal(&BhyvePassthru, "{devices: [0/31/3], path: @/loader.conf}");
    assert!(text.starts_with("what is in use on this host cannot be seen: devinfo"), "{text}");
}

#[test]
fn addresses_are_decimal() {
    let text = |text: &str| Address::parse(text).map(|address| address.to_string());
    assert_eq!(text("10/31/7").as_deref(), Ok("10/31/7"));
    assert_eq!(text("010/01/0").as_deref(), Ok("10/1/0"));
    let hex = text("0a/1f/0").unwrap_err();
    assert!(hex.ends_with("the numbers look like hex: in decimal 10/31/0"), "{hex}");
    for bad in ["1/0", "1/0/0/0", "1/32/0", "1/0/8", "256/0/0", "pci0:1:0:0", "", "1/0/-1", "99999999999/0/0"] {
        assert!(text(bad).is_err(), "{bad}");
    }
}

#[test]
fn many_functions_spill_into_more_variables() {
    let all: Vec<Address> = (0..40).map(|n| Address::parse(&format!("1{}/{}/{}", n / 8, n % 32, n % 8)).unwrap()).collect();
    let values = spill(&all).unwrap();
    assert_eq!(values.len(), 3, "{values:?}");
    assert!(values.iter().all(|value| value.len() <= 128 && !value.is_empty()));
    assert_eq!(values.join(" ").split(' ').count(), 40);
    let host = host(RECORDED);
    let old: Vec<String> = values.iter().enumerate().map(|(at, value)| format!("{}=\"{value}\"\n", super::variable(at))).collect();
    host.write("loader.conf", &old.concat());
    let text = written(&host, "{devices: [0/31/3], path: @/loader.conf}");
    assert!(text.contains("pptdevs=\"") && text.contains("pptdevs2=\"") && text.contains("pptdevs3=\"") && text.contains("0/31/3"), "{text}");
    assert!(text.lines().all(|line| line.len() <= 128 + "pptdevs3=\"\"".len()));
    let one = "{devices: [0/31/3], path: @/loader.conf, state: absent}";
    assert_eq!(written(&host, one), "", "it is not among them");
}
