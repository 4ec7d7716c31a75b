# shellcheck shell=sh disable=SC3043
# $1 ` import ` when pools that could be imported are asked as well; further words: devices as someone wrote them.
# Answers: for each device `device` and `resolved`, the path behind all links; `labels`, FreeBSD's names for them;
# `import`.
local flags="$1" one='' path='' dir='' n=0
shift
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
