# shellcheck shell=sh disable=SC3043,SC2154
# OpenRC; follows ask.sh and seen.sh. Words: name, 1 when it is wanted whether it is enabled, 1 when it is wanted whether
# it runs, a text to look for among the processes or nothing.
local name="$1" enabled="$2" state="$3" pattern="$4"
if ! told_tool tool rc-service; then
  told_say tool 127 "$PATH"
  return 0
fi
told_tool update rc-update
told_ask exists rc-service --exists "$name"
if [ "$enabled" = 1 ]; then told_ask levels rc-update show; fi
if [ "$state" = 1 ]; then
  if [ -n "$pattern" ]; then
    services_seen "$pattern"
  else
    told_ask status rc-service "$name" status
  fi
  # OpenRC makes this link anew whenever the service has started.
  told_say mark 0 "$(tk_stat "/run/openrc/started/$name")"
fi
return 0
