# shellcheck shell=sh disable=SC2154
# Load averages.
if setup_wants loadavg; then
  set -- "$@" /proc/loadavg
  if [ ! -r /proc/loadavg ] && tk_have sysctl; then setup_say loadavg sysctl -n vm.loadavg; fi
fi
