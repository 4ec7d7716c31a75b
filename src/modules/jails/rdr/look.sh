# shellcheck shell=sh disable=SC3043,SC2154
# Follows ../look.sh. $1: Bastille's configuration, $2: the jail.
jails_look "$1"
told_files "$jails_dir/$2/rdr.conf"
told_ask nat pfctl -sn
told_ask rules pfctl -sr
told_ask rdr pfctl -a "rdr/$2" -Psn
told_ask pass pfctl -a "bastille/$2" -Psr
return 0
