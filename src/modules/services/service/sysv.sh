# shellcheck shell=sh disable=SC3043,SC2154
# Scripts in /etc/init.d; follows ask.sh and seen.sh. Words: name, 1 when it is wanted whether it is enabled, 1 when it is
# wanted whether it runs, a text to look for among the processes or nothing.
local name="$1" enabled="$2" state="$3" pattern="$4" script="/etc/init.d/$1" on any link pids file pid
if [ ! -f "$script" ]; then return 0; fi
told_say script 0 "$script"
told_tool tool service
told_tool update-rc.d update-rc.d
told_tool chkconfig chkconfig
if [ "$enabled" = 1 ]; then
  on=1 any=1
  for link in /etc/rc?.d/[SK]??"$name"; do
    tk_exists "$link" || continue
    any=0
    case $link in /etc/rc[2345].d/S*) on=0 ;; esac
  done
  told_say links "$any" ''
  told_say enabled "$on" ''
fi
if [ "$state" = 1 ]; then
  if [ -n "$pattern" ]; then
    services_seen "$pattern"
  elif tk_have service; then
    told_ask status service "$name" status
  else
    told_ask status "$script" status
  fi
  # Its process, where the script says which file tells.
  pids=
  for file in $(sed -n 's|.*[="[:space:]]\(/[A-Za-z0-9_./-]*\.pid\).*|\1|p' "$script") "/run/$name.pid"; do
    pid=
    if [ -r "$file" ] && [ -f "$file" ]; then IFS= read -r pid <"$file"; fi
    case $pid in '' | *[!0-9]*) ;; *) pids="$pids $pid" ;; esac
  done
  told_say pids 0 "$pids"
fi
return 0
