# shellcheck shell=sh disable=SC3043,SC2154
# Behind walk.sh. $1 -L or empty, $2 depth or empty, $3 1: the time is asked, then directories
# Answers: the time or -, then for each directory a line @ (@! when it is none) and lines of files_walk.
# What find could not enter stands on stderr.
local follow="$1" depth="$2" d=''
if [ "$3" = 1 ]; then date +%s; else tk_line -; fi
shift 3
for d; do
  if [ ! -d "$d" ]; then
    tk_line '@!'
    continue
  fi
  tk_line @
  if [ -n "$depth" ]; then
    files_walk "$d" "$follow" d -maxdepth "$depth"
  else
    files_walk "$d" "$follow" d
  fi
done
:
