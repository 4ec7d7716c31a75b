# shellcheck shell=sh disable=SC3043,SC2154
# $1 ` below ` when the datasets in it are asked as well; $2 dataset; $3 number of users; users; groups.
# Answers: for each dataset `name` and `allow`; for each user and group given by number `id`, its line.
local flags="$1" name="$2" users="$3" who=''
shift 3
if zfs_tools; then
  zfs_tell name 0 "$name"
  zfs_ask allow zfs allow "$name"
  case $flags in *' below '*)
    zfs_ask below zfs list -H -r -t filesystem,volume -o name "$name"
    while IFS= read -r who; do
      if [ -n "$who" ] && [ "$who" != "$name" ]; then
        zfs_tell name 0 "$who"
        zfs_ask allow zfs allow "$who"
      fi
    done <<END
$zfs_said
END
    ;;
  esac
  for who; do
    case $who in
    *[!0-9]* | '') ;;
    *) if [ "$users" -gt 0 ]; then zfs_ask user tk_getent passwd "$who"; else zfs_ask group tk_getent group "$who"; fi ;;
    esac
    users=$((users - 1))
  done
fi
:
