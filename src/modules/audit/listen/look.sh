# shellcheck shell=sh disable=SC3043,SC2154
# Follows ask.sh. What listens, and what is redirected to where.
listen_freebsd() {
  local name
  told_ask sockstat sockstat -46lnq
  told_ask pf pfctl -s Running
  told_ask rdr pfctl -Psn
  # Anchors one by one: `rdr/*` prints nothing.
  pfctl -a rdr -sA 2>/dev/null | while read -r name; do
    told_ask "rdr $name" pfctl -a "$name" -Psn
  done
}

listen_linux() {
  local tool
  if tk_have ss; then told_ask ss ss -H -tulnpO; fi
  if tk_have nft; then told_ask nft nft -j list ruleset; fi
  for tool in iptables-save ip6tables-save; do
    if tk_have "$tool"; then told_ask "$tool" "$tool" -t nat; fi
  done
}
tk_system
if [ "$tk_sys" = FreeBSD ]; then listen_freebsd; else listen_linux; fi
return 0
