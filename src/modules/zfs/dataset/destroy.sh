# shellcheck shell=sh disable=SC3043,SC2154
# $1 dataset; further words: all that lies in it, as the plan has seen it.
# Destroys it with all of that, and never more: nothing if there is anything else by now. What it was stopped in the middle of it
# goes on with for some seconds: zfs-fuse calls a file system busy whose child was unmounted a moment ago.
local name="$1" wanted="$tk_nl" one="" line="" all="" tries=0
if [ "$#" -gt 1 ]; then all=-r; fi
for one; do wanted=$wanted$one$tk_nl; done
while :; do
  tk_out_of zfs list -H -r -t all -o name "$name" || return
  if [ "$tries" = 0 ] && ! tk_stat_count "$tk_out" "$#"; then one=other; else one=; fi
  while IFS= read -r line; do
    case $wanted in *"$tk_nl$line$tk_nl"*) ;; *) one=other ;; esac
  done <<END
${tk_out%"$tk_nl"}
END
  if [ -n "$one" ]; then
    tk_line "$name holds other datasets or snapshots than when this was planned; they are not destroyed" >&2
    return 75
  fi
  tries=$((tries + 1))
  if [ "$tries" = 6 ]; then
    zfs destroy ${all:+"$all"} "$name"
    return
  fi
  if zfs destroy ${all:+"$all"} "$name" 2>/dev/null; then return 0; fi
  sleep 1
done
