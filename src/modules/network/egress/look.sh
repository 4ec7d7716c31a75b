# shellcheck shell=sh disable=SC3043,SC2154
# Follows ask.sh. Words: family and name of the table, the other family, the interface (empty: the table shall go),
# the bridge (or empty), whether dnsmasq is asked, the number of units, those units, the number of names, those names,
# then files. The wanted rules are on stdin.
# A network namespace that ends with its only program takes the rules for a moment: the kernel checks them, and shows
# them as it would show those that are loaded.
# shellcheck disable=SC2016 # the new shell reads it
egress_tried() {
  unshare -n /bin/sh -c 'nft -f - && nft -s list table "$1" "$2"' sh "$1" "$2"
}
egress_link() {
  local d="/sys/class/net/$1" port
  if [ ! -d "$d" ]; then return 1; fi
  if [ -e "$d/brport/bridge" ]; then
    tk_put "port $(readlink "$d/brport/bridge")"
  elif [ -d "$d/brif" ]; then
    tk_put bridge
    for port in "$d"/brif/*; do
      if [ -e "$port" ]; then tk_put " ${port##*/}"; fi
    done
  else tk_put plain; fi
}
# Interfaces by which we come; without a client that is known, those of the default routes.
egress_management() {
  local client="${SSH_CONNECTION-}"
  client=${client%% *}
  if [ -n "$client" ]; then ip -o route get "$client"; else
    ip -o route show default
    ip -o -6 route show default
  fi
}
# Only from inside our own functions: a name that no resolver answers may take long.
egress_named() {
  tk_limit 15 getent "$1" "$2"
}
local family="$1" table="$2" other="$3" link="$4" bridge="$5" dnsmasq="$6" n
shift 6
if told_tool tool nft; then
  if [ -n "$link" ]; then
    told_ask tried egress_tried "$family" "$table"
    told_ask link egress_link "$link"
    if [ -n "$bridge" ]; then told_ask bridge egress_link "$bridge"; fi
    told_ask management egress_management
    told_ask flushes grep -E '^[[:space:]]*flush[[:space:]]+ruleset' /etc/nftables.conf
    if [ -n "$dnsmasq" ]; then told_ask dnsmasq dnsmasq --version; fi
  fi
  told_ask now nft -s list table "$family" "$table"
  told_ask other nft -s list table "$other" "$table"
else
  told_say tool 127 "$PATH"
fi
n="$1"
shift
while [ "$n" -gt 0 ]; do
  told_ask "active $1" systemctl is-active "$1"
  told_ask "enabled $1" systemctl is-enabled "$1"
  shift
  n=$((n - 1))
done
n="$1"
shift
while [ "$n" -gt 0 ]; do
  told_ask "v4 $1" egress_named ahostsv4 "$1"
  told_ask "v6 $1" egress_named ahostsv6 "$1"
  shift
  n=$((n - 1))
done
told_files "$@"
return 0
