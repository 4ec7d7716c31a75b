# shellcheck shell=sh disable=SC3043,SC2154
# Words: start, stop or poweroff; vm, or the rc script's name; the machine; a pattern of its process; its log or
# empty; limit in seconds. Nothing that these programs say or return is the truth: the process is, and the log.
local verb="$1" tool="$2" name="$3" pattern="$4" log="$5" limit="$6" lines=0 n=0 seen=0 said rc

bhyve_runs() { pgrep -fx "$pattern" >/dev/null 2>&1; }

bhyve_fatal() {
  [ -n "$log" ] && [ -r "$log" ] || return 1
  said=$(sed "1,${lines}d" "$log" 2>/dev/null | grep 'fatal; ')
  [ -n "$said" ]
}

bhyve_tool() {
  case $tool in
  vm)
    case $1 in
    poweroff) vm poweroff -f "$name" ;;
    *) vm "$1" "$name" ;;
    esac
    ;;
  *)
    case $1 in
    start) service "$tool" onestart ;;
    poweroff) bhyvectl --vm="$name" --force-poweroff ;;
    *) service "$tool" onestop ;;
    esac
    ;;
  esac </dev/null
}

if [ -n "$log" ] && [ -r "$log" ]; then lines=$(wc -l <"$log"); fi
lines=$((lines))
if [ "$verb" = start ] && ! bhyve_runs && [ -e "/dev/vmm/$name" ]; then
  # What a crash has left.
  bhyvectl --vm="$name" --destroy || return 1
fi
if [ "$verb" != start ] && ! bhyve_runs && [ -e "/dev/vmm/$name" ]; then
  bhyvectl --vm="$name" --destroy
  return
fi
bhyve_tool "$verb" >&2
rc=$?
if [ "$rc" != 0 ] && [ "$verb" = start ]; then
  bhyve_fatal && tk_line "$said" >&2
  return "$rc"
fi
while [ "$n" -lt "$limit" ]; do
  if [ "$verb" = start ]; then
    if bhyve_fatal; then
      tk_line "$said" >&2
      return 1
    fi
    # Three looks in a row: a machine that ends at once was there once.
    if bhyve_runs; then seen=$((seen + 1)); else seen=0; fi
    if [ "$seen" -ge 3 ]; then return 0; fi
  elif ! bhyve_runs; then
    if [ -e "/dev/vmm/$name" ] && [ "$n" -ge 3 ]; then bhyvectl --vm="$name" --destroy; fi
    if [ ! -e "/dev/vmm/$name" ]; then return 0; fi
  fi
  sleep 1
  n=$((n + 1))
done
tk_line "after $limit second(s) it is not so" >&2
return 1
