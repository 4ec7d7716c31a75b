# shellcheck shell=sh disable=SC2154
# The files by which distributions name themselves.
if setup_wants distribution && [ "$tk_sys" = Linux ]; then
  set -- "$@" /etc/altlinux-release /etc/oracle-release /etc/slackware-version /etc/centos-release \
    /etc/redhat-release /etc/openwrt_release /etc/system-release /etc/alpine-release /etc/SuSE-release \
    /etc/gentoo-release /etc/debian_version /etc/coreos/update.conf
  setup_there /etc/vmware-release /etc/arch-release /etc/redhat-release
  if [ -h /etc/products.d/baseproduct ] && tk_link /etc/products.d/baseproduct; then tk_line "product:$tk_out"; fi
fi
