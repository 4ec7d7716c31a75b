# shellcheck shell=sh
# As root: builds the guest's image and what belongs to it in the empty directory $1, by the modules' package $2:
# lab.raw, vmlinuz, initrd.img, uuid, key, key.pub, host.pub. Then gives all to the owner $5.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$1 modules=$2 suite=$3 mirror=$4 owner=$5
tree=$out/tree
trap 'rm -rf --one-file-system "$tree"' EXIT

uuid=$(cat /proc/sys/kernel/random/uuid)
kernel=$(dpkg-deb -f "$modules" Depends)
kernel=${kernel#linux-image-}

install_tree() {
    packages=$(sed 's/#.*//; /^$/d' "$here/packages" | tr -s ' \n' ',')
    echo 'grub-pc grub-pc/install_devices_empty boolean true' >"$out/preseed"
    mmdebstrap --quiet --mode=root --variant=minbase --components=main,contrib \
        --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
        --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
        --essential-hook="chroot \"\$1\" debconf-set-selections <'$out/preseed'" \
        --include="${packages%,}" \
        --customize-hook="upload '$modules' /var/tmp/modules.deb" \
        --customize-hook="chroot \"\$1\" apt-get -qq -y install /var/tmp/modules.deb zfs-zed" \
        --customize-hook="copy-in '$out/repo' /srv" \
        --customize-hook="sh '$here/configure.sh' \"\$1\" $uuid $kernel '$out/key.pub'" \
        "$suite" "$tree" "$mirror"
}

# One image for the kernel given by the emulator and for GRUB.
write_image() {
    truncate -s 4G "$out/lab.raw"
    echo '2048,,83,*' | sfdisk -q "$out/lab.raw"
    mke2fs -q -t ext4 -L lab -U "$uuid" -E offset=1048576,lazy_itable_init=0,lazy_journal_init=0 -d "$tree" \
        "$out/lab.raw" 4095M
    dd status=none if="$tree/usr/lib/grub/i386-pc/boot.img" of="$out/lab.raw" bs=1 count=440 conv=notrunc
    dd status=none if="$tree/boot/grub/core.img" of="$out/lab.raw" bs=512 seek=1 conv=notrunc
}

sh "$here/repo.sh" "$out/repo"
ssh-keygen -q -t ed25519 -N '' -C lab -f "$out/key"
install_tree
write_image
cp "$tree/boot/vmlinuz-$kernel" "$out/vmlinuz"
cp "$tree/boot/initrd.img-$kernel" "$out/initrd.img"
cut -d ' ' -f 1,2 "$tree/etc/ssh/ssh_host_ed25519_key.pub" >"$out/host.pub"
echo "$uuid" >"$out/uuid"
rm -rf "$out/repo" "$out/preseed"
chmod a-w "$out/lab.raw"
chown -R "$owner" "$out"
