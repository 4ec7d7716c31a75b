//! A host with PCI functions, drivers and IOMMU groups in a tree, for tests.

use crate::modules::tests::replay::Replay;

/// Functions of a machine: address, class, vendor, device, driver, group, boot_vga.
pub const LAB: &str = include_str!("../../../tests/fixtures/probe/vfio/lab.txt");

const UNAME: &str = "#!/bin/sh\nif [ \"$1\" = -r ]; then echo 6.12.107; else echo Linux; fi\n";

/// A tree with these functions, that boots by nothing known.
pub fn host(functions: &str) -> Replay {
    let host = Replay::linux(&[], "").in_tree();
    host.tool("uname", UNAME);
    host.place("/proc/cmdline", "BOOT_IMAGE=/boot/vmlinuz-6.12.107 root=UUID=1-2 ro quiet\n");
    host.place("/proc/self/mounts", "/dev/vda1 / ext4 rw,relatime 0 0\n");
    host.place("/proc/swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
    host.place(
        "/proc/net/route",
        "Iface\tDestination\tGateway\tFlags\neth0\t00000000\t0202000A\t0003\n",
    );
    host.place("/proc/interrupts", " 24:  0  0  IR-PCI-MSI-0000:01:00.0  0-edge  virtio0-config\n");
    host.place("/sys/class/iommu/dmar0/x", "");
    host.place(
        "/lib/modules/6.12.107/modules.builtin",
        "kernel/drivers/nvme/host/nvme.ko\nkernel/drivers/pci/pcie/aer.ko\n",
    );
    for line in functions.lines().filter(|line| !line.starts_with('#')) {
        let [address, class, vendor, device, driver, group, vga] =
            line.split(' ').collect::<Vec<_>>()[..]
        else {
            panic!("{line}")
        };
        let dir = format!("/sys/bus/pci/devices/{address}");
        host.place(&format!("{dir}/class"), &format!("0x{class}\n"));
        host.place(&format!("{dir}/vendor"), &format!("0x{vendor}\n"));
        host.place(&format!("{dir}/device"), &format!("0x{device}\n"));
        host.place(&format!("{dir}/reset_method"), "flr bus\n");
        host.place(&format!("{dir}/driver_override"), "(null)\n");
        if vga != "-" {
            host.place(&format!("{dir}/boot_vga"), &format!("{vga}\n"));
        }
        if driver != "-" {
            host.place(&format!("/sys/bus/pci/drivers/{driver}/{address}"), "");
        }
        if group != "-" {
            host.place(&format!("/sys/kernel/iommu_groups/{group}/devices/{address}"), "");
            host.place(&format!("/sys/kernel/iommu_groups/{group}/type"), "DMA-FQ\n");
        }
    }
    host.place_link(
        "/sys/block/nvme0n1",
        "../devices/pci0000:00/0000:00:0d.0/0000:04:00.0/nvme/nvme0/nvme0n1",
    );
    host.place_link(
        "/sys/block/sda",
        "../devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda",
    );
    host.place_link(
        "/sys/class/net/eth0",
        "../../devices/pci0000:00/0000:00:0a.0/0000:01:00.0/virtio1/net/eth0",
    );
    host
}
