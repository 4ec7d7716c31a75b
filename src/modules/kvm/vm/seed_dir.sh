# shellcheck shell=sh disable=SC3043,SC2154
# Words: a directory for what may be secret: its owner's alone.
if [ -h "$1" ] || { [ -e "$1" ] && [ ! -d "$1" ]; }; then
  tk_line "$1 is no directory" >&2
  return 1
fi
if [ ! -d "$1" ]; then mkdir -m 700 "$1" || return; fi
chmod 700 "$1"
