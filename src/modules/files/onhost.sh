# shellcheck shell=sh
# $1 source, $2 destination, $3 name of the source in a directory
# Answers: the destination that is meant, the source's stat line, the destination's.
local p="$2"
if [ -d "$p" ] && [ ! -d "$1" ]; then p=${p%/}/$3; fi
tk_esc "$p"
tk_stat "$1" follow sum
tk_stat "$p" follow sum
