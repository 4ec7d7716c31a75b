# shellcheck shell=sh disable=SC3043
# $1 `systemd` or `-`, $2 file that keeps the name, or empty
# Answers: the live name; what the resolver knows it as; code and output of hostnamectl for the static and
# the transient name; stat and content of the file.
local line='' verb='' rc=0
line=$(hostname 2>/dev/null) || line=$(uname -n)
tk_esc "$line"
line=$(getent hosts "$line" 2>/dev/null)
tk_esc "${line%%"${tk_nl-}"*}"
for verb in --static --transient; do
  line='' rc=0
  if [ "$1" = systemd ]; then
    line=$(hostnamectl "$verb" status 2>&1) || rc=$?
  fi
  tk_esc "$rc $line"
done
if [ -n "$2" ]; then
  tk_stat "$2" follow sum
  tk_read "$2"
else
  tk_line -
fi
:
