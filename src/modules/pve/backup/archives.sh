# shellcheck shell=sh disable=SC3043,SC2154
# Follows told/ask.sh. Words: archives. The configuration of a guest is read out of each; nothing is restored.
local archive
for archive; do
  told_ask "$archive" pvesm extractconfig "$archive"
done
return 0
