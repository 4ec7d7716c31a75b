# shellcheck shell=sh disable=SC3043,SC2154
# Follows ask.sh.
local rc=127
if tk_have freebsd-version; then told_ask version freebsd-version -kru; fi
# A base system of packages is pkg's own. Without pkg itself `pkg` would only ask to be installed.
if [ -x /usr/local/sbin/pkg ]; then told_ask base /usr/local/sbin/pkg info -e FreeBSD-runtime; fi
if told_tool tool freebsd-update; then
  told_ask ready freebsd-update updatesready
else
  told_say tool "$rc" "$PATH"
fi
return 0
