# shellcheck shell=sh
# As root: the package zfs-modules for the suite's cloud kernel, of zfs-dkms, built in a tree that is thrown away.
#   modules.sh SUITE MIRROR names DIR                 prints the kernel and the version of zfs-dkms
#   modules.sh SUITE MIRROR build KERNEL VERSION DEB  builds it
set -eu
suite=$1 mirror=$2
shift 2

# The suite's lists in a directory of their own: this machine's apt knows nothing of them.
lists() {
    mkdir -p "$1/etc/apt/preferences.d" "$1/etc/apt/apt.conf.d" "$1/var/lib/apt/lists/partial" \
        "$1/var/cache/apt/archives/partial" "$1/var/lib/dpkg"
    : >"$1/var/lib/dpkg/status"
    echo "deb $mirror $suite main contrib" >"$1/etc/apt/sources.list"
    cat >"$1/apt.conf" <<END
Dir "$1";
Dir::State::status "$1/var/lib/dpkg/status";
Dir::Etc::TrustedParts "/etc/apt/trusted.gpg.d";
Dir::Etc::Trusted "/etc/apt/trusted.gpg";
APT::Architecture "amd64";
APT::Architectures "amd64";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "2";
APT::Update::Error-Mode "any";
END
    APT_CONFIG="$1/apt.conf" apt-get -qq update || return 1
}

names() {
    dir=$1
    lists "$dir" || {
        echo "tests/lab: missing: the lists of $suite from $mirror (network, or debian-archive-keyring too old?)" >&2
        return 1
    }
    kernel=$(APT_CONFIG="$dir/apt.conf" apt-cache depends linux-image-cloud-amd64 |
        sed -n 's/^ *Depends: linux-image-\([0-9]\)/\1/p')
    version=$(APT_CONFIG="$dir/apt.conf" apt-cache show zfs-dkms | sed -n 's/^Version: //p' | head -n 1)
    if [ -z "$kernel" ] || [ -z "$version" ]; then
        echo "tests/lab: missing in $suite: linux-image-cloud-amd64 or zfs-dkms" >&2
        return 1
    fi
    echo "$kernel $version"
}

# $1 kernel, $2 version, $3 tree
compile() {
    mmdebstrap --quiet --mode=root --variant=minbase --components=main,contrib \
        --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
        --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
        --include="linux-image-$1,linux-headers-$1,zfs-dkms=$2,xz-utils" "$suite" "$3" "$mirror"
    for module in spl zfs; do
        if [ ! -e "$3/usr/lib/modules/$1/updates/dkms/$module.ko.xz" ]; then
            echo "tests/lab: zfs-dkms $2 made no $module.ko for $1:" >&2
            tail -n 30 "$3"/var/lib/dkms/zfs/*/build/make.log >&2 || true
            return 1
        fi
    done
}

# $1 kernel, $2 version, $3 tree, $4 package
pack() {
    root=$3/package
    mkdir -p "$root/DEBIAN" "$root/usr/lib/modules/$1/updates"
    cp -r "$3/usr/lib/modules/$1/updates/dkms" "$root/usr/lib/modules/$1/updates/"
    cat >"$root/DEBIAN/control" <<END
Package: zfs-modules-lab
Version: $2
Architecture: amd64
Maintainer: The lab <lab@example.org>
Depends: linux-image-$1
Provides: zfs-modules
Description: OpenZFS modules for $1
END
    printf '#!/bin/sh\nset -e\ndepmod -a %s\n' "$1" >"$root/DEBIAN/postinst"
    chmod 755 "$root/DEBIAN/postinst"
    dpkg-deb --root-owner-group -b "$root" "$4" >/dev/null
}

case $1 in
names) names "$2" ;;
build)
    tree=$(mktemp -d "$(dirname "$4")/tree.XXXXXX")
    trap 'rm -rf --one-file-system "$tree"' EXIT
    compile "$2" "$3" "$tree"
    pack "$2" "$3" "$tree" "$4"
    ;;
esac
