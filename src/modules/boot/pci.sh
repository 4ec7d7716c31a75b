# shellcheck shell=sh disable=SC3043,SC2154
# Follows ask.sh. PCI functions with their drivers and IOMMU groups, from /sys alone, and what is in use of them.
boot_pci_print() {
  local d f a class vendor device vga method vf name
  for d in /sys/bus/pci/devices/*; do
    if [ ! -r "$d/class" ]; then continue; fi
    class='' vendor='' device='' vga=- method=- vf=-
    read -r class <"$d/class"
    read -r vendor <"$d/vendor"
    read -r device <"$d/device"
    if [ -r "$d/boot_vga" ]; then read -r vga <"$d/boot_vga"; fi
    if [ -r "$d/reset_method" ]; then read -r method <"$d/reset_method"; fi
    if [ -e "$d/physfn" ]; then vf=1; fi
    tk_line "dev$tk_tab${d##*/}$tk_tab$class$tk_tab$vendor$tk_tab$device$tk_tab$vga$tk_tab$method$tk_tab$vf"
  done
  for f in /sys/bus/pci/drivers/*/*:*:*.*; do
    if [ ! -e "$f" ]; then continue; fi
    d=${f%/*}
    tk_line "drv$tk_tab${f##*/}$tk_tab${d##*/}"
  done
  for f in /sys/kernel/iommu_groups/*/devices/*; do
    if [ ! -e "$f" ]; then continue; fi
    d=${f%/devices/*}
    tk_line "grp$tk_tab${f##*/}$tk_tab${d##*/}"
  done
  for f in /sys/kernel/iommu_groups/*/type; do
    if [ ! -r "$f" ]; then continue; fi
    read -r name <"$f"
    f=${f%/type}
    tk_line "type$tk_tab${f##*/}$tk_tab$name"
  done
  for f in /sys/class/iommu/*; do
    if [ -e "$f" ]; then tk_line "iommu$tk_tab${f##*/}"; fi
  done
  for f in /sys/block/*/holders/* /sys/block/*/*/holders/*; do
    if [ ! -e "$f" ]; then continue; fi
    a=${f#/sys/block/}
    tk_line "held$tk_tab${a%%/*}$tk_tab${f##*/}"
  done
  for f in /sys/class/net/*/master; do
    if [ ! -e "$f" ]; then continue; fi
    a=${f%/master}
    tk_link "$f" || continue
    tk_line "part$tk_tab${a##*/}$tk_tab${tk_out##*/}"
  done
}

boot_pci() {
  told_ask pci boot_pci_print
  told_ask links ls -l /sys/block /sys/class/net
  told_ask mounts cat /proc/self/mounts
  told_ask swaps cat /proc/swaps
  told_ask routes cat /proc/net/route
}
