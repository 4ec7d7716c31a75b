# shellcheck shell=sh disable=SC3043,SC2154
# $1 sum, crc or empty: what else is asked; further words: paths.
# Answers a stat line for each; with crc then a line for each: the local time of its last change, CRC-32 in bytes.
local what="$1" f t c
shift
if [ "$what" = sum ]; then tk_stat_many -sum -- "$@"; else tk_stat_many -- "$@"; fi
if [ "$what" = crc ]; then
  for f; do
    if [ -f "$f" ] && [ ! -h "$f" ] && [ -r "$f" ]; then
      tk_arg "$f"
      t=$(stat -c %y -- "$f" 2>/dev/null)
      c=$(gzip -1 -c <"$f" | tail -c 8 | od -An -tu1 -N4)
      tk_line "${t%%.*}|$c"
    else
      tk_line '-|'
    fi
  done
fi
