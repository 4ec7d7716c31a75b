# shellcheck shell=sh disable=SC3043,SC2154
# Follows ask.sh.
if told_tool tool bectl; then
  told_ask list bectl list -H
else
  told_say tool 127 "$PATH"
fi
return 0
