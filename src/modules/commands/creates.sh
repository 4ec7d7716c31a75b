# shellcheck shell=sh disable=SC3043
# $1 directory or empty, $2 pattern of `creates` or empty, $3 pattern of `removes` or empty
# Answers: whether the directory is there, whether something matches each pattern: y or n, one a line.
(
  if [ -n "$1" ] && ! cd "$1" 2>/dev/null; then
    tk_line n
    exit 0
  fi
  tk_line y
  shift
  IFS=
  for p; do
    found=n
    # shellcheck disable=SC2086 # a pattern
    for f in $p; do
      if tk_exists "$f"; then found=y; fi
    done
    tk_line "$found"
  done
)
