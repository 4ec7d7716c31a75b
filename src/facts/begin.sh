# shellcheck shell=sh disable=SC2034,SC2154
# The start of the one probe of a gathering: what its families share. It runs in a subshell of its own.
# $1 families wanted, between spaces; $2 seconds for what may hang; $3 directory of local facts.
#
# Answers are lines KEY:TEXT. KEY is the path of a file, for each of its lines, or a name. Families add the
# files they want read to the positional parameters; one grep at the end reads them all.
setup_want=" $1 " setup_limit=$2 setup_path=$3
shift "$#"
setup_uname=$(uname -s -n -r -v -m)
tk_sys=${setup_uname%% *}

# setup_wants FAMILY: whether it is wanted.
setup_wants() { case $setup_want in *" $1 "*) ;; *) return 1 ;; esac; }

# setup_mark KEY: each line of stdin after KEY and a colon.
setup_mark() {
  sed "s|^|$1:|"
  tk_line ''
}

# setup_lines KEY TEXT: each line of the text so marked; short texts without a fork.
setup_lines() {
  if [ "${#2}" -gt 20000 ]; then
    tk_put "$2" | setup_mark "$1"
    return
  fi
  setup_rest=$2$tk_nl
  while [ -n "$setup_rest" ]; do
    tk_line "$1:${setup_rest%%"$tk_nl"*}"
    setup_rest=${setup_rest#*"$tk_nl"}
  done
}

# setup_say KEY PROGRAM WORDS...: what a program prints, so marked. One fork.
setup_say() {
  setup_key=$1
  shift
  setup_said=$("$@" 2>/dev/null </dev/null)
  [ -z "$setup_said" ] || setup_lines "$setup_key" "$setup_said"
}

# setup_there PATH...: says which of them exist.
setup_there() {
  for setup_f; do
    if [ -e "$setup_f" ]; then tk_line "there:$setup_f"; fi
  done
}

# setup_have TOOL...: says which of them exist.
setup_have() {
  for setup_f; do
    if tk_have "$setup_f"; then tk_line "have:$setup_f"; fi
  done
}

tk_line "uname:$setup_uname"
# Several families read these.
set -- "$@" /etc/os-release /usr/lib/os-release /etc/lsb-release
if setup_wants hardware || setup_wants virtual; then
  set -- "$@" /proc/cpuinfo /proc/self/status /sys/devices/virtual/dmi/id/[bcps]*_*
  if [ "$tk_sys" != Linux ] && tk_have sysctl; then
    setup_say sysctl sysctl hw.ncpu hw.model hw.hv_vendor kern.vm_guest kern.boottime security.jail.jailed \
      vm.stats.vm.v_page_size vm.stats.vm.v_page_count vm.stats.vm.v_free_count
  fi
  setup_there /proc/xen
fi
if setup_wants hardware || setup_wants date_time; then
  setup_now=$(date '+%Y|%m|%A|%w|%W|%d|%H|%M|%S|%s|%Z|%z|%N')
  tk_line "date:$setup_now"
fi
if setup_wants service_mgr || setup_wants systemd; then
  setup_have systemctl initctl
  setup_there /run/systemd/system/ /dev/.run/systemd/ /dev/.systemd/
fi
