# shellcheck shell=sh
# $1 destination, $2 name that the file has in a directory
# Answers: the path that is meant, its lstat line if it is a link (else =), its stat line with its
# digest, whether the directory above is there.
local p="$1"
if [ -n "$2" ] && [ -d "$p" ]; then p=${p%/}/$2; fi
tk_esc "$p"
if [ -h "$p" ]; then tk_stat "$p"; else tk_line =; fi
tk_stat "$p" follow sum
tk_parent "$p"
if [ -d "$tk_out" ]; then tk_line d; else tk_line -; fi
:
