# shellcheck shell=sh disable=SC3043,SC2154
# $1 a directory, or empty: the session's own. Answers: the name of a file that is not there yet.
if [ -z "$1" ]; then
  tk_tmp || { tk_line "no directory for temporary files can be written" >&2; return 1; }
elif [ -d "$1" ]; then
  tk_serial=$((tk_serial + 1))
  tk_out=${1%/}/.tank.$tk_u.$tk_serial
elif [ -e "$1" ]; then
  tk_line "$1 is a file but should be a directory." >&2
  return 1
else
  tk_line "$1 directory does not exist." >&2
  return 1
fi
tk_line "$tk_out"
