# shellcheck shell=sh disable=SC3043,SC2154
# Follows told/ask.sh and ask.sh. Words: the node, the machine's number or nothing, a directory of configurations,
# then bridges that must be there.
local node="$1" id="$2" dir="$3" f
shift 3
# Devices of the host that any machine on this node has, of its present configuration only.
pve_devices() {
  local line
  for f in "$dir"/*.conf; do
    if [ ! -r "$f" ]; then continue; fi
    while IFS= read -r line; do
      case $line in
      '['*) break ;;
      hostpci[0-9]*:*) tk_put "${f##*/} $line$tk_nl" ;;
      esac
    done <"$f"
  done
}
if [ -n "$id" ]; then
  pve_ask "/nodes/$node/qemu/$id/config"
  pve_ask "/nodes/$node/qemu/$id/pending"
  pve_ask "/nodes/$node/qemu/$id/status/current"
fi
told_ask devices pve_devices
pve_ask "/nodes/$node/storage"
for f; do
  told_ask "bridge $f" ip -o link show dev "$f"
done
return 0
