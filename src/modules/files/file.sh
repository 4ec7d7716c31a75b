# shellcheck shell=sh
# $1 path, $2 recurse (0 or 1), $3 source of a link or empty
# Answers: lstat line, stat line, deepest directory above that exists, stat line of the source; with
# recurse all below, a name line and an lstat line each.
local p="$1"
tk_stat "$1"
tk_stat "$1" follow
while ! tk_exists "$p"; do
  case $p in
  /*/*) p=${p%/*} ;;
  *) p=/ ;;
  esac
done
tk_esc "$p"
if [ -n "$3" ]; then tk_stat "$3" follow; else tk_line -; fi
if [ "$2" = 1 ] && [ -d "$1" ]; then
  find "$1/" ! -path "$1/" -exec sh -c '
    for f; do printf "%s\n" "$f"; done' sh {} + | while IFS= read -r p; do
    tk_esc "$p"
    tk_stat "$p"
  done
fi
:
