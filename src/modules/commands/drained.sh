# shellcheck shell=sh disable=SC3043
# $1 port. Answers the peers of connections to it that are open, one `address:port` or `address.port` a line.
if tk_have ss; then
  ss -H -t -n state established state syn-recv state fin-wait-1 state fin-wait-2 state close-wait "( sport = :$1 )" 2>/dev/null | while read -r _ _ _ peer _; do tk_line "$peer"; done
elif tk_have sockstat; then
  sockstat -c -P tcp -p "$1" 2>/dev/null | while read -r _ _ _ _ _ _ peer _; do
    case $peer in *:*) tk_line "$peer" ;; esac
  done
else
  netstat -a -n 2>/dev/null | while read -r kind _ _ own peer state _; do
    case $kind/$own/$state in tcp*[.:]"$1"/[EFCS]*) tk_line "$peer" ;; esac
  done
fi
