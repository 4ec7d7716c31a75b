# shellcheck shell=sh
# $1 directory; stdin: names below it, one a line
# Answers: the directory's stat line, then an lstat line with a digest for each name.
local n='' d="$1"
tk_stat "$d" follow
set --
while IFS= read -r n; do
  set -- "$@" "$d/$n"
  [ "$#" -lt 200 ] && continue
  tk_stat_many -sum -- "$@"
  set --
done
[ "$#" = 0 ] || tk_stat_many -sum -- "$@"
