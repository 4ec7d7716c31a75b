//! Functions of a machine with an emulated IOMMU, bound at boot by both kinds of initramfs.

use super::super::lab::{LAB, host};
use super::{Vfio, files};
use crate::base::Key;
use crate::modules::tests::replay::{Replay, SHELLS};

/// update-initramfs(8) and dracut(8) as far as it matters here: the image is written anew.
const MAKES: &str = "#!/bin/sh\nfor f in /boot/initrd.img-* /boot/initramfs-*; do [ ! -e \"$f\" ] || echo \"$0 $*\" >\"$f\"; done\n";

fn debian() -> Replay {
    let host = host(LAB);
    host.tool("update-initramfs", MAKES);
    host.place("/boot/initrd.img-6.12.107", "old\n");
    host.place("/etc/initramfs-tools/modules", "# List of modules\n");
    host.place("/etc/initramfs-tools/scripts/init-top/.keep", "");
    for dir in ["modprobe.d", "modules-load.d"] {
        host.place(&format!("/etc/{dir}/.keep"), "");
    }
    host
}

const CARD: &str = "{devices: [\"0000:03:00.0=1234:1111\", \"03:00.1\"], softdep: [snd_hda_intel], blacklist: [nouveau], disable_vga: true}";

#[test]
fn a_card_is_bound_by_its_ids_from_the_next_boot() {
    let host = debian();
    let (plan, fields) = host.settles(&Vfio, CARD, "dash");
    assert_eq!(fields[&Key::from("reboot_required")].text(), "True");
    assert_eq!(
        host.placed(files::OPTIONS),
        "# PCI functions for virtual machines: kept by tank's vfio.\n\
         options vfio-pci ids=1234:1111,8086:2668 disable_vga=1\n\
         softdep snd_hda_intel pre: vfio-pci\nblacklist nouveau\n"
    );
    let modules = "# List of modules\n# for virtual machines: kept by tank's vfio\nvfio_pci\n";
    assert_eq!(host.placed(files::INITRAMFS), modules);
    assert!(host.placed("/boot/initrd.img-6.12.107").ends_with("update-initramfs -u -k all\n"));
    assert!(plan.changes().all(|change| change.risk == crate::spec::Risk::High));
    assert!(plan.warnings.iter().any(|text| text.contains("boot_vga")), "{:?}", plan.warnings);
    assert!(plan.warnings.iter().any(|text| text.contains("only displays")));
    // Once it has booted.
    for address in ["0000:03:00.0", "0000:03:00.1"] {
        host.place(&format!("/sys/bus/pci/drivers/vfio-pci/{address}"), "");
    }
    let (plan, fields) = host.plan(&Vfio, CARD).unwrap();
    assert!(!plan.has_work());
    assert_eq!(fields[&Key::from("reboot_required")].text(), "False");
    host.settles(&Vfio, "{state: absent}", "dash");
    assert_eq!(host.placed(files::INITRAMFS), "# List of modules\n");
    assert!(!std::path::Path::new(&host.path("tree/etc/modprobe.d/tank-vfio.conf")).exists());
}

#[test]
fn an_old_image_is_made_anew() {
    let host = debian();
    host.settles(&Vfio, CARD, "dash");
    let image = host.path("tree/boot/initrd.img-6.12.107");
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(600);
    let file = std::fs::File::options().write(true).open(&image).unwrap();
    file.set_times(std::fs::FileTimes::new().set_modified(old)).unwrap();
    assert_eq!(host.todo(&Vfio, CARD), ["update-initramfs -u -k all"]);
    // An image whose kernel has gone is nobody's.
    let mut host = debian();
    std::fs::remove_dir_all(host.path("tree/lib/modules")).unwrap();
    host.place("/lib/modules/6.1.0/modules.builtin", "");
    host.predict(&Vfio, CARD);
    assert_eq!(host.todo(&Vfio, CARD), [""; 0]);
}

