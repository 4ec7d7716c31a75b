# shellcheck shell=sh disable=SC3043,SC2154
# Behind walk.sh. $1 path, $2 name that the path has in a directory, or empty, $3 source of a link, as
# it is written, or empty, $4 letters: t what a link leads to, h all of the source, e whether a directory is empty,
# r all below, L all below and what links there lead to; $5 and $6 times, as 2026-11-23 05:10:00, or empty
# Answers: the path that is meant; its lstat line; where links lead; what is there (= the same); the
# deepest directory above that is there; the source's stat line (+ it is there); + when a directory is
# not empty; the times in seconds since 1970, as this host's zone has them; then lines of files_walk.
local p="$1" q='' f=''
if [ -n "$2" ] && [ -d "$p" ]; then p=${p%/}/$2; fi
tk_esc "$p"
tk_stat "$p"
q=$p f='='
case $4 in
*t*)
  if [ -h "$p" ]; then
    if tk_resolve "$p"; then q=$tk_out; fi
    f=
  fi
  ;;
esac
tk_esc "$q"
if [ -n "$f" ]; then tk_line '='; else tk_stat "$p" follow; fi
tk_parent "$q"
while [ ! -d "$tk_out" ]; do tk_parent "$tk_out"; done
tk_esc "$tk_out"
f=$3
case $f in
'' | /*) ;;
*) if [ -d "$p" ] && [ ! -h "$p" ]; then f=${p%/}/$f; else f=${p%/*}/$f; fi ;;
esac
if [ -z "$f" ] || [ ! -e "$f" ]; then
  tk_line -
else
  case $4 in
  *h*) tk_stat "$f" follow ;;
  *) tk_line + ;;
  esac
fi
f=-
case $4 in
*e*)
  for q in "$p"/* "$p"/.[!.]* "$p"/..?*; do
    if tk_exists "$q"; then f=+ && break; fi
  done
  ;;
esac
tk_line "$f"
for f in "$5" "$6"; do
  if [ -n "$f" ]; then
    tk_system
    case $tk_sys in
    *BSD | DragonFly | Darwin) f=$(date -j -f '%Y-%m-%d %H:%M:%S' "$f" +%s) ;;
    *) f=$(date -d "$f" +%s) ;;
    esac
  fi
  tk_line "${f:--}"
done
if [ -d "$p" ]; then
  case $4 in
  *L*) files_walk "$p" -L 1 ;;
  *r*) files_walk "$p" '' 0 ;;
  esac
fi
:
