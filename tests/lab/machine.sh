# shellcheck shell=sh
# The emulator's command line. Sourced. A saved state fits this text only: what keys it is in this file, nothing else.
# Relative file names: it runs in the guest's own directory.

# Without a driver for that kernel: e1000e, VGA, HDA, e1000. `cx16` is off: interrupted, the emulator's cmpxchg16b
# spoils flags and the guest panics.
machine_common() {
    # A bus comes before what is on it: each block goes before those already there.
    set -- -device pcie-root-port,id=rp1,chassis=1,slot=1 \
        -device virtio-net-pci,bus=rp1,romfile=,mac=52:54:00:00:00:11 \
        -device pcie-root-port,id=rp2,chassis=2,slot=2 -device e1000e,bus=rp2,romfile= \
        -device pcie-root-port,id=rp3,chassis=3,slot=3 -device VGA,bus=rp3,addr=0.0,multifunction=on,romfile= \
        -device intel-hda,bus=rp3,addr=0.1 \
        -device pcie-root-port,id=rp4,chassis=4,slot=4 -device pcie-root-port,id=rp5,chassis=5,slot=5 \
        -device pci-testdev -device pcie-pci-bridge,id=br1 -device e1000,bus=br1,addr=1,romfile= \
        -device pci-testdev,bus=br1,addr=2 "$@"
    for n in 6 5 4 3 2 1; do
        set -- -drive "if=none,id=d$n,file=d$n,format=raw,cache=unsafe,discard=unmap" \
            -device "virtio-blk-pci,drive=d$n,serial=DISK$n" "$@"
    done
    set -- -machine q35,kernel-irqchip=split -accel tcg,thread=multi -cpu max,-cx16 -smp 2 -m 2048 \
        -nodefaults -display none -device intel-iommu,intremap=on -serial file:serial.log \
        -drive if=none,id=os,file=os.qcow2,format=qcow2,cache=unsafe,discard=unmap \
        -device virtio-blk-pci,drive=os,bootindex=1 \
        -device virtio-net-pci,netdev=n0,romfile=,mac=52:54:00:00:00:01 -device virtio-rng-pci "$@"
    exec nice -n 10 setpriv --pdeathsig KILL qemu-system-x86_64 "$@"
}

# Can be saved: ahci in the slots of nvme, the kernel given. $1 port, $2 root's UUID, then more arguments.
machine_saved() {
    port=$1 uuid=$2
    shift 2
    machine_common -netdev "user,id=n0,restrict=on,hostfwd=tcp:127.0.0.1:$port-:22" \
        -device ich9-ahci,bus=rp4,addr=0.0,multifunction=on -device virtio-net-pci,bus=rp4,addr=0.1,romfile= \
        -device ich9-ahci,bus=rp5 \
        -kernel vmlinuz -initrd initrd.img -append "root=UUID=$uuid ro console=ttyS0,115200 net.ifnames=0" "$@"
}

# Boots by GRUB, and has two nvme of one kind, which forbid saving. $1 port, then more arguments.
machine_reboot() {
    port=$1
    shift
    machine_common -netdev "user,id=n0,restrict=on,hostfwd=tcp:127.0.0.1:$port-:22" \
        -drive if=none,id=nv0,file=nv0,format=raw,cache=unsafe,discard=unmap \
        -drive if=none,id=nv1,file=nv1,format=raw,cache=unsafe,discard=unmap \
        -device nvme,drive=nv0,serial=NVA,bus=rp4,addr=0.0,multifunction=on \
        -device virtio-net-pci,bus=rp4,addr=0.1,romfile= -device nvme,drive=nv1,serial=NVB,bus=rp5 \
        "$@"
}
