# shellcheck shell=sh disable=SC2154
# Processors, memory, block devices and mounts of Linux.

# setup_sizes: the sizes of what is mounted; file systems of other hosts may hang and get a time limit.
setup_sizes() {
  [ -r /proc/mounts ] || return 0
  while IFS=' ' read -r setup_dev setup_mnt setup_fs setup_f; do
    [ "$setup_fs" != none ] || continue
    case $setup_dev in /* | \\* | *:/*) ;; *) continue ;; esac
    case $setup_mnt in
    *\\*)
      # shellcheck disable=SC1003 # a backslash, not an attempt to escape the quote
      tk_swap "$setup_mnt" '\' '\0'
      setup_mnt=$(printf '%b.' "$tk_out")
      setup_mnt=${setup_mnt%.}
      ;;
    esac
    case $setup_dev:$setup_fs in
    *:/*:* | //* | *:fuse* | *:9p | *:ceph | *:autofs)
      setup_f=$(tk_limit "$setup_limit" stat -f -c '%S|%s|%b|%a|%c|%d|%n' -- "$setup_mnt" 2>/dev/null)
      case $? in
      124 | 143) tk_line "late:$setup_mnt" ;;
      0) tk_line "size:$setup_f" ;;
      esac
      ;;
    *) set -- "$@" "$setup_mnt" ;;
    esac
  done </proc/mounts
  [ "$#" = 0 ] || setup_say size stat -f -c '%S|%s|%b|%a|%c|%d|%n' -- "$@"
}

if setup_wants hardware && [ "$tk_sys" = Linux ]; then
  set -- "$@" /proc/meminfo /proc/uptime /proc/mounts /proc/self/mountinfo /sys/hypervisor/type /proc/sysinfo \
    /sys/block/*/size /sys/block/*/removable /sys/block/*/device/vendor /sys/block/*/device/model \
    /sys/block/*/device/sas_address /sys/block/*/device/sas_device_handle /sys/block/*/device/serial \
    /sys/block/*/queue/rotational /sys/block/*/queue/scheduler /sys/block/*/queue/logical_block_size \
    /sys/block/*/queue/hw_sector_size /sys/block/*/queue/discard_max_hw_bytes \
    /sys/block/*/queue/discard_granularity /sys/block/*/dm/name /sys/block/*/*/start /sys/block/*/*/size
  setup_there /sys/block/*/holders/* /sys/block/*/*/holders/* /sys/block/*/slaves/*
  setup_say link ls -ld /dev/disk/by-id/* /dev/disk/by-uuid/* /dev/disk/by-label/* /dev/mapper/* /sys/block/*
  if tk_have lspci; then setup_say pci lspci -D; fi
  setup_sizes
  if tk_have vgs; then
    tk_line have:vgs
    if [ "$(id -u)" = 0 ]; then
      for setup_f in vgs lvs pvs; do
        if tk_have "$setup_f"; then
          setup_say "$setup_f" "$setup_f" --noheadings --nosuffix --units g --separator ,
        fi
      done
    fi
  fi
fi
