# shellcheck shell=sh disable=SC3043,SC2154
# Follows ask.sh. Words: files of settings.
if told_tool tool ifconfig; then
  told_ask all ifconfig -f inet:cidr,inet6:cidr -a
  # From 15 on: whether a member of a bridge may have addresses.
  told_ask members sysctl -n net.link.bridge.member_ifaddrs
  # Which way leads to us.
  told_ask route route -n get default
  told_say ssh 0 "${SSH_CONNECTION-}"
else
  told_say tool 127 "$PATH"
fi
told_files "$@"
return 0
