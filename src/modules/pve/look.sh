# shellcheck shell=sh disable=SC3043,SC2154
# Follows told/ask.sh and ask.sh. Words: a path of the cluster, what is asked of this node (a path below it, or
# nothing), then a file whose state is told (or nothing).
local path="$1" below="$2" file="$3"
if told_tool tool pvesh; then
  pve_node
  pve_ask "$path"
  pve_ask /nodes
  if [ -n "$below" ]; then pve_ask "/nodes/$pve_name/$below"; fi
  if [ -n "$file" ]; then told_files "$file"; fi
else
  told_say tool 127 "$PATH"
fi
return 0
