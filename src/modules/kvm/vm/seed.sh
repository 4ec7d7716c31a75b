# shellcheck shell=sh disable=SC3043,SC2154
# Words: the directory of the files, the image, the files' names. Their hash comes on stdin: it is written down once
# the image is whole, so that one that was cut off is built again.
local dir="$1" image="$2" new one tool
shift 2
for one; do
  shift
  set -- "$@" "$dir/$one"
done
for tool in xorriso genisoimage xorrisofs mkisofs none; do
  if tk_have "$tool"; then break; fi
done
rm -f "$dir/built"
tk_new_beside "$image" || return
new=$tk_new
# -output wants to make the file itself; the directory of images is root's.
case $tool in
xorriso) xorriso -as mkisofs -quiet -o "$new" -V cidata -J -r "$@" ;;
none)
  tk_line "no tool that makes discs" >&2
  false
  ;;
*) "$tool" -quiet -o "$new" -V cidata -J -r "$@" ;;
esac >&2 || {
  one=$?
  tk_forget
  return "$one"
}
chmod 600 "$new" && tk_rename "$new" "$image" && cat >"$dir/built" && chmod 600 "$dir/built"
