# shellcheck shell=sh disable=SC3043,SC2154
# Follows ../look.sh. $1: Bastille's configuration, $2: the jail, $3: the dataset.
local dir
jails_look "$1"
told_files "$jails_dir/$2/jail.conf" "$jails_dir/$2/zfs.conf"
for dir in "$jails_dir"/*; do
  jails_text "zfs ${dir##*/}" "$dir/zfs.conf"
done
told_ask dataset zfs get -Hp -o property,value type,jailed,mountpoint "$3"
return 0
