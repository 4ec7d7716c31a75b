# shellcheck shell=sh disable=SC3043,SC2154
# $1 name of a pool, or empty; $2 properties; $3 `-p` or empty.
# Answers: `list`, the pools; `get`; where that knows no -H, for each pool `name` and `table`.
local name="$1" properties="$2" parsable="$3" pool=''
if zfs_tools; then
  zfs_ask list zpool list -H -o name ${name:+"$name"}
  pool=$zfs_said
  zfs_ask get zpool get -H ${parsable:+"$parsable"} -o name,property,value "$properties" ${name:+"$name"}
  if [ -z "$zfs_said" ]; then
    while IFS= read -r name; do
      if [ -n "$name" ]; then
        zfs_tell name 0 "$name"
        zfs_ask table zpool get "$properties" "$name"
      fi
    done <<END
$pool
END
  fi
fi
:
