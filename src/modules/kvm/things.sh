# shellcheck shell=sh disable=SC3043,SC2154
# Follows ../told/ask.sh and ask.sh. Words: the URI; net or pool; a name or nothing; `all` to be told of all of them.
local uri="$1" kind="$2" name="$3" all="$4" line one kvm_names=

# Drivers that keep nothing (test) know no --inactive.
kvm_things_one() {
  told_ask "info $1" virsh -q -c "$uri" "$kind-info" "$1" ${2:+"$2"}
  tk_out_of kvm_quiet virsh -q -c "$uri" "$kind-dumpxml" "$1" --inactive
  case $? in
  0) told_say "xml $1" 0 "$tk_out" ;;
  *) told_ask "xml $1" virsh -q -c "$uri" "$kind-dumpxml" "$1" ;;
  esac
}

kvm_things_more() {
  case $kind in
  net) told_ask "leases $1" virsh -q -c "$uri" net-dhcp-leases "$1" ;;
  *) told_ask "volumes $1" virsh -q -c "$uri" vol-list "$1" ;;
  esac
}

kvm_begin "$uri" "$kind-list" || return 0
case $kind in pool) line=--bytes ;; *) line= ;; esac
set -- "$line"
if [ "$all" != all ]; then
  if kvm_has "$name"; then kvm_things_one "$name" "$1"; fi
  return 0
fi
while IFS= read -r line; do
  kvm_trim "$line"
  one=$tk_out
  if [ -z "$one" ]; then continue; fi
  kvm_things_one "$one" "$1"
  kvm_things_more "$one"
done <<END
$kvm_names
END
return 0
