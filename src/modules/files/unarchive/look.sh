# shellcheck shell=sh disable=SC3043,SC2154
# $1 the directory, $2 what it creates or empty, $3 the archive on the host or empty
# Answers lines: the directory's stat line, that of what it creates, that of the archive, its first bytes in hex,
# GNU tar, bsdtar, and unzip with zipinfo where they are there, else -.
local t gnu=- bsd=- zip=-
tk_stat "$1" follow
if [ -n "$2" ]; then tk_stat "$2" follow; else tk_line -; fi
if [ -n "$3" ]; then tk_stat "$3" follow; else tk_line -; fi
if [ -n "$3" ] && [ -f "$3" ] && [ -r "$3" ]; then
  t=$(od -An -tx1 -N6 <"$3")
  tk_swap "$t" ' ' ''
  tk_line "x$tk_out"
else
  tk_line -
fi
for t in gtar tar bsdtar; do
  tk_have "$t" || continue
  case $("$t" --version 2>/dev/null) in
  bsdtar*) if [ "$bsd" = - ]; then bsd=$t; fi ;;
  tar*GNU*) if [ "$gnu" = - ]; then gnu=$t; fi ;;
  esac
  if [ "$gnu$bsd" != -- ]; then break; fi
done
# busybox' unzip keeps no times.
if tk_have unzip && tk_have zipinfo; then
  case $(unzip -v 2>/dev/null) in *Info-ZIP*) zip=unzip ;; esac
fi
tk_line "$gnu"
tk_line "$bsd"
tk_line "$zip"
