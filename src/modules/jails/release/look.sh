# shellcheck shell=sh disable=SC3043,SC2154
# Follows ../look.sh. $1: Bastille's configuration, $2: the release.
local zfs data
jails_look "$1"
jails_release "$2"
zfs=$(jails_values "$1" bastille_zfs_enable bastille_zfs_zpool bastille_zfs_prefix)
case $zfs in
bastille_zfs_enable=[Yy][Ee][Ss]*)
  data=${zfs#*bastille_zfs_zpool=}
  data=${data%%"$tk_nl"*}/${zfs##*bastille_zfs_prefix=}
  # Jails that are clones of it.
  told_ask clones zfs list -H -o name,origin -r "$data/jails"
  ;;
esac
return 0
