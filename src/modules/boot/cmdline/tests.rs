//! Hosts of all four boot loaders in a tree, with tools that do as their documentation says, in all shells.

use super::super::lab;
use super::KernelCmdline;
use super::grub::DROP_IN;
use crate::base::{Key, Value};
use crate::modules::tests::replay::{Replay, SHELLS};

const UPDATE_GRUB: &str = include_str!("../../../../tests/fixtures/tools/boot/update-grub.sh");
const PROXMOX: &str = include_str!("../../../../tests/fixtures/tools/boot/proxmox-boot-tool.sh");
const UNSHARE: &str = include_str!("../../../../tests/fixtures/tools/boot/unshare.sh");
const BOOTCTL: &str = include_str!("../../../../tests/fixtures/tools/boot/bootctl.sh");
const INSTALL: &str = include_str!("../../../../tests/fixtures/tools/boot/kernel-install.sh");
const GRUBBY: &str = include_str!("../../../../tests/fixtures/tools/boot/grubby.sh");

/// GRUB as Debian has it, with `quiet` on its command line.
pub fn grub(host: &Replay) {
    host.tool("update-grub", UPDATE_GRUB);
    host.tool("grub-mkconfig", "#!/bin/sh\n# for f in /etc/default/grub.d/*.cfg\n");
    host.place(
        "/etc/default/grub",
        "GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\nGRUB_CMDLINE_LINUX=\"\"\n",
    );
    host.place(
        "/boot/grub/grub.cfg",
        "menuentry 'x' {\n\tlinux /boot/vmlinuz-6.12.107 root=UUID=1-2 ro quiet\n}\n",
    );
}

fn debian() -> Replay {
    let host = lab::host("");
    grub(&host);
    host
}

const IOMMU: &str = "{args: [intel_iommu=on, iommu=pt]}";

fn text(fields: &crate::spec::Fields, name: &str) -> String {
    fields[&Key::from(name)].text()
}

#[test]
fn grub_gets_a_file_of_its_own_and_new_entries() {
    let host = debian();
    let (plan, fields) = host.settles(&KernelCmdline, IOMMU, "dash");
    assert_eq!(plan.changes().count(), 3, "directory, file, entries");
    assert!(plan.changes().skip(1).all(|change| change.risk == crate::spec::Risk::High));
    assert_eq!(text(&fields, "bootloader"), "grub");
    assert_eq!(text(&fields, "generated"), "False");
    let cfg = host.placed("/boot/grub/grub.cfg");
    assert!(cfg.contains("root=UUID=1-2 ro quiet intel_iommu=on iommu=pt\n"), "{cfg}");
    assert!(cfg.contains("ro single\n"), "{cfg}");
    // Not booted yet: nothing is left to do, but to boot.
    let (plan, fields) = host.plan(&KernelCmdline, IOMMU).unwrap();
    assert!(!plan.has_work());
    assert_eq!(
        (text(&fields, "generated"), text(&fields, "reboot_required")),
        ("True".into(), "True".into())
    );
    host.place("/proc/cmdline", "BOOT_IMAGE=/v root=UUID=1-2 ro quiet intel_iommu=on iommu=pt\n");
    let (_, fields) = host.plan(&KernelCmdline, IOMMU).unwrap();
    assert_eq!(text(&fields, "reboot_required"), "False");
    // A word that others wrote goes, and what stood there before comes back.
    let other = "{args: [iommu=off], absent: [quiet, intel_iommu]}";
    host.settles(&KernelCmdline, other, "dash");
    assert!(host.placed("/boot/grub/grub.cfg").contains("ro iommu=off\n"));
    assert!(host.placed(DROP_IN).contains("# without: quiet\n"), "{}", host.placed(DROP_IN));
    host.settles(&KernelCmdline, "{args: [quiet], absent: [iommu]}", "dash");
    assert!(host.placed("/boot/grub/grub.cfg").contains("ro quiet\n"));
}

#[test]
fn what_is_not_needed_is_removed() {
    let host = debian();
    host.settles(&KernelCmdline, IOMMU, "dash");
    host.settles(&KernelCmdline, "{absent: [intel_iommu, iommu]}", "dash");
    assert!(!std::path::Path::new(&host.path(&format!("tree{DROP_IN}"))).exists());
    // Lost entries are written again, though the file says it all.
    host.settles(&KernelCmdline, IOMMU, "dash");
    host.place(
        "/boot/grub/grub.cfg",
        "menuentry 'x' {\n\tlinux /boot/vmlinuz root=UUID=1-2 ro quiet\n}\n",
    );
    assert_eq!(host.todo(&KernelCmdline, IOMMU), ["update-grub"]);
    let (plan, _) = host.plan(&KernelCmdline, IOMMU).unwrap();
    let change = plan.changes().next().unwrap().clone();
    let why = host.proves(&KernelCmdline, IOMMU, &change).unwrap_err();
    assert_eq!(why, "the entry \"x\" is as it was: intel_iommu=on iommu=pt");
    host.place(
        "/boot/grub/grub.cfg",
        "menuentry 'x' {\n\tlinux /boot/vmlinuz ro quiet intel_iommu=on iommu=pt\n}\n",
    );
    let why = host.proves(&KernelCmdline, IOMMU, &change).unwrap_err();
    assert_eq!(why, "the entry \"x\" names no root=: do not boot it");
}

#[test]
fn other_files_of_the_defaults_count() {
    let host = debian();
    // As Ubuntu's cloud images have it.
    host.place(
        "/etc/default/grub.d/50-cloudimg-settings.cfg",
        "GRUB_CMDLINE_LINUX_DEFAULT=\"console=tty1 console=ttyS0\"\n",
    );
    host.place("/etc/default/grub", "GRUB_CMDLINE_LINUX_DEFAULT='a=\"x y\" b=$HOME'\nGRUB_CMDLINE_LINUX=\"net.ifnames=0 iommu=soft\"\nfalse\n");
    assert!(host.refusal(&KernelCmdline, "{args: [console=hvc0]}").contains("multi says whether"));
    host.settles(
        &KernelCmdline,
        "{args: [console=hvc0, iommu=pt], multi: append, absent: [console=tty1]}",
        "dash",
    );
    let cfg = host.placed("/boot/grub/grub.cfg");
    assert!(cfg.contains("ro net.ifnames=0 console=ttyS0 iommu=pt console=hvc0\n"), "{cfg}");
    assert!(cfg.contains("ro single net.ifnames=0\n"), "{cfg}");
    // A file behind ours has the last word.
    host.place(
        "/etc/default/grub.d/zz.cfg",
        "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT iommu=off\"\n",
    );
    let text = host.refusal(&KernelCmdline, "{args: [iommu=on]}");
    assert!(text.contains("behind /etc/default/grub.d/90-tank.cfg says iommu=off"), "{text}");
    host.place("/etc/default/grub.d/zz.cfg", "if then\n");
    let text = host.refusal(&KernelCmdline, IOMMU);
    assert!(
        text.ends_with("the file of /etc/default/grub.d behind /etc/default/grub.d/90-tank.cfg"),
        "{text}"
    );
    host.place("/etc/default/grub.d/zz.cfg", "");
    let own = host.placed(DROP_IN);
    host.place(DROP_IN, &own.replace("console=hvc0", "console=hvc1"));
    host.place(DROP_IN, &format!("{own}echo\n"));
    assert!(host.refusal(&KernelCmdline, IOMMU).contains("is not as kernel_cmdline left it"));
    let quoted = debian();
    quoted.place("/etc/default/grub", "GRUB_CMDLINE_LINUX_DEFAULT='dyndbg=\\\"file a +p\\\"'\n");
    quoted.settles(&KernelCmdline, IOMMU, "dash");
    quoted.place("/etc/default/grub", "GRUB_CMDLINE_LINUX_DEFAULT='a=\"x y\"'\n");
    assert!(
        quoted.refusal(&KernelCmdline, "{absent: [a]}").contains("cannot be taken out from behind")
    );
}

#[test]
fn a_check_run_predicts_what_follows() {
    let mut host = debian();
    host.predict(&KernelCmdline, IOMMU);
    assert_eq!(host.todo(&KernelCmdline, IOMMU), [""; 0]);
    let todo = host.todo(&KernelCmdline, "{args: [mitigations=auto], absent: [iommu]}");
    assert_eq!(todo, ["write: write /etc/default/grub.d/90-tank.cfg", "update-grub"]);
    let (plan, fields) = host.plan(&KernelCmdline, IOMMU).unwrap();
    assert_eq!((plan.uncertain, text(&fields, "reboot_required")), (None, "True".into()));
}

fn proxmox(kinds: &str) -> Replay {
    let host = lab::host("");
    host.tool("proxmox-boot-tool", PROXMOX);
    host.tool("unshare", UNSHARE);
    host.place("/etc/kernel/proxmox-boot-uuids", "AAAA-0001\nAAAA-0002\n");
    host.place("/etc/kernel/cmdline", "root=ZFS=rpool/ROOT/pve-1 boot=zfs");
    host.place("/esp/kinds", &format!("{kinds}\n"));
    let entry = "title    Proxmox\noptions  root=ZFS=rpool/ROOT/pve-1 boot=zfs\nlinux    /EFI/x\n";
    for uuid in ["AAAA-0001", "AAAA-0002"] {
        host.place(&format!("/esp/{uuid}/loader/entries/proxmox-6.8.12-1-pve.conf"), entry);
    }
    host
}

#[test]
fn proxmox_has_its_partitions_written() {
    let host = proxmox("uefi (versions: 6.8.12-1-pve)");
    let (_, fields) = host.settles(&KernelCmdline, IOMMU, "dash");
    assert_eq!(text(&fields, "bootloader"), "proxmox-boot-tool");
    let line = "root=ZFS=rpool/ROOT/pve-1 boot=zfs intel_iommu=on iommu=pt\n";
    assert_eq!(host.placed("/etc/kernel/cmdline"), line);
    let entry = host.placed("/esp/AAAA-0002/loader/entries/proxmox-6.8.12-1-pve.conf");
    assert!(entry.contains(&format!("options  {line}")), "{entry}");
    let host = proxmox("uefi (versions: 6.8.12-1-pve)");
    host.settles(&KernelCmdline, IOMMU, "dash");
    host.place(
        "/esp/AAAA-0002/loader/entries/proxmox-6.8.12-1-pve.conf",
        "options root=ZFS=a boot=zfs\nlinux /x\n",
    );
    assert_eq!(host.todo(&KernelCmdline, IOMMU), ["proxmox-boot-tool refresh"]);
    // The second disk is gone: told, and the first one counts.
    std::fs::remove_dir_all(host.path("tree/esp/AAAA-0002")).unwrap();
    let (plan, fields) = host.plan(&KernelCmdline, IOMMU).unwrap();
    assert!(!plan.has_work());
    assert_eq!(text(&fields, "generated"), "None");
    assert_eq!(plan.warnings.len(), 2, "{:?}", plan.warnings);
    assert!(plan.warnings[1].starts_with("WARN: /dev/disk/by-uuid/AAAA-0002 does not exist"));
    let root = host.refusal(&KernelCmdline, "{args: [root=/dev/sda1]}");
    assert!(root.contains("decides what the host boots"), "{root}");
    host.place("/etc/kernel/cmdline", "intel_iommu=on\n");
    assert!(host.refusal(&KernelCmdline, IOMMU).contains("names no root="));
    host.place("/etc/kernel/cmdline", "root=ZFS=a boot=zfs\nintel_iommu=on\n");
    assert_eq!(
        host.refusal(&KernelCmdline, IOMMU),
        "/etc/kernel/cmdline has 2 lines: only one is read"
    );
}

#[test]
fn proxmox_with_grub_takes_grubs_defaults() {
    let host = proxmox("grub (versions: 6.8.12-1-pve)");
    grub(&host);
    let (plan, _) = host.plan(&KernelCmdline, IOMMU).unwrap();
    let todo: Vec<&str> = plan.changes().map(|change| change.why.as_str()).collect();
    assert_eq!(
        todo,
        ["make /etc/default/grub.d", "write /etc/default/grub.d/90-tank.cfg", "update-grub"]
    );
    // The tool can't say: it is not asked for what it does not keep.
    host.place("/etc/kernel/proxmox-boot-uuids", "\n");
    let (_, fields) = host.plan(&KernelCmdline, IOMMU).unwrap();
    assert_eq!(text(&fields, "bootloader"), "grub");
    let text = host.refusal(&KernelCmdline, "{args: [iommu=pt], bootloader: proxmox-boot-tool}");
    assert!(text.starts_with("proxmox-boot-tool does not boot this host"), "{text}");
}

#[test]
fn systemd_boot_has_each_kernels_entry_written() {
    let systemd = || {
        let host = lab::host("");
        host.tool("bootctl", BOOTCTL);
        host.tool("kernel-install", INSTALL);
        host.place("/boot/vmlinuz-6.12.107", "");
        host.place("/boot/initrd.img-6.12.107", "");
        host.place("/etc/kernel/.keep", "");
        host.place("/boot/efi/loader/entries/old.conf", "title memory test\nefi /memtest.efi\n");
        host
    };
    for shell in SHELLS {
        let host = systemd();
        host.settles(&KernelCmdline, IOMMU, shell);
        assert_eq!(
            host.placed("/etc/kernel/cmdline"),
            "root=UUID=1-2 ro quiet intel_iommu=on iommu=pt\n"
        );
        let entry =
            host.placed("/boot/efi/loader/entries/0123456789abcdef0123456789abcdef-6.12.107.conf");
        assert!(
            entry.contains("options    root=UUID=1-2 ro quiet intel_iommu=on iommu=pt\n"),
            "{entry}"
        );
        assert!(entry.contains("6.12.107/initrd.img-6.12.107\n"), "{entry}");
    }
    // Both are installed: what booted says which it is.
    let host = systemd();
    grub(&host);
    assert!(host.refusal(&KernelCmdline, IOMMU).contains("name it by bootloader"));
    let info = "/sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";
    let named = |host: &Replay, name: &str| {
        let wide: String = name.chars().flat_map(|c| [c, '\0']).collect();
        host.place(info, &format!("\u{6}\0\0\0{wide}"));
        let (_, fields) = host.plan(&KernelCmdline, IOMMU).unwrap();
        text(&fields, "bootloader")
    };
    assert_eq!(named(&host, "systemd-boot 252.22-1~deb12u1"), "systemd-boot");
    assert_eq!(named(&host, "GRUB 2.12"), "grub");
    let (_, fields) = host.plan(&KernelCmdline, "{args: [a=1], bootloader: systemd-boot}").unwrap();
    assert_eq!(text(&fields, "bootloader"), "systemd-boot");
}

#[test]
fn grubby_changes_all_kernels() {
    let host = lab::host("");
    host.tool("grubby", GRUBBY);
    host.place(
        "/boot/args",
        "ro crashkernel=1G-4G:192M rd.lvm.lv=rhel/root iommu=off console=tty0\n",
    );
    let args = "{args: [intel_iommu=on, iommu=pt, console=tty0, console=ttyS0], multi: replace, absent: [crashkernel]}";
    let todo = host.todo(&KernelCmdline, args);
    assert_eq!(
        todo,
        [
            "grubby --update-kernel=ALL --remove-args=console crashkernel iommu --args=iommu=pt console=tty0 console=ttyS0 intel_iommu=on"
        ]
    );
    host.settles(&KernelCmdline, args, "dash");
    assert_eq!(
        host.placed("/boot/args"),
        "ro rd.lvm.lv=rhel/root iommu=pt console=tty0 console=ttyS0 intel_iommu=on\n"
    );
    let (_, fields) = host.plan(&KernelCmdline, args).unwrap();
    let entries = fields[&Key::from("entries")].clone();
    let name = entries.as_list().unwrap()[0].get("name").map(Value::text);
    assert_eq!(name.as_deref(), Some("Red Hat Enterprise Linux (5.14.0-70.el9.x86_64) 9.0 (Plow)"));
}

#[test]
fn nothing_known_boots_it() {
    let host = lab::host("");
    assert!(host.refusal(&KernelCmdline, IOMMU).starts_with("neither GRUB, systemd-boot"));
    for args in ["{}", "{args: [\"a b\"]}", "{args: ['a=$(reboot)']}", "{args: [console=tty0]}"] {
        assert!(host.plan(&KernelCmdline, args).is_err(), "{args}");
    }
    grub(&host);
    host.tool("grub-mkconfig", "#!/bin/sh\n");
    assert!(host.refusal(&KernelCmdline, IOMMU).contains("reads no files of /etc/default/grub.d"));
}
