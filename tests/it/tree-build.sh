# shellcheck shell=sh
# Builds a Debian 12 tree at $1 for tests: no python; account `admin` with password $2 and sudo.
set -eu
tree=$1
mmdebstrap --quiet --variant=minbase --include=openssh-server,sudo,opendoas bookworm "$tree"

# Packages that tests install must not start daemons.
printf '#!/bin/sh\nexit 101\n' >"$tree/usr/sbin/policy-rc.d"
chmod 755 "$tree/usr/sbin/policy-rc.d"

chroot "$tree" useradd --create-home --shell /bin/bash --groups sudo admin
printf 'admin:%s\n' "$2" | chroot "$tree" chpasswd
# Logins come with the test's own keys, not with those made at installation.
rm -f "$tree"/etc/ssh/ssh_host_*
: >"$tree/etc/tank-built"
