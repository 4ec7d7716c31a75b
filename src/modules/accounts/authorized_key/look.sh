# shellcheck shell=sh disable=SC3043,SC2154
# $1 user, $2 path or empty, $3 home of a user that is not there yet, $4 whether links are followed (0 or 1)
# Answers: the passwd line or `-`; the path of the keys; stat of its directory; its lstat and stat lines;
# its content.
local path="$2" home="$3" line=''
if line=$(tk_getent passwd "$1"); then
  tk_esc "$line"
  line=${line%:*}
  home=${line##*:}
else
  tk_line -
fi
if [ -z "$path" ]; then path=${home%/}/.ssh/authorized_keys; fi
if [ "$4" = 1 ] && tk_resolve "$path"; then path=$tk_out; fi
tk_esc "$path"
tk_parent "$path"
tk_stat "$tk_out"
tk_stat "$path"
tk_stat "$path" follow sum
tk_read "$path"
:
