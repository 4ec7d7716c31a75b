# shellcheck shell=sh disable=SC3043,SC2154
# In front of place.sh. $1 directory of fragments, then the words of place.sh
# Answers: - nothing there, f no directory, or d and the names of its regular files as tk_esc gives them,
# then an empty line, then what place.sh answers.
local f=''
if [ ! -e "$1" ]; then
  tk_line -
elif [ ! -d "$1" ]; then
  tk_line f
else
  tk_line d
  for f in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    if [ -f "$f" ]; then tk_esc "${f##*/}"; fi
  done
fi
tk_line ''
shift
