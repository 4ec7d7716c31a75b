# shellcheck shell=sh disable=SC3043,SC2154
# Follows told/ask.sh and ask.sh. Words: the storage (or nothing), 1 when archives on it are wanted.
local storage="$1" archives="$2"
if told_tool tool pvesh; then
  pve_node
  pve_ask /cluster/backup
  pve_ask /cluster/resources --type vm
  pve_ask "/nodes/$pve_name/storage"
  if [ -n "$archives" ]; then
    pve_ask "/nodes/$pve_name/storage/$storage/content" --content backup
    told_say now 0 "$(date +%s)"
  fi
else
  told_say tool 127 "$PATH"
fi
return 0
