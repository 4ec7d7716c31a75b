# shellcheck shell=sh disable=SC3043
# Follows ../../told/ask.sh. $1: the file.
told_tool tool jail || told_say tool 127 "$PATH"
told_ask jls jls -d --libxo json jid name path host.hostname ip4.addr ip6.addr vnet osrelease dying
told_files "$1"
return 0
