# shellcheck shell=sh disable=SC3043,SC2154
# Follows ask.sh. Words: devices. Groups, volumes and physical volumes of the host, and what is on the devices.
lvm_quiet() {
  local out
  if out=$("$@" 2>/dev/null); then tk_line "$out"; else "$@"; fi
}

lvm_look() {
  local dev real pv
  # They warn of descriptors that they inherit.
  export LVM_SUPPRESS_FD_WARNINGS=1
  if ! told_tool tool lvs; then
    told_say tool 127 "$PATH"
    return 0
  fi
  told_ask vgs lvm_quiet vgs --reportformat json --units b --nosuffix -o vg_name,vg_size,vg_free,vg_extent_size,pv_count,lv_count
  told_ask pvs lvm_quiet pvs --reportformat json --units b --nosuffix -o pv_name,vg_name,pv_size,dev_size,pe_start
  told_ask lvs lvm_quiet lvs -a --reportformat json --units b --nosuffix -o vg_name,lv_name,lv_attr,lv_size,pool_lv,data_percent,metadata_percent,lv_metadata_size,lv_profile
  for pv in $(pvs --noheadings -o pv_name 2>/dev/null); do
    told_say "pv $pv" 0 "$(readlink -f "$pv")"
  done
  for dev; do
    real=$(readlink -f "$dev") || real=
    if [ ! -b "$real" ]; then
      told_say "device $dev" 1 ''
      continue
    fi
    told_say "device $dev" 0 "$real"
    told_ask "blkid $dev" blkid -p -o export "$real"
    told_ask "tree $dev" lsblk -nrpo NAME,TYPE,MOUNTPOINT "$real"
  done
}
( lvm_look "$@" )
return 0
