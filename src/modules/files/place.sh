# shellcheck shell=sh disable=SC3043,SC2154
# $1 path, $2 name that the file has in a directory, or empty, $3 sum, content or empty
# Answers: the path that is meant; its lstat line if it is a link (else =); where its links lead; what is
# there (with its sum); the deepest directory above that is there; with content + (or - no file, !
# unreadable) and the bytes up to the end.
local p="$1" q=''
if [ -n "$2" ] && [ -d "$p" ]; then p=${p%/}/$2; fi
tk_esc "$p"
q=$p
if [ -h "$p" ]; then
  tk_stat "$p"
  if tk_resolve "$p"; then q=$tk_out; fi
else
  tk_line =
fi
tk_esc "$q"
tk_stat "$p" follow "$3"
tk_parent "$q"
while [ ! -d "$tk_out" ]; do tk_parent "$tk_out"; done
tk_esc "$tk_out"
case $3 in
content)
  if [ ! -f "$p" ]; then
    tk_line -
  elif [ ! -r "$p" ]; then
    tk_line '!'
  else
    tk_line +
    cat <"$p"
  fi
  ;;
esac
