# shellcheck shell=sh disable=SC3043,SC2154
# Follows ask.sh. Words: 1 when the wanted rules are on stdin, the anchor or nothing, the file of rules, the record
# of what was loaded, then tables.
local check="$1" anchor="$2" path="$3" record="$4" table
shift 4
pf_loaded() {
  pfctl ${anchor:+-a "$anchor"} -sn 2>/dev/null
  pfctl ${anchor:+-a "$anchor"} -sr 2>/dev/null
}
if told_tool tool pfctl; then
  # Needs neither the module nor root.
  if [ "$check" = 1 ]; then told_ask check pfctl -nf -; fi
  told_ask running pfctl -s Running
  told_ask loaded pf_loaded
  if [ -z "$anchor" ]; then told_ask anchors pfctl -sA; fi
  for table; do
    told_ask "table $table" pfctl ${anchor:+-a "$anchor"} -t "$table" -T show
  done
else
  told_say tool 127 "$PATH"
fi
told_files "$path" "$record"
return 0
