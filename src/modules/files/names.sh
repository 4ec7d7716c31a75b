# shellcheck shell=sh disable=SC3043
# $1 file whose content is wanted, or empty; then names, users as u:NAME, groups as g:NAME
# Answers: a number (or -) a line for each name, then, if a file was named, its content as tk_read gives it.
local file="$1" n=''
shift
for n; do
  case $n in
  u:*) n=$(tk_getent passwd "${n#?:}") ;;
  *) n=$(tk_getent group "${n#?:}") ;;
  esac
  case $n in
  *:*:*) n=${n#*:*:} n=${n%%:*} ;;
  *) n=- ;;
  esac
  tk_line "$n"
done
[ -z "$file" ] || tk_read "$file"
:
