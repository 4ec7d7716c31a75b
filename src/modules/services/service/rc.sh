# shellcheck shell=sh disable=SC3043,SC2154
# FreeBSD's rc.d; follows ask.sh and seen.sh. Words: name, 1 when it is wanted whether it is enabled, 1 when it is wanted
# whether it runs, a text to look for among the processes or nothing, then words before the name.
local name="$1" enabled="$2" state="$3" pattern="$4" script
shift 4
if ! told_tool tool service; then
  told_say tool 127 "$PATH"
  return 0
fi
told_tool sysrc sysrc
if [ "$enabled" = 1 ]; then told_ask rcvar service "$@" "$name" rcvar; fi
if [ "$state" = 1 ]; then
  if [ -n "$pattern" ]; then
    services_seen "$pattern"
  else
    told_ask status service "$@" "$name" onestatus
  fi
  # What it is made of tells whether there is anything that could run.
  for script in /etc/rc.d/"$name" /usr/local/etc/rc.d/"$name"; do
    if [ -r "$script" ] && [ "$#" = 0 ]; then
      told_ask script grep -E '^[[:space:]]*(start_cmd|procname|pidfile)=' "$script"
      break
    fi
  done
fi
return 0
