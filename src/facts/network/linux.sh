# shellcheck shell=sh disable=SC2154
# Interfaces, addresses and default routes of Linux.
if setup_wants network && [ "$tk_sys" = Linux ]; then
  set -- "$@" /sys/class/net/*/address /sys/class/net/*/mtu /sys/class/net/*/operstate /sys/class/net/*/type \
    /sys/class/net/*/speed /sys/class/net/*/flags /sys/class/net/*/bridge/bridge_id \
    /sys/class/net/*/bridge/stp_state /sys/class/net/*/bonding/slaves /sys/class/net/*/bonding/mode \
    /sys/class/net/*/bonding/miimon /sys/class/net/*/bonding/lacp_rate /sys/class/net/*/bonding/primary \
    /sys/class/net/*/bonding/all_slaves_active /sys/class/net/*/bonding_slave/perm_hwaddr
  setup_there /sys/class/net/* /sys/class/net/*/bridge /sys/class/net/*/brif/* /sys/class/net/*/bonding
  setup_say link ls -ld /sys/class/net/*/device /sys/class/net/*/device/driver/module
  if tk_have ip; then
    setup_say ip.addr ip addr show
    setup_say ip.default4 ip -4 route get 8.8.8.8
    setup_say ip.default6 ip -6 route get 2404:6800:400a:800::1012
    setup_say ip.local4 ip -4 route show table local
    setup_say ip.local6 ip -6 route show table local
  else
    set -- "$@" /proc/net/route /proc/net/if_inet6 /proc/net/fib_trie
    if tk_have ifconfig; then setup_say ifconfig ifconfig -a; fi
  fi
fi
