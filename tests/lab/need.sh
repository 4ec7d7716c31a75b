# shellcheck shell=sh
# What the builder needs, installed by apt-get as root or by sudo. Sourced, after cache.sh.

# command:package
needed='mmdebstrap:mmdebstrap mke2fs:e2fsprogs sfdisk:fdisk qemu-system-x86_64:qemu-system-x86 qemu-img:qemu-utils
ssh:openssh-client ssh-keygen:openssh-client flock:util-linux setpriv:util-linux sha256sum:coreutils dpkg-deb:dpkg'

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export PATH

missing() {
    for pair in $needed; do
        command -v "${pair%%:*}" >/dev/null 2>&1 || printf '%s\n' "${pair#*:}"
    done | sort -u | tr '\n' ' '
}

install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-remove --no-install-recommends install \
        "$@" </dev/null >&2
}

# A qemu-utils from backports forbids the emulator of the release: then both of the release.
install_with_utils() {
    version=$(apt-cache policy qemu-system-x86 | sed -n 's/^ *Candidate: //p')
    [ -n "$version" ] || return 1
    say "apt-get refused; again with qemu-utils $version"
    install --allow-downgrades "$@" "qemu-utils=$version"
}

install_missing() {
    packages=$(missing)
    [ -n "$packages" ] || return 0
    command -v apt-get >/dev/null 2>&1 || fail "no apt-get to install what is missing: $packages"
    need_root "to install what is missing: $packages"
    say "installing $packages"
    as_root apt-get -qq update >&2 || fail "apt-get update failed, to install: $packages"
    # shellcheck disable=SC2086 # a list
    install $packages || install_with_utils $packages || fail "apt-get could not install: $packages"
    packages=$(missing)
    [ -z "$packages" ] || fail "missing after installation: $packages"
}
