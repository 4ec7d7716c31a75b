# shellcheck shell=sh disable=SC3043
# $1 name; $2 properties; further words: options of `zfs get`.
# Answers: `list`, whether it is there; `get`.
local name="$1" properties="$2"
shift 2
if zfs_tools; then
  zfs_ask list zfs list -H -o name "$name"
  zfs_ask get zfs get -H "$@" -o name,property,value "$properties" "$name"
fi
:
