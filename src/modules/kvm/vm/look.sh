# shellcheck shell=sh disable=SC3043,SC2154
# Follows ../../told/ask.sh and ../ask.sh. Words: the URI, then what to look at, each with its kind in front.
local uri="$1" word one real
shift

kvm_real() { readlink -f "$1" 2>/dev/null || tk_put "$1"; }

# What shares a device's group, each with its class and driver; the device itself too.
kvm_pci() {
  local dev="/sys/bus/pci/devices/$1" at class driver all=
  if [ ! -d "$dev" ]; then
    told_say "pci $1" 1 ""
    return
  fi
  for at in "$dev"/iommu_group/devices/*; do
    if [ ! -e "$at" ]; then continue; fi
    class=$(cat "$at/class")
    driver=$(readlink "$at/driver")
    all="$all${at##*/} $class ${driver##*/}$tk_nl"
  done
  told_say "pci $1" 0 "$all"
  if [ -r "$dev/boot_vga" ]; then told_ask "vga $1" cat "$dev/boot_vga"; fi
}

kvm_image() {
  real=$(kvm_real "$1")
  told_say "real $1" 0 "$real"
  told_say "stat $1" 0 "$(tk_stat "$1" follow)"
  if [ -f "$1" ]; then told_ask "image $1" kvm_quiet qemu-img info -U --output=json "$1"; fi
}

for word; do
  one=${word#* }
  case $word in
  "disk "*) kvm_image "$one" ;;
  "real "*) told_say "real $one" 0 "$(kvm_real "$one")" ;;
  "bridge "*)
    if [ -d "/sys/class/net/$one/bridge" ]; then told_say "bridge $one" 0 ""; else told_say "bridge $one" 1 ""; fi
    ;;
  networks*) told_ask networks virsh -q -c "$uri" net-list --all --name ;;
  "pci "*) kvm_pci "$one" ;;
  "pages "*) told_ask "pages $one" cat "/sys/kernel/mm/hugepages/hugepages-${one}kB/free_hugepages" ;;
  "seed "*)
    told_say "stat $one" 0 "$(tk_stat "$one" follow)"
    told_files "$one.d/meta-data" "$one.d/network-config" "$one.d/user-data" "$one.d/vendor-data" "$one.d/built"
    told_tool iso xorriso || told_tool iso genisoimage || told_tool iso xorrisofs || told_tool iso mkisofs || :
    ;;
  esac
done
return 0
