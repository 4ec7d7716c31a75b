# shellcheck shell=sh disable=SC3043,SC2154
# $1 pool; $2 its guid; further words: all datasets and snapshots in it but its own.
# Destroys it; but nothing if it is another or holds anything else by now. One that is busy is asked for some seconds more: what
# was unmounted a moment ago, and volumes that somebody looks at, hold it for a while.
local name="$1" guid="$2" one='' wanted="$1$tk_nl" listed='' tries=0
shift 2
for one; do wanted=$wanted$one$tk_nl; done
tk_out_of zfs list -H -r -t all -o name "$name" || return
listed=$(tk_put "$tk_out" | sort)
wanted=$(tk_put "$wanted" | sort)
one=$(zpool list -H -o guid "$name") || return
if [ "$listed" != "$wanted" ] || [ "$one" != "$guid" ]; then
  tk_line "$name is another pool or holds other datasets than when this was planned; nothing was destroyed" >&2
  return 75
fi
while [ "$tries" -lt 5 ]; do
  if one=$(zpool destroy "$name" 2>&1); then return 0; fi
  case $one in *busy*) ;; *) break ;; esac
  tries=$((tries + 1))
  sleep 1
done
zpool destroy "$name"
