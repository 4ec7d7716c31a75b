# shellcheck shell=sh disable=SC3043
# Follows ../../told/ask.sh. $1: file of rules.
told_tool tool rctl || told_say tool 127 "$PATH"
told_ask racct sysctl -n kern.racct.enable
told_ask live rctl
told_files "$1"
return 0
