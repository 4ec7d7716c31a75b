# shellcheck shell=sh disable=SC3043,SC2154
# Words: create or resize, the format, the image, its size in bytes, and for a new one what it lies upon and the format
# of that. Nobody but its owner may read an image: libvirt gives it to its machine.
local verb="$1" format="$2" image="$3" size="$4" base="$5" based="$6"
case $verb in
create)
  if tk_exists "$image"; then
    tk_line "$image is there by now" >&2
    return 1
  fi
  if [ -n "$base" ]; then
    qemu-img create -q -f "$format" -b "$base" -F "$based" "$image" "$size"
  else
    qemu-img create -q -f "$format" "$image" "$size"
  fi || return
  chmod 600 "$image"
  ;;
resize) qemu-img resize -q -f "$format" "$image" "$size" ;;
esac </dev/null
