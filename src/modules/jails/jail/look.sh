# shellcheck shell=sh disable=SC3043,SC2154
# Follows ../look.sh. $1: Bastille's configuration, $2: the jail, $3: a release or nothing.
local zfs data
jails_look "$1"
told_files "$jails_dir/$2/jail.conf" "$jails_dir/$2/settings.conf" "$jails_dir/$2/tags"
told_ask ifconfig ifconfig -a
told_ask mounts mount -p
[ -z "$3" ] || jails_release "$3"
zfs=$(jails_values "$1" bastille_zfs_enable bastille_zfs_zpool bastille_zfs_prefix)
case $zfs in
bastille_zfs_enable=[Yy][Ee][Ss]*)
  data=${zfs#*bastille_zfs_zpool=}
  data=${data%%"$tk_nl"*}/${zfs##*bastille_zfs_prefix=}/jails/$2
  told_ask origin zfs get -H -o value origin "$data/root"
  told_ask data zfs list -H -o name -t all -r "$data"
  ;;
esac
return 0
