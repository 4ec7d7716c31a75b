# shellcheck shell=sh
# $1 path
# Answers: - nothing there, d a directory, ! unreadable, or + and the bytes.
if [ -d "$1" ]; then
  tk_line d
elif [ ! -e "$1" ]; then
  tk_line -
elif [ ! -r "$1" ]; then
  tk_line '!'
else
  tk_line +
  cat <"$1"
fi
