# shellcheck shell=sh disable=SC3043
# $1 ` import ` when pools that could be imported are asked as well, ` holds ` when devices would be taken; further
# words: devices as someone wrote them.
# Answers: for each device `device` and `resolved`, the path behind all links, and `holds`, PATH: WHAT, for what it
# holds; `labels`, FreeBSD's names for them; `import`.
local flags="$1" one='' path='' dir='' n=0
shift

# zpool_holds PATH: tells of a file system or of partitions. zpool of FreeBSD takes both without asking.
zpool_holds() {
  local found=''
  [ -e "$1" ] || return 0
  if tk_have fstyp; then
    found=$(fstyp "$1" 2>/dev/null)
    if gpart show "$1" >/dev/null 2>&1; then found='a table of partitions'; fi
  elif tk_have blkid; then
    found=$(blkid -p -o value -s TYPE -s PTTYPE -- "$1" 2>/dev/null)
  fi
  if [ -n "$found" ]; then zfs_tell holds 0 "$1: $found"; fi
}

for one; do
  path=$one
  case $one in
  /*) ;;
  *)
    path=/dev/$one
    for dir in /dev /dev/disk/by-id /dev/disk/by-path /dev/disk/by-partlabel /dev/disk/by-label /dev/disk/by-vdev; do
      if [ -e "$dir/$one" ]; then
        path=$dir/$one
        break
      fi
    done
    ;;
  esac
  tk_out=$(readlink -f -- "$path" 2>/dev/null)
  path=${tk_out:-"$path"}
  zfs_tell device 0 "$one"
  zfs_tell resolved 0 "$path"
  case $flags in *' holds '*) zpool_holds "$path" ;; esac
done
if tk_have glabel; then zfs_ask labels glabel status -s; fi
case $flags in *' import '*)
  n=$#
  for one; do
    case $one in
    /dev/* | [!/]*) ;;
    *)
      tk_parent "$one"
      set -- "$@" -d "$tk_out"
      ;;
    esac
  done
  shift "$n"
  zfs_ask import zpool import
  if [ "$#" != 0 ]; then zfs_ask import zpool import "$@"; fi
  ;;
esac
:
