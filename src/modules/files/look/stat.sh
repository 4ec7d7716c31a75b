# shellcheck shell=sh disable=SC3043,SC2154,SC2086
# $1 path, $2 1: links are followed, $3 digest or empty, $4 1: type by content, $5 1: attributes
# Answers: - when nothing is there; else the fields of stat, which of r w x this user may, the link's
# target (or -) and where it leads, the digest, what file(1) says, what lsattr(1) says.
local p="$1" l='' f='' flag=-c
if [ "$2" = 1 ]; then
  [ -e "$p" ] && l=-L
else
  tk_exists "$p" && l=' '
fi
if [ -z "$l" ]; then
  tk_line -
  return 0
fi
f='%f|%a|%u|%g|%U|%G|%s|%.Y|%.X|%.Z|%i|%d|%h|%b|%o|%t|%T'
tk_system
case $tk_sys in
*BSD | DragonFly | Darwin)
  flag=-f f='%Xp|%Mp%03Lp|%u|%g|%Su|%Sg|%z|%Fm|%Fa|%Fc|%i|%d|%l|%b|%k|%r|%f|%v|%FB'
  ;;
esac
stat $l $flag "$f" -- "$p" || return 1
f=
if [ -r "$p" ]; then f=${f}r; fi
if [ -w "$p" ]; then f=${f}w; fi
if [ -x "$p" ]; then f=${f}x; fi
tk_line "$f"
if [ "$l" = ' ' ] && [ -h "$p" ] && tk_link "$p"; then
  tk_line "+$(tk_esc "$tk_out")"
  if tk_out_of readlink -f "$p"; then tk_out=${tk_out%"$tk_nl"}; else tk_resolve "$p"; fi
  tk_esc "$tk_out"
else
  tk_line -
  tk_line -
fi
if [ -n "$3" ] && [ -f "$p" ] && { [ "$l" = -L ] || [ ! -h "$p" ]; }; then tk_sum "$3" "$p"; else tk_line -; fi
f=
if [ "$4" = 1 ] && tk_have file; then f=$(file --mime-type --mime-encoding "$p" 2>/dev/null) || f=; fi
tk_line "${f##*:}"
f=
if [ "$5" = 1 ] && tk_have lsattr; then f=$(lsattr -vd "$p" 2>/dev/null) || f=; fi
tk_esc "$f"
