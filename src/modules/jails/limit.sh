# shellcheck shell=sh disable=SC3043
# Changes what the kernel limits: $1: the rule that is there, or nothing; $2: the one that should be, or nothing.
if [ -n "$1" ]; then rctl -r "${1%%=*}" || return; fi
[ -n "$2" ] || return 0
rctl -a "$2" && return 0
[ -z "$1" ] || rctl -a "$1"
return 1
