# shellcheck shell=sh
# $1 path
# Answers: - nothing there, d a directory, ! unreadable, or its SHA-1.
if [ -d "$1" ]; then
  tk_line d
elif [ ! -e "$1" ]; then
  tk_line -
elif [ ! -r "$1" ]; then
  tk_line '!'
else
  tk_sha1 "$1"
fi