#[test]
fn equal_ids_are_told_apart_by_address() {
    let host = debian();
    let ids = "{devices: [\"0000:05:00.0\"], allow_storage_and_network: true}";
    let text = host.refusal(&Vfio, ids);
    assert!(
        text.starts_with("0000:05:00.0 (1b36:0010, nvme) has the same id as 0000:04:00.0"),
        "{text}"
    );
    let all = "{devices: [\"1b36:0010\"], allow_storage_and_network: true, include_group: true}";
    let text = host.refusal(&Vfio, all);
    assert!(
        text.contains("0000:04:00.1 (1af4:1041, virtio-pci) has the same id as 0000:01:00.0"),
        "{text}"
    );
    let only =
        host_with("0000:04:00.0 010802 1b36 0010 nvme 21", "0000:04:00.0 010802 144d a808 nvme 21");
    let text = only.refusal(&Vfio, ids);
    assert!(text.contains("nvme is built into this kernel"), "{text}");
    let by_address = "{devices: [{address: \"05:00.0\", expect_id: \"1b36:0010\"}], method: driver_override, allow_storage_and_network: true}";
    host.settles(&Vfio, by_address, "dash");
    let script = host.placed(files::SCRIPT);
    assert!(script.contains("devices=\"0000:05:00.0=1b36:0010\""), "{script}");
    assert!(!host.placed(files::OPTIONS).contains("ids="));
    for shell in SHELLS {
        boots(&self::host(LAB), &script, shell);
    }
}

fn host_with(from: &str, to: &str) -> Replay {
    let host = debian();
    assert!(LAB.contains(from));
    let words: Vec<&str> = to.split(' ').collect();
    let dir = format!("/sys/bus/pci/devices/{}", words[0]);
    host.place(&format!("{dir}/vendor"), &format!("0x{}\n", words[2]));
    host.place(&format!("{dir}/device"), &format!("0x{}\n", words[3]));
    host
}

/// What the script writes into /sys, as if it were the initramfs.
fn boots(host: &Replay, script: &str, shell: &str) {
    host.tool("modprobe", "#!/bin/sh\necho \"$*\" >/tmp/modprobe\n");
    host.place("/sys/bus/pci/drivers_probe", "");
    host.place("/sys/bus/pci/drivers/nvme/unbind", "");
    host.place_link("/sys/bus/pci/devices/0000:05:00.0/driver", "../../drivers/nvme");
    let text: &'static str = Box::leak(format!("( {script} )").into_boxed_str());
    let run = |host: &Replay| {
        let op = crate::spec::Op::Script(crate::spec::Probe::new("boots", text));
        assert_eq!(host.carry_out(&op, shell).rc, 0, "{shell}");
    };
    run(host);
    assert_eq!(host.placed("/sys/bus/pci/devices/0000:05:00.0/driver_override"), "vfio-pci\n");
    assert_eq!(host.placed("/sys/bus/pci/drivers/nvme/unbind"), "0000:05:00.0\n");
    assert_eq!(host.placed("/tmp/modprobe"), "vfio-pci\n");
    assert_eq!(host.placed("/sys/bus/pci/devices/0000:04:00.0/driver_override"), "(null)\n");
    // Another card sits there now.
    host.place("/sys/bus/pci/devices/0000:05:00.0/device", "0x0011\n");
    host.place("/sys/bus/pci/devices/0000:05:00.0/driver_override", "(null)\n");
    run(host);
    assert_eq!(host.placed("/sys/bus/pci/devices/0000:05:00.0/driver_override"), "(null)\n");
}

