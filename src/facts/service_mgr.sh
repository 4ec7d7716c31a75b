# shellcheck shell=sh disable=SC2154
# Who process 1 is, and the traces of the service managers.
if setup_wants service_mgr; then
  set -- "$@" /proc/1/comm
  if [ -h /sbin/init ] && tk_link /sbin/init; then tk_line "init:$tk_out"; fi
  setup_there /etc/init/ /sbin/openrc /etc/init.d/ /etc/dinit.d/
fi
