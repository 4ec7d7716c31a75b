# shellcheck shell=sh disable=SC3043
# $1 `hold` or `release`; $2 the tag; further words: snapshots.
# For a host that cannot tell the tags: one that is as it is wanted is no failure.
local verb="$1" tag="$2" name='' said='' rc=0
shift 2
for name; do
  said=$(zfs "$verb" "$tag" "$name" 2>&1) && continue
  case $verb:$said in
  hold:*'tag already exists'* | release:*'no such tag'*) ;;
  *)
    tk_line "$said" >&2
    rc=1
    ;;
  esac
done
return "$rc"
