# shellcheck shell=sh
# Makes the lab's guest of the freshly installed tree $1; $2 the root filesystem's UUID, $3 the kernel, $4 the public key.
set -eu
tree=$1 uuid=$2 kernel=$3 key=$4
cd "$tree"

names_and_mounts() {
    echo lab >etc/hostname
    printf '127.0.0.1\tlocalhost lab\n::1\tlocalhost\n' >etc/hosts
    # Fixed: an empty one means presets of a first boot.
    echo 6d0f2b1c4e5a49788796a5b4c3d2e1f0 >etc/machine-id
    printf 'UUID=%s / ext4 errors=remount-ro 0 1\n' "$uuid" >etc/fstab
    echo 'LANG=C.UTF-8' >etc/default/locale
    # zfs hostid: pools remember it.
    printf '\001\002\003\004' >etc/hostid
}

# By address: the spare cards must not get this one's.
network() {
    cat >etc/systemd/network/10-lab.network <<'END'
[Match]
MACAddress=52:54:00:00:00:01
[Network]
Address=10.0.2.15/24
Gateway=10.0.2.2
LinkLocalAddressing=no
IPv6AcceptRA=no
END
    chroot . systemctl --quiet enable systemd-networkd.service
    echo 'nameserver 10.0.2.3' >etc/resolv.conf
}

account() {
    [ "$1" = root ] || chroot . useradd --create-home --shell /bin/bash "$1"
    home=.$(chroot . getent passwd "$1" | cut -d : -f 6)
    mkdir -p "$home/.ssh"
    chmod 700 "$home/.ssh"
    cp "$key" "$home/.ssh/authorized_keys"
    chmod 600 "$home/.ssh/authorized_keys"
    chroot . chown -R "$1:" "${home#.}/.ssh"
}

accounts() {
    for name in root tank zsend zrecv; do account "$name"; done
    echo 'tank ALL=(ALL:ALL) NOPASSWD: ALL' >etc/sudoers.d/lab
    chmod 440 etc/sudoers.d/lab
    echo 'permit nopass tank' >etc/doas.conf
    chmod 600 etc/doas.conf
    cat >etc/ssh/sshd_config.d/lab.conf <<'END'
PermitRootLogin prohibit-password
PasswordAuthentication no
UseDNS no
MaxStartups 200
MaxSessions 100
LoginGraceTime 300
END
}

# Slow, unneeded, or woken by the clock's jump after a saved state. Not systemd-udev-settle: zfs-load-module needs it.
# Not systemd-machined: libvirt needs it.
masks() {
    for unit in e2scrub_reap.service e2scrub_all.timer apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer \
        fstrim.timer sanoid.timer libvirt-guests.service systemd-networkd-wait-online.service \
        systemd-networkd-persistent-storage.service systemd-update-done.service \
        systemd-journal-catalog-update.service ldconfig.service getty@tty1.service; do
        ln -sf /dev/null "etc/systemd/system/$unit"
    done
    mkdir -p etc/systemd/system-generators etc/systemd/system.conf.d
    for generator in ssh gpt-auto hibernate-resume rc-local tpm2 import run; do
        ln -sf /dev/null "etc/systemd/system-generators/systemd-$generator-generator"
    done
    printf '[Manager]\nDefaultTimeoutStartSec=300s\nDefaultDeviceTimeoutSec=300s\n' \
        >etc/systemd/system.conf.d/lab.conf
}

apt_sources() {
    # Of the installation; they would hold in the guest too.
    rm -f etc/apt/apt.conf.d/99mmdebstrap etc/dpkg/dpkg.cfg.d/99mmdebstrap
    rm -f etc/apt/sources.list etc/apt/sources.list.d/*
    printf 'Types: deb\nURIs: file:/srv/repo\nSuites: ./\nTrusted: yes\n' >etc/apt/sources.list.d/lab.sources
    echo 'Acquire::Languages "none";' >etc/apt/apt.conf.d/90lab
    find var/cache/apt var/tmp -mindepth 1 -name '*.deb' -delete
}

# A first grub.cfg, until update-grub in the guest writes its own.
grub() {
    mkdir -p boot/grub
    cp -r usr/lib/grub/i386-pc boot/grub/
    cat >boot/grub/grub.cfg <<END
serial --unit=0 --speed=115200
terminal_input serial
terminal_output serial
set timeout=0
set default=0
menuentry lab {
    search --no-floppy --fs-uuid --set=root $uuid
    linux /boot/vmlinuz-$kernel root=UUID=$uuid ro console=ttyS0,115200 net.ifnames=0
    initrd /boot/initrd.img-$kernel
}
END
    cat >etc/default/grub <<'END'
GRUB_DEFAULT=0
GRUB_TIMEOUT=0
GRUB_DISTRIBUTOR=Debian
GRUB_CMDLINE_LINUX_DEFAULT=""
GRUB_CMDLINE_LINUX="console=ttyS0,115200 net.ifnames=0"
GRUB_TERMINAL="serial console"
GRUB_DISABLE_OS_PROBER=true
END
    chroot . grub-mkimage -O i386-pc -p '(hd0,msdos1)/boot/grub' -o /boot/grub/core.img biosdisk part_msdos ext2
}

names_and_mounts
network
accounts
masks
apt_sources
grub
