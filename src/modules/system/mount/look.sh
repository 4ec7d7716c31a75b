# shellcheck shell=sh disable=SC3043,SC2154
# Follows ask.sh. Words: the table, and the path. What is mounted, and what the table says.
told_files "$1"
tk_system
if [ "$tk_sys" = FreeBSD ]; then
  told_ask table mount -p
else
  told_ask mountinfo cat /proc/self/mountinfo
fi
if [ -d "$2" ]; then told_say directory 0 ''; elif tk_exists "$2"; then told_say directory 1 ''; fi
return 0
