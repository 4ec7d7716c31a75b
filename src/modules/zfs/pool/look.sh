# shellcheck shell=sh disable=SC3043,SC2154
# $1 ` tree ` when all that is in it is asked as well; $2 pool; $3 its other name for this boot, or empty.
# Answers: `name`, under which of them it is there; `get`, its properties, or `table` where that is not known; `status`
# (the last one counts); `root`, the properties of its own dataset; `tree`, holds of everything in it.
local flags="$1" name="$2" other="$3"
if zfs_tools; then
  if [ -n "$other" ] && zpool list -H -o name "$other" >/dev/null 2>&1; then name=$other; fi
  zfs_tell name 0 "$name"
  zfs_ask get zpool get -Hp -o name,property,value,source all "$name"
  if [ "$zfs_rc" = 2 ]; then zfs_ask table zpool get all "$name"; fi
  if [ "$zfs_rc" = 0 ]; then
    zfs_ask status zpool status -P "$name"
    if [ "$zfs_rc" = 2 ]; then zfs_ask status zpool status "$name"; fi
    zfs_get root all "$name"
    case $flags in *' tree '*) zfs_ask tree zfs get -rHp -o name,property,value,source userrefs "$name" ;; esac
  fi
fi
:
