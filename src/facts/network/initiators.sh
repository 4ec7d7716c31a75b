# shellcheck shell=sh disable=SC2154
# Names under which the host reaches storage over a network.
if setup_wants iscsi; then set -- "$@" /etc/iscsi/initiatorname.iscsi; fi
if setup_wants nvme; then set -- "$@" /etc/nvme/hostnqn; fi
if setup_wants fibre_channel_wwn; then set -- "$@" /sys/class/fc_host/*/port_name; fi
