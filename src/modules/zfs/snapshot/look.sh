# shellcheck shell=sh disable=SC3043,SC2154
# $1 what else is asked: ` recursive `, ` origins `, ` newer `; $2 further properties of the snapshots, each with a
# comma before it; further words: each dataset and the name of its snapshot.
# Answers: for each dataset `dataset`, all its properties; `below`, the datasets in it; `newer`, what it holds, and
# `written`; `origins`, all datasets of its pool. Then `snapshots`, those that are wanted.
local flags="$1" more="$2" name='' pool='' n=0 i=0
shift 2
if zfs_tools; then
  n=$(($# / 2))
  while [ "$i" -lt "$n" ]; do
    i=$((i + 1))
    zfs_get dataset all "$1"
    case $flags in *' newer '*)
      zfs_ask newer zfs get -d 1 -Hp -o name,property,value,source \
        type,guid,createtxg,creation,used,userrefs,origin "$1"
      zfs_get written written "$1"
      ;;
    esac
    case $flags in *' origins '*)
      if [ "${1%%/*}" != "$pool" ]; then
        pool=${1%%/*}
        zfs_ask origins zfs list -H -r -t filesystem,volume -o name,origin "$pool"
      fi
      ;;
    esac
    case $flags in
    *' recursive '*)
      zfs_ask below zfs list -H -r -t filesystem,volume -o name "$1"
      while IFS= read -r name; do
        if [ -n "$name" ]; then set -- "$@" "$name@$2"; fi
      done <<END
$zfs_said
END
      ;;
    *) set -- "$@" "$1@$2" ;;
    esac
    shift 2
  done
  if [ "$#" != 0 ]; then
    zfs_get snapshots "type,guid,createtxg,creation,used,userrefs$more" "$@"
  fi
fi
:
