# shellcheck shell=sh disable=SC3043
# $1 what else is asked: ` altroot `, ` tree `; $2 properties that `all` does not list, with commas; $3 dataset or
# snapshot; further words: the datasets above it.
# Answers: `all`, their properties; `more`; `altroot`; `tree`, all below; `origins`, all datasets of the pool.
local flags="$1" more="$2" name="$3" pool="${3%%[/@]*}"
shift 2
if zfs_tools; then
  zfs_get all all "$@"
  if [ -n "$more" ]; then zfs_get more "$more" "$name"; fi
  case $flags in *' altroot '*) zfs_ask altroot zpool list -H -o altroot "$pool" ;; esac
  case $flags in *' tree '*)
    zfs_ask tree zfs get -rHp -o name,property,value,source \
      type,guid,createtxg,creation,used,userrefs,origin,mountpoint,mounted "$name"
    zfs_ask origins zfs list -H -r -t filesystem,volume -o name,origin "$pool"
    ;;
  esac
fi
:
