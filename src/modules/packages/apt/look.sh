# shellcheck shell=sh disable=SC3043,SC2016
# $1 what else is asked: `now`, `provides`, `auto`, `archives`; then beginnings of names that apt knows, `--`, package
# files, `--`, names or patterns.
# Answers: stat of what tells when the lists were fetched; the time, or -; then under `@` lines: names known to apt,
# package files with their fields, dpkg's packages, names that installed packages provide, packages that came as
# dependencies, whether there are fetched files.
local flags=" $1 " out='' rc=0 file=''
local format='${db:Status-Abbrev}|${Package}|${Architecture}|${Version}\n'
shift
tk_stat_many -follow -- /var/lib/apt/periodic/update-success-stamp /var/lib/apt/lists
case $flags in *' now '*) date +%s ;; *) tk_line - ;; esac
tk_line @names
while [ "$1" != -- ]; do
  apt-cache -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= pkgnames ${1:+"$1"}
  shift
done
shift
tk_line @debs
while [ "$1" != -- ]; do
  file=$1
  shift
  tk_esc "file $file"
  # Its package is asked for with the others.
  if out=$(dpkg-deb -f "$file" Package Version Architecture 2>&1); then
    tk_line "$out"
    out=${out#*'Package: '}
    set -- "$@" "${out%%"$tk_nl"*}"
  else
    tk_esc "error $out"
  fi
done
shift
tk_line @packages
out=$(dpkg-query -W -f "$format" dpkg "$@" 2>/dev/null) || rc=$?
tk_line "$out"
case $flags in *' provides '*)
  case $rc$out in [1-9]* | *"${tk_nl}un "*)
    tk_line @provides
    dpkg-query -W -f '${db:Status-Abbrev}|${Provides}\n' 2>/dev/null | grep '^.i.|.'
    ;;
  esac
  ;;
esac
case $flags in *' auto '*)
  tk_line @auto
  if [ -r /var/lib/apt/extended_states ]; then
    awk '$1 == "Package:" { p = $2 } $1 == "Architecture:" { a = $2 } $1 == "Auto-Installed:" && $2 == 1 { print p ":" a }' \
      /var/lib/apt/extended_states
  fi
  ;;
esac
case $flags in *' archives '*)
  for file in /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/* /var/cache/apt/*pkgcache.bin; do
    if [ -e "$file" ]; then
      tk_line @archives
      break
    fi
  done
  ;;
esac
:
