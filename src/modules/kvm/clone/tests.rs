//! The clone's document, and what is refused.

use super::*;
use crate::base::Map;
use crate::modules::tests::desk::Desk;
use crate::spec::ArgStruct;

const FOUND: &str = include_str!("../../../../tests/fixtures/probe/virt/web.xml");

fn args(disks: &[(&str, &str)]) -> Args {
    let disks: Map =
        disks.iter().map(|(name, path)| ((*name).into(), Value::from(*path))).collect();
    let map: Map = [
        ("source".into(), Value::from("web")),
        ("name".into(), Value::from("two")),
        ("disks".into(), Value::map(disks)),
    ]
    .into_iter()
    .collect();
    Args::from_map(&map).unwrap()
}

#[test]
fn a_clone_has_nothing_of_the_source_alone() {
    let extra = "<hostdev mode='subsystem' type='pci'><source><address bus='0x01'/></source></hostdev>\
        <disk type='file' device='cdrom'><source file='/srv/seed.iso'/><target dev='sdz'/><readonly/></disk>";
    let source = FOUND
        .replace("<devices>", &format!("<devices>{extra}"))
        .replace("<boot dev='hd'/>", "<nvram>/var/lib/n/web_VARS.fd</nvram>");
    let source = Node::parse(&source).unwrap();
    let args = args(&[]);
    let copied = document::copies(&args, &source).unwrap();
    let ways: Vec<_> = copied.iter().map(|copy| (copy.from.as_str(), copy.to.as_str())).collect();
    assert_eq!(
        ways,
        [("/srv/d.raw", "/srv/two-vda.raw"), ("/var/lib/n/web_VARS.fd", "/var/lib/n/two_VARS.fd")]
    );
    let (clone, warnings) = document::document(&args, &source, &copied);
    assert_eq!((clone.text_at("name"), clone.text_at("uuid")), (Some("two"), None));
    assert_eq!(clone.text_at("os/nvram"), Some("/var/lib/n/two_VARS.fd"));
    let text = clone.write();
    for gone in ["hostdev", "52:54:00:8c:ab:11", "tweb", "/srv/d.raw", "seed.iso", "web_VARS"] {
        assert!(!text.contains(gone), "{gone}: {text}");
    }
    assert!(text.contains("/srv/two-vda.raw") && text.contains("pc-q35-7.2"));
    assert_eq!(warnings.len(), 3);
}

#[test]
fn devices_are_named_and_not_copied() {
    let source = FOUND.replace("type='file' device='disk'", "type='block' device='disk'");
    let source = Node::parse(&source.replace("file='/srv/d.raw'", "dev='/dev/vg/web'")).unwrap();
    let failure = document::copies(&args(&[]), &source).unwrap_err();
    assert!(failure.msg.contains("is the device /dev/vg/web"), "{failure:?}");
    let copied = document::copies(&args(&[("vda", "/dev/vg/two")]), &source).unwrap();
    assert!(!copied[0].copies);
    let (clone, _) = document::document(&args(&[]), &source, &copied);
    assert_eq!(clone.at("devices/disk/source", "dev"), Some("/dev/vg/two"));
    let failure = document::copies(&args(&[("vdb", "/x")]), &source);
    assert!(failure.is_err());
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let desk = &mut Desk::new("dash").await;
    for (args, wanted) in [
        ("source: test, name: test", "no clone of itself"),
        ("source: none, name: two", "virtual machine none not found"),
        ("source: test, name: two", "the machine test runs"),
        ("source: test, name: two, macs: [x]", "is no address"),
        ("source: test, name: two, disks: {vda: x}", "is no absolute path"),
        ("source: test, name: two, disks: {vdx: /x}", "has no disk vdx"),
    ] {
        let told = desk.run("vm_clone", &format!("{{uri: 'test:///default', {args}}}")).await;
        let text = told.failed.unwrap_or_else(|| panic!("{args} did not fail"));
        assert!(text.contains(wanted), "{args}: {text}");
    }
}
