# shellcheck shell=sh disable=SC3043,SC2154
# Follows ask.sh. Words: the machine, a pattern of its process, its file, its rc script.
local conf="$3" script="$4"
set -- "$1" "$2"
told_files /etc/rc.conf /etc/rc.conf.local "$conf" "$script"
