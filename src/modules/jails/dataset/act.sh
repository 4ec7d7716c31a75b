# shellcheck shell=sh
# $1: the dataset, $2: whether it is jailed, $3: where its jail mounts it; nothing: it is given back and mounted nowhere.
# Of a jailed one the host cannot set where it is mounted.
if [ "$2" = on ]; then zfs set jailed=off "$1" || return; fi
zfs set "mountpoint=${3:-none}" "$1" || return
if [ -n "$3" ]; then zfs set jailed=on "$1"; fi
