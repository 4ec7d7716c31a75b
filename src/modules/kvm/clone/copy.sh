# shellcheck shell=sh disable=SC3043,SC2154
# Words: disk or file, what is copied, its copy, the format. A copy is whole or not there, and its owner's alone.
local kind="$1" from="$2" to="$3" format="$4"
tk_new_beside "$to" || return
case $kind in
disk) qemu-img convert -f "$format" -O "$format" "$from" "$tk_new" ;;
*) cat "$from" >"$tk_new" ;;
esac </dev/null || {
  tk_forget
  return 1
}
if tk_exists "$to"; then
  tk_forget
  tk_line "$to is there by now" >&2
  return 1
fi
chmod 600 "$tk_new" && tk_rename "$tk_new" "$to"
