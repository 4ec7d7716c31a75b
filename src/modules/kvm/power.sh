# shellcheck shell=sh disable=SC3043,SC2154
# Words: the URI, start, resume, suspend, shutdown or destroy, the machine, a limit in seconds. What virsh returns says
# that something was asked for; the state is the truth.
local uri="$1" verb="$2" name="$3" limit="$4" n=0 state log rc

kvm_state() {
  state=$(LC_ALL=C virsh -q -c "$uri" domstate "$name" 2>/dev/null) || state=gone
  state=${state%%"$tk_nl"*}
}

kvm_ask() { LC_ALL=C virsh -q -c "$uri" "$verb" "$name" </dev/null >&2; }

case $verb in
shutdown)
  while :; do
    kvm_state
    case $state in 'shut off' | gone | crashed) return 0 ;; esac
    if [ "$n" -ge "$limit" ] && [ "$limit" -gt 0 ]; then break; fi
    # A guest that is booting does not hear the first one.
    if [ $((n % 10)) = 0 ]; then
      kvm_ask
      rc=$?
      if [ "$rc" != 0 ]; then
        kvm_state
        case $state in 'shut off' | gone | crashed) return 0 ;; esac
        return "$rc"
      fi
      if [ "$limit" = 0 ]; then return 0; fi
    fi
    sleep 1
    n=$((n + 1))
  done
  tk_line "after $limit second(s) it still runs: the guest did not shut down" >&2
  return 1
  ;;
esac
kvm_ask
rc=$?
kvm_state
if [ "$rc" = 0 ] && [ "$verb" = start ]; then
  # One that ends at once was there once.
  case $state in running | paused | idle) return 0 ;; esac
  tk_line "it was started and is $state" >&2
  rc=1
fi
if [ "$rc" != 0 ] && [ "$verb" = start ]; then
  log=/var/log/libvirt/qemu/$name.log
  if [ -r "$log" ]; then
    tk_line "last lines of $log:" >&2
    tail -n 5 "$log" >&2
  fi
fi
return "$rc"
