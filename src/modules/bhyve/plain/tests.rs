//! Descriptions, and the rc script with stand-ins.

use super::*;
use crate::base::{Map, Source, yaml};
use crate::spec::ArgStruct;
use std::process::Command as Program;

fn args(text: &str) -> Args {
    let loaded = yaml::load(text, &Source::described("test")).unwrap();
    let map: Map = loaded.value.as_map().unwrap().clone();
    Args::from_map(&map).unwrap()
}

const MACHINE: &str = "{name: build-1, cpus: 2, memory: 4G, slots: ['0,hostbridge', '3,virtio-blk,/dev/zvol/tank/b', '4:0,virtio-net,tap0,mac=58:9c:fc:00:00:01', '5,ahci-cd,/iso/x.iso', '31,lpc'], taps: ['tap0:warden0'], config: {bootrom: /usr/local/share/uefi-firmware/BHYVE_UEFI.fd, lpc.com1.path: /dev/nmdm0A}}";

#[test]
fn descriptions_are_bhyves_own() {
    // The variables of hostbridge, lpc, cpus and memory are recorded: system.txt, `-o config.dump=1`.
    let text = describe::text(&args(MACHINE)).unwrap();
    for line in [
        "name=build-1",
        "cpus=2",
        "memory.size=4G",
        "pci.0.0.0.device=hostbridge",
        "pci.0.31.0.device=lpc",
        "pci.0.3.0.device=virtio-blk",
        "pci.0.3.0.path=/dev/zvol/tank/b",
        "pci.0.4.0.backend=tap0",
        "pci.0.4.0.mac=58:9c:fc:00:00:01",
        "pci.0.5.0.device=ahci",
        "pci.0.5.0.port.0.type=cd",
        "pci.0.5.0.port.0.path=/iso/x.iso",
        "lpc.com1.path=/dev/nmdm0A",
        "bootrom=/usr/local/share/uefi-firmware/BHYVE_UEFI.fd",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    let with = |slot: &str, more: &str| {
        describe::text(&args(&format!("{{name: vm1, memory: 1G, slots: ['{slot}']{more}}}")))
    };
    let text = with("6:0,passthru,1/0/0", ", wired: true").unwrap();
    assert!(text.contains("pci.0.6.0.bus=1\npci.0.6.0.device=passthru\npci.0.6.0.func=0\npci.0.6.0.slot=0\n"), "{text}");
    assert!(with("6:0,passthru,1/0/0", "").unwrap_err().msg.contains("needs wired: true"));
    for (slot, more) in [
        ("x,hostbridge", ""),
        ("32,lpc", ""),
        ("3,passthru,1/0", ", wired: true"),
        ("29,fbuf,tcp=0.0.0.0:5900", ""),
        ("29,fbuf,tcp=5900", ""),
        ("1,lpc", ", config: {bootvars: /usr/local/share/uefi-firmware/BHYVE_UEFI_VARS.fd}"),
        ("1,lpc", ", config: {'a b': c}"),
        ("1,lpc", ", config: {a: \"b\\nc\"}"),
    ] {
        assert!(with(slot, more).is_err(), "{slot} {more}");
    }
    assert!(with("29,fbuf,tcp=127.0.0.1:5900,w=1280", "").unwrap().contains("pci.0.29.0.w=1280"));
    let twice = "{name: vm1, memory: 1G, slots: ['3,lpc', '0:3:0,hostbridge']}";
    assert_eq!(describe::text(&args(twice)).unwrap_err().msg, "two devices in slot 0:3:0");
    for bad in ["name: vm1, taps: ['tap0;id:b']", "name: vm1, taps: ['']", "name: 'a b'", "name: vm1, stop_timeout: 0"] {
        let bad = format!("{{{bad}, memory: 1G, slots: ['31,lpc']}}");
        assert!(args(&bad).check().is_err(), "{bad}");
    }
}

/// What rc.subr(8) does for the script: the words `oneX` run `X_cmd`.
const SUBR: &str = "load_rc_config() { :; }\nrun_rc_command() { eval \"\\$${1#one}_cmd\"; }\n";

#[test]
fn a_guest_that_reboots_goes_on_and_one_that_powers_off_ends() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let script = args(MACHINE).script();
    assert!(!script.contains('@'), "all marks are replaced");
    let script = script.replace("/etc/rc.subr", path("rc.subr").to_str().unwrap());
    std::fs::write(path("script"), &script).unwrap();
    std::fs::write(path("rc.subr"), SUBR).unwrap();
    // bhyve's codes: 0 reboot, 1 power off, 4 error (hosts.md F; system.txt has 4).
    let bhyve = "#!/bin/sh\nd=${0%/*}\necho \"$*\" >>\"$d/calls\"\nread -r code <\"$d/codes\"\nsed 1d \"$d/codes\" >\"$d/rest\"\nmv \"$d/rest\" \"$d/codes\"\nexit \"$code\"\n";
    for (name, text) in [("bhyve", bhyve), ("bhyvectl", "#!/bin/sh\n"), ("logger", "#!/bin/sh\necho \"$*\" >>\"${0%/*}/calls\"\n")] {
        std::fs::write(path(name), text).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(path(name), mode).unwrap();
    }
    for shell in ["dash", "bash --posix", "mksh", "busybox sh"] {
        for (codes, ended) in [("0\n0\n1\n", 0), ("0\n2\n", 0), ("4\n", 4)] {
            std::fs::write(path("codes"), codes).unwrap();
            let _ = std::fs::remove_file(path("calls"));
            let mut words = shell.split(' ');
            let status = Program::new(words.next().unwrap())
                .args(words)
                .arg(path("script"))
                .arg("onerun")
                .env("PATH", format!("{}:/usr/bin:/bin", dir.path().display()))
                .status()
                .unwrap();
            assert_eq!(status.code(), Some(ended), "{shell} {codes:?}");
            let calls = std::fs::read_to_string(path("calls")).unwrap();
            let starts = calls.matches("-k /usr/local/etc/bhyve/build-1.conf build-1\n").count();
            assert_eq!(starts, codes.lines().count(), "{shell} {calls}");
            assert!(calls.contains("-t bhyve_build_1 bhyve ended with code"), "{calls}");
        }
    }
}
