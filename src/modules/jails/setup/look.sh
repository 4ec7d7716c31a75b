# shellcheck shell=sh disable=SC3043,SC2154
# Follows ../look.sh. $1: Bastille's configuration, $2: the prefix that it should have, or nothing.
local prefix="$2"
jails_look "$1"
told_files "$1" "$1.sample" /etc/devfs.rules
if [ -z "$prefix" ]; then
  prefix=$(jails_values "$1" bastille_prefix)
  prefix=${prefix#*=}
fi
prefix=${prefix:-/usr/local/bastille}
told_say prefix 0 "$prefix"
told_say mode 0 "$(tk_stat "$prefix" follow)"
told_ask pools zpool list -H -o name
if [ -x /usr/local/bin/jib ]; then told_say jib 0 there; else told_say jib 0 missing; fi
return 0
