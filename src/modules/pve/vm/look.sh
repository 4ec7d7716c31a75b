# shellcheck shell=sh disable=SC3043,SC2154
# Follows told/ask.sh and ask.sh. What there is in the cluster.
if told_tool tool pvesh; then
  pve_node
  pve_ask /cluster/resources --type vm
  pve_ask /cluster/nextid
else
  told_say tool 127 "$PATH"
fi
return 0
