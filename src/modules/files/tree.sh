# shellcheck shell=sh disable=SC3043,SC2154
# $1 directory; stdin: names below it, one a line
# Answers: the directory's stat line, the deepest directory above that is there, then an lstat line with
# a digest for each name.
local n='' d="$1"
tk_stat "$d" follow
tk_parent "$d"
while [ ! -d "$tk_out" ]; do tk_parent "$tk_out"; done
tk_esc "$tk_out"
set --
while IFS= read -r n; do
  set -- "$@" "$d/$n"
  [ "$#" -lt 200 ] && continue
  tk_stat_many -sum -- "$@"
  set --
done
[ "$#" = 0 ] || tk_stat_many -sum -- "$@"
