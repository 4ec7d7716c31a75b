#!/bin/sh
# shellcheck disable=SC1091,SC2034
# PROVIDE: @SERVICE@
# REQUIRE: LOGIN FILESYSTEMS
# KEYWORD: nojail shutdown
# Made by tank: the virtual machine @NAME@, as @CONF@ describes it.

. /etc/rc.subr

name=@SERVICE@
rcvar=@SERVICE@_enable
machine=@NAME@
conf=@CONF@
taps='@TAPS@'
limit=@LIMIT@
pidfile=/var/run/$name.pid

start_cmd=machine_start
stop_cmd=machine_stop
status_cmd=machine_status
run_cmd=machine_run
extra_commands='status run'

machine_alive() { pgrep -fx "bhyve: @PATTERN@( .bhyve.)?" >/dev/null 2>&1; }

machine_status() {
  if machine_alive; then
    echo "$name is running."
  else
    echo "$name is not running."
    return 1
  fi
}

machine_start() {
  if machine_alive; then
    echo "$name already running?" >&2
    return 1
  fi
  kldstat -qn vmm || kldload vmm || return 1
  for tap in $taps; do
    bridge=${tap#*:} tap=${tap%%:*}
    ifconfig "$tap" >/dev/null 2>&1 || ifconfig "$tap" create || return 1
    case $bridge in
    '') ;;
    *) ifconfig "$bridge" | grep -q "member: $tap " || ifconfig "$bridge" addm "$tap" || return 1 ;;
    esac
    ifconfig "$tap" up
  done
  echo "Starting $name."
  /usr/sbin/daemon -f -p "$pidfile" /bin/sh "@SCRIPT@" onerun
}

# A guest that reboots ends bhyve with 0; all other codes end the machine.
machine_run() {
  while :; do
    if [ -e "/dev/vmm/$machine" ]; then bhyvectl --vm="$machine" --destroy; fi
    bhyve -k "$conf" "$machine"
    code=$?
    [ "$code" = 0 ] || break
  done
  if [ -e "/dev/vmm/$machine" ]; then bhyvectl --vm="$machine" --destroy; fi
  logger -t "$name" "bhyve ended with code $code"
  case $code in 1 | 2) return 0 ;; *) return "$code" ;; esac
}

machine_stop() {
  if ! machine_alive; then
    echo "$name not running?" >&2
    return 1
  fi
  echo "Stopping $name."
  # ACPI: the guest is asked to shut down.
  pkill -TERM -fx "bhyve: @PATTERN@( .bhyve.)?"
  count=0
  while machine_alive && [ "$count" -lt "$limit" ]; do
    sleep 1
    count=$((count + 1))
  done
  if machine_alive; then
    echo "$name still runs after $limit seconds" >&2
    return 1
  fi
}

load_rc_config "$name"
run_rc_command "$1"
