# shellcheck shell=sh disable=SC3043
# $1 what else is asked: `globs`, `annotations`; $2 pkg's own option for another root, or empty; package files, `--`,
# names.
# Answers: `ready`, or `missing` where pkg itself is not there; then under `@` lines: package files with the names of
# their packages, matching packages, their annotations.
local flags=" $1 " where="$2" glob='' file=''
shift 2
case $flags in *' globs '*) glob=-g ;; esac
# The only call that never offers to install pkg itself.
if pkg -N >/dev/null 2>&1; then
  tk_line ready
  tk_line @files
  while [ "$1" != -- ]; do
    file=$(pkg ${where:+"$where"} query -F "$1" %n 2>/dev/null)
    tk_esc "$file"
    file=${file%%"$tk_nl"*}
    shift
    if [ -n "$file" ]; then set -- "$@" "$file"; fi
  done
  shift
  tk_line @packages
  if [ "$#" != 0 ]; then
    pkg ${where:+"$where"} query $glob '%n|%v|%o|%k' "$@" 2>/dev/null
    case $flags in *' annotations '*)
      tk_line @annotations
      pkg ${where:+"$where"} query $glob '%n|%At|%Av' "$@" 2>/dev/null
      ;;
    esac
  fi
else
  tk_line missing
fi
:
