# shellcheck shell=sh
# One line for each path of the tree $1: type and mode, owner, group, path, link target or checksum.
# Left out is what a login or the use of sudo alone writes, and what is not the tree's own.
set -eu
cd "$1"
find . -xdev \( -path ./proc -o -path ./dev -o -path ./sys -o -path ./run -o -path ./tmp \
    -o -path ./var/log -o -path ./var/lib/sudo -o -name .sudo_as_admin_successful -o -path ./etc/resolv.conf \) -prune -o \
    -printf '%M %U %G %p %l\n' | LC_ALL=C sort
find . -xdev \( -path ./proc -o -path ./dev -o -path ./sys -o -path ./run -o -path ./tmp \
    -o -path ./var/log -o -path ./var/lib/sudo -o -name .sudo_as_admin_successful -o -path ./etc/resolv.conf \) -prune -o \
    -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