#[test]
fn what_the_host_needs_is_never_taken() {
    let host = debian();
    let why = |devices: &str| {
        host.refusal(&Vfio, &format!("{{devices: [{devices}], allow_storage_and_network: true}}"))
    };
    assert_eq!(
        why("'01:00.0'"),
        "0000:01:00.0 (1af4:1041, virtio-pci: the default route goes by eth0) is in use"
    );
    let text = why("'04:00.1'");
    assert!(
        text.contains("IOMMU group 21 of 0000:04:00.1 also has 0000:04:00.0 (1b36:0010, nvme)"),
        "{text}"
    );
    assert!(why("'00:0a.0'").contains("is a bridge"));
    assert!(why("'00:1f.0'").contains("is a bridge"));
    assert_eq!(why("'03:00.0', '0000:03:00.0'"), "0000:03:00.0 is named twice in devices");
    assert_eq!(
        why("{address: '03:00.0', expect_id: '10de:2204'}"),
        "0000:03:00.0 is 1234:1111, not 10de:2204: the card has moved"
    );
    assert_eq!(why("'10de:2204'"), "no PCI function of this host is 10de:2204");
    assert!(why("{address: '03:00.0', slot: 1}").contains("Unsupported parameters: slot"));
    let text = host.refusal(&Vfio, "{devices: ['02:00.0']}");
    assert!(text.contains("is a network controller"), "{text}");
    assert!(host.refusal(&Vfio, "{}").contains("all of the following are missing: devices"));
    assert!(
        host.refusal(&Vfio, "{devices: ['03:00.0'], softdep: ['a b']}")
            .contains("invalid name of a module")
    );
    host.place("/sys/block/nvme0n1p/x", "");
    host.place("/proc/self/mounts", "/dev/sda1 / ext4 rw 0 0\n");
    let text = why("'0000:00:1f.2'");
    assert_eq!(text, "0000:00:1f.2 (8086:2922, ahci: sda is mounted at /) is in use");
}

#[test]
fn what_wins_over_the_files_is_refused() {
    let card = "{devices: ['03:00.0', '03:00.1']}";
    let host = debian();
    host.place("/proc/cmdline", "root=/dev/sda1 vfio_pci.ids=8086:10d3\n");
    let text = host.refusal(&Vfio, card);
    assert!(text.starts_with("vfio_pci.ids=8086:10d3 on the kernel's command line wins"), "{text}");
    host.place("/proc/cmdline", "root=/dev/sda1 vfio-pci.ids=8086:2668,1234:1111\n");
    assert!(host.plan(&Vfio, card).is_ok());
    host.place("/etc/modprobe.d/other.conf", "options vfio_pci ids=8086:10d3\n");
    let text = host.refusal(&Vfio, card);
    assert!(text.contains("/etc/modprobe.d/other.conf:options vfio_pci ids=8086:10d3"), "{text}");
    host.place(
        "/etc/modprobe.d/other.conf",
        "blacklist nouveau\noptions vfio_pci disable_idle_d3=1\n",
    );
    assert!(host.plan(&Vfio, CARD).is_ok());
    host.place("/lib/modules/6.12.107/modules.builtin", "kernel/drivers/vfio/pci/vfio-pci.ko\n");
    let text = host.refusal(&Vfio, card);
    assert!(text.contains("vfio-pci is built into this kernel"), "{text}");
}

#[test]
fn a_kernel_with_vfio_built_in_gets_them_by_its_command_line() {
    let host = debian();
    host.place("/lib/modules/6.12.107/modules.builtin", "kernel/drivers/vfio/pci/vfio-pci.ko\n");
    let card = "{devices: ['03:00.0', '03:00.1'], method: cmdline}";
    let text = host.refusal(&Vfio, card);
    assert!(text.contains("neither GRUB"), "{text}");
    let host = debian();
    super::super::cmdline::tests::grub(&host);
    host.settles(&Vfio, card, "dash");
    let cfg = host.placed("/boot/grub/grub.cfg");
    assert!(cfg.contains("ro quiet vfio-pci.ids=1234:1111,8086:2668\n"), "{cfg}");
}

#[test]
fn dracut_gets_them_into_its_image() {
    let host = host(LAB);
    let card = "{devices: ['03:00.0', '03:00.1']}";
    assert!(host.refusal(&Vfio, card).contains("neither update-initramfs nor dracut"));
    host.tool("dracut", MAKES);
    host.place("/boot/initramfs-6.12.107.img", "old\n");
    for dir in ["modprobe.d", "modules-load.d", "dracut.conf.d"] {
        host.place(&format!("/etc/{dir}/.keep"), "");
    }
    host.settles(&Vfio, card, "dash");
    assert!(
        host.placed(files::DRACUT).contains("force_drivers+=\" vfio vfio_iommu_type1 vfio_pci \"")
    );
    let text = host.refusal(&Vfio, "{devices: ['03:00.0', '03:00.1'], method: driver_override}");
    assert!(text.contains("init-top"), "{text}");
    assert!(
        host.refusal(&Vfio, "{devices: ['03:00.0', '03:00.1'], initramfs: update-initramfs}")
            .contains("is not on this host")
    );
}
