# shellcheck shell=sh disable=SC2154
# Traces of hypervisors and containers.
if setup_wants virtual; then
  if [ "$tk_sys" = Linux ]; then
    set -- "$@" /proc/1/cgroup /run/systemd/container /proc/xen/capabilities /proc/modules
    setup_there /proc/vz /proc/lve /proc/bc /.dockerenv /.dockerinit /dev/kvm
    if [ -r /proc/1/environ ]; then
      grep -aosE 'container=[^[:cntrl:]]+' /dev/null /proc/1/environ
    fi
    if tk_have dmidecode; then setup_say dmi.product dmidecode -s system-product-name; fi
  else
    setup_there /dev/xen/xenstore
    if tk_have kldstat && kldstat -q -m vmm >/dev/null 2>&1; then tk_line vmm:1; fi
  fi
fi
