# shellcheck shell=sh disable=SC3043
# Runs bastille on one jail. Bastille completes the beginning of a name and takes tags for names, exits with 0 on most
# failures, and asks on stdin: the name is found exactly first, and what is true afterwards decides.
# $1: where jails are, $2: the jail, $3: `there` or `free`, $4: what must be true then (up, anew, down, made, gone),
# behind: bastille's words.
local dir="$1" name="$2" first="$3" then="$4" rc old='' new=''
shift 4
case $first in
there)
  if [ ! -f "$dir/$name/jail.conf" ]; then
    echo "there is no jail $name in $dir any more" >&2
    return 3
  fi
  ;;
*)
  if [ -e "$dir/$name" ]; then
    echo "$dir/$name is there already" >&2
    return 3
  fi
  ;;
esac
old=$(jls -j "$name" jid 2>/dev/null </dev/null)
NO_COLOR=1 bastille "$@" </dev/null
rc=$?
new=$(jls -j "$name" jid 2>/dev/null </dev/null)
case $then in
up) [ -n "$new" ] && [ -f "$dir/$name/jail.conf" ] ;;
anew) [ -n "$new" ] && [ "$new" != "$old" ] ;;
down) [ -z "$new" ] && [ -f "$dir/$name/jail.conf" ] ;;
made) [ "$rc" = 0 ] && [ -f "$dir/$name/jail.conf" ] ;;
*) [ -z "$new" ] && [ ! -e "$dir/$name" ] ;;
esac && return 0
[ "$rc" != 0 ] || rc=1
return "$rc"
