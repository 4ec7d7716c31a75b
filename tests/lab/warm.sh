# shellcheck shell=sh
# In the guest, before its state is saved: what the first command would wait for.
set -eu
systemctl is-system-running --wait >/dev/null || {
    systemctl --failed --no-legend --plain
    echo "systemd: $(systemctl is-system-running)"
    exit 1
}
# Its scripts run for each event of a pool, which an emulator feels: `systemctl start zfs-zed` for a test of it.
systemctl stop zfs-zed
modprobe zfs
zfs version
zpool list -H
udevadm settle
apt-get -qq update
python3 -c 'import apt'
sudo -n true
sync
