# shellcheck shell=sh disable=SC3043,SC2154
# $1 dataset; $2 how deep: -r, or -d and $3 a number (empty with -r); $4 and $5 the properties for new and old releases.
# Answers: `clock`, seconds since 1970; `list`, datasets with their snapshots and bookmarks; where the release does not know
# one of the properties, `list_old` and `origins`: all datasets of the pool, since clones can only be found by those.
local depth="$2 $3"
if zfs_tools; then
  zfs_ask clock date +%s
  # shellcheck disable=SC2086 # words
  zfs_ask list zfs get $depth -Hp -t filesystem,volume,snapshot,bookmark -o name,property,value,source "$4" "$1"
  if [ "$zfs_rc" -eq 2 ]; then
    # shellcheck disable=SC2086 # words
    zfs_ask list_old zfs get $depth -Hp -o name,property,value,source "$5" "$1"
    zfs_ask origins zfs list -H -r -t filesystem,volume -o name,origin "${1%%/*}"
  fi
fi
:
