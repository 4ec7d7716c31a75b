# shellcheck shell=sh disable=SC2034,SC2154
# Processors, memory, disks and mounts of FreeBSD.

# setup_fstab: the sizes of what fstab mounts. The size of a fragment is UFS's own affair: dumpfs knows it.
setup_fstab() {
  [ -r /etc/fstab ] || return 0
  setup_n=0
  while read -r setup_dev setup_mnt setup_fs setup_f; do
    case $setup_dev in '#'* | '') continue ;; esac
    case $setup_mnt in /*) ;; *) continue ;; esac
    setup_n=$((setup_n + 1))
    tk_line "fstab.$setup_n.mount:$setup_mnt"
    setup_say "fstab.$setup_n.df" tk_limit "$setup_limit" df -ik "$setup_mnt"
    setup_say "fstab.$setup_n.block" stat -f %k "$setup_mnt"
    if [ "$setup_fs" = ufs ]; then setup_say "fstab.$setup_n.ufs" dumpfs -m "$setup_mnt"; fi
  done </etc/fstab
}

if setup_wants hardware && [ "$tk_sys" = FreeBSD ]; then
  set -- "$@" /var/run/dmesg.boot /etc/fstab
  if [ ! -s /var/run/dmesg.boot ]; then setup_say dmesg dmesg; fi
  setup_say swap swapinfo -k
  setup_there /dev/[acdimtv]*[0-9]*
  setup_fstab
fi
