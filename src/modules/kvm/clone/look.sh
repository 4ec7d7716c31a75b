# shellcheck shell=sh disable=SC3043,SC2154
# Follows ../../told/ask.sh and ../ask.sh. Words: paths.
local one
for one; do
  told_say "stat $one" 0 "$(tk_stat "$one" follow)"
  told_say "real $one" 0 "$(readlink -f "$one" 2>/dev/null || tk_put "$one")"
done
return 0
