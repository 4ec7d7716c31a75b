# shellcheck shell=sh disable=SC3043,SC2154
# Behind walk.sh. $1 directory of this host, $2 -L when its links are followed, $3 where its contents go
# Answers: lines of files_walk of the first, a line @, the stat line of the second, the deepest directory
# above it that is there, lines of files_walk of the second.
files_walk "$1" "$2" t
tk_line @
tk_stat "$3" follow
tk_parent "$3"
while [ ! -d "$tk_out" ]; do tk_parent "$tk_out"; done
tk_esc "$tk_out"
if [ -d "$3" ]; then files_walk "$3" '' 0; fi
:
