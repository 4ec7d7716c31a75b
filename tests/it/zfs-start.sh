# shellcheck shell=sh
# In a mount namespace of its own: runs zfs-fuse where nobody else sees its socket, its cache or its file systems.
set -eu
mount -t tmpfs tmpfs /run
mkdir /run/zfs /run/lock
mount -t tmpfs tmpfs /etc/zfs
mount -t tmpfs tmpfs /var/lib/zfs
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin zfs-fuse --no-daemon --no-kstat-mount --pidfile /run/zfs/pid
