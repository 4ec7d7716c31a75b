//! A document as a user gives it, and what libvirt made of it (recorded).

use super::*;

const FOUND: &str = include_str!("../../../../tests/fixtures/probe/virt/web.xml");
const GIVEN: &str = include_str!("../../../../tests/fixtures/probe/virt/web-given.xml");

fn parse(text: &str) -> Node {
    Node::parse(text).unwrap()
}

#[track_caller]
fn differs(given: &str, wanted: &[&str]) {
    let lines = differences(&parse(given), &parse(FOUND), DOMAIN);
    assert_eq!(lines, wanted);
}

#[test]
fn what_libvirt_made_of_a_document_is_the_document() {
    differs(GIVEN, &[]);
    differs(FOUND, &[]);
    for (old, new) in [
        ("unit='MiB'>64", "unit='b'>67108864"),
        ("unit='MiB'>64", ">65536"),
        ("machine='q35'", "machine='pc-q35-7.2'"),
        ("<serial type='null'/>", ""),
        ("<source bridge='br0'/>", "<mac address='52:54:00:8C:AB:11'/><source bridge='br0'/>"),
        ("<vcpu>", "<uuid>FA56EB698F4F467A9250BEB155E0A86D</uuid><vcpu>"),
    ] {
        assert!(GIVEN.contains(old), "{old}");
        differs(&GIVEN.replace(old, new), &[]);
    }
}

#[test]
fn each_difference_is_told_once() {
    for (old, new, wanted) in [
        ("unit='MiB'>64", "unit='GiB'>1", "memory: 64 MiB -> 1 GiB"),
        ("<vcpu>1<", "<vcpu>2<", "vcpu: 1 -> 2"),
        ("machine='q35'", "machine='pc'", "os/type machine: pc-q35-7.2 -> pc"),
        ("bridge='br0'", "bridge='br1'", "devices/interface/source bridge: br0 -> br1"),
        ("dev='tweb'", "dev='tdb'", "devices/interface/target dev: tweb -> tdb"),
        ("/srv/d.raw", "/srv/e.raw", "devices/disk/source file: /srv/d.raw -> /srv/e.raw"),
        ("sesam", "geheim", "devices/graphics passwd: ******** -> ********"),
        ("<target dev='tweb'/>", "", "devices/interface/target: is not wanted"),
        (
            "<vcpu>",
            "<memoryBacking><hugepages/></memoryBacking><vcpu>",
            "memoryBacking: is not there",
        ),
        ("<serial", "<tpm model='tpm-crb'/><serial", "devices/tpm: is not there"),
    ] {
        assert!(GIVEN.contains(old), "{old}");
        differs(&GIVEN.replace(old, new), &[wanted]);
    }
    let other = GIVEN.replace("dev='vda'", "dev='vdb'");
    differs(&other, &["devices/disk: vdb is not there", "devices/disk: vda is not wanted"]);
    let mac = GIVEN.replace("<source bridge", "<mac address='52:54:00:00:00:01'/><source bridge");
    let lines = ["52:54:00:00:00:01 is not there", "52:54:00:8c:ab:11 is not wanted"];
    differs(
        &mac,
        &lines.map(|line| format!("devices/interface: {line}")).each_ref().map(String::as_str),
    );
}

#[test]
fn devices_are_told_apart_whatever_their_order() {
    let found = "<domain><devices>\
        <interface type='network'><mac address='52:54:00:00:00:01'/><source network='a'/></interface>\
        <interface type='network'><mac address='52:54:00:00:00:02'/><source network='a'/></interface>\
        <disk type='file' device='disk'><source file='/1'/><target dev='vda'/></disk>\
        <disk type='file' device='cdrom'><target dev='sda'/><readonly/></disk>\
        </devices></domain>";
    let given = "<domain><devices>\
        <disk type='file' device='cdrom'><target dev='sda'/></disk>\
        <disk type='file' device='disk'><source file='/1'/><target dev='vda'/></disk>\
        <interface type='network'><source network='a'/></interface>\
        <interface type='network'><mac address='52:54:00:00:00:01'/><source network='a'/></interface>\
        </devices></domain>";
    assert_eq!(differences(&parse(given), &parse(found), DOMAIN), [""; 0]);
    let one = given.replacen("<interface type='network'><source network='a'/></interface>", "", 1);
    let lines = differences(&parse(&one), &parse(found), DOMAIN);
    assert_eq!(lines, ["devices/interface: 52:54:00:00:00:02 is not wanted"]);
}

#[test]
fn addresses_are_numbers() {
    let host = |words: &str| {
        parse(&format!(
            "<domain><devices><hostdev mode='subsystem' type='pci'><source><address {words}/></source></hostdev></devices></domain>"
        ))
    };
    let hex = host("domain='0x0000' bus='0x0a' slot='0x00' function='0x1'");
    let decimal = host("bus='10' slot='0' function='1'");
    assert_eq!(
        differences(&hex, &decimal, DOMAIN),
        ["devices/hostdev/source/address domain: nothing -> 0x0000"]
    );
    assert_eq!(differences(&decimal, &hex, DOMAIN), [""; 0]);
    let pci = |text: &str| Pci::parse(text).map(|pci| pci.to_string());
    assert_eq!(pci("0A:00.1").as_deref(), Some("0000:0a:00.1"));
    assert_eq!(pci("0000:01:1f.7").as_deref(), Some("0000:01:1f.7"));
    for bad in ["", "01:00", "01:20.0", "01:00.8", "x:00.0", "10000:01:00.0", "01:00.0 ", "+1:00.0"]
    {
        assert_eq!(pci(bad), None, "{bad}");
    }
}

#[test]
fn sizes_have_libvirts_units() {
    let bytes = |text: &str| size(&parse(text));
    assert_eq!(bytes("<memory>1</memory>"), Some(1024));
    assert_eq!(bytes("<memory unit='KB'>1</memory>"), Some(1000));
    assert_eq!(bytes("<page size='1' unit='G'/>"), Some(1 << 30));
    assert_eq!(bytes("<capacity>7</capacity>"), Some(7));
    assert_eq!(bytes("<memory unit='parsec'>1</memory>"), None);
    assert_eq!(bytes("<memory unit='T'>99999999999999</memory>"), None);
    assert_eq!((human(1 << 31).as_str(), human(1500).as_str()), ("2 GiB", "1500 B"));
}
