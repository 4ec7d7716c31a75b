# shellcheck shell=sh disable=SC3043
# Mounts in a jail. What lies in the jail is the jail's own: a link there must not lead the mount elsewhere on the host, so
# the place is made from inside, and is taken only if it is what its path says.
# $1: number of the running jail, or nothing; $2: its root; $3: the place in it; $4: `directory` or `file`; $5: `anew` when
# something is mounted there already; behind: type, options and source, nothing to leave it unmounted.
local jid="$1" root="$2" place="$3" kind="$4" anew="$5" real part rest at
shift 5
real=$(realpath "$root") || return
if [ "$anew" = anew ]; then umount "$root$place" || return; fi
[ "$#" != 0 ] || return 0
if [ -n "$jid" ]; then
  # shellcheck disable=SC2016 # for the shell in the jail
  jexec -l "$jid" /bin/sh -c 'if [ "$2" = directory ]; then mkdir -p "$1"; else mkdir -p "${1%/*}/" && { [ -e "$1" ] || : >"$1"; }; fi' \
    sh "$place" "$kind" </dev/null || return
else
  at=$root rest=${place#/}
  while [ -n "$rest" ]; do
    part=${rest%%/*}
    case $rest in */*) rest=${rest#*/} ;; *) rest='' ;; esac
    at=$at/$part
    if [ -h "$at" ]; then
      echo "$at is a link" >&2
      return 1
    fi
    if [ -e "$at" ]; then continue; fi
    if [ -n "$rest" ] || [ "$kind" = directory ]; then mkdir -m 755 "$at" || return; else : >"$at" || return; fi
  done
fi
at=$(realpath "$root$place") || return
if [ "$at" != "$real$place" ]; then
  echo "a link in the jail leads $place to $at" >&2
  return 1
fi
[ -n "$jid" ] || return 0
mount -t "$1" -o "$2" "$3" "$root$place"
