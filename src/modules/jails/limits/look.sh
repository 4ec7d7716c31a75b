# shellcheck shell=sh disable=SC3043,SC2154
# Follows ../look.sh. $1: Bastille's configuration, $2: the jail.
jails_look "$1"
told_files "$jails_dir/$2/rctl.conf"
told_ask racct sysctl -n kern.racct.enable
told_ask live rctl "jail:$2"
return 0
