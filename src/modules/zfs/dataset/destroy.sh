# shellcheck shell=sh disable=SC3043,SC2154
# $1 dataset; further words: all that lies in it, sorted as the plan has seen it.
# Destroys it with all of that; but nothing if there is anything else by now.
local name="$1" listed='' wanted='' one=''
for one; do wanted=$wanted$one$tk_nl; done
tk_out_of zfs list -H -r -t all -o name "$name" || return
listed=$(tk_put "$tk_out" | sort)
wanted=$(tk_put "$wanted" | sort)
if [ "$listed" != "$wanted" ]; then
  tk_line "$name holds other datasets or snapshots than it did when this was planned; nothing was destroyed" >&2
  return 75
fi
zfs destroy -r "$name"
