# shellcheck shell=sh disable=SC3043
# Starts, stops or restarts a jail by its file; what jls says afterwards counts. $1: the file, $2: the jail, $3: what must
# be true then (up, anew, down).
local old new rc
old=$(jls -j "$2" jid 2>/dev/null </dev/null)
case $3 in
up) jail -f "$1" -c "$2" </dev/null ;;
down) jail -f "$1" -r "$2" </dev/null ;;
*) jail -f "$1" -rc "$2" </dev/null ;;
esac
rc=$?
new=$(jls -j "$2" jid 2>/dev/null </dev/null)
case $3 in
up) [ -n "$new" ] ;;
down) [ -z "$new" ] ;;
*) [ -n "$new" ] && [ "$new" != "$old" ] ;;
esac && return 0
[ "$rc" != 0 ] || rc=1
return "$rc"
