# shellcheck shell=sh disable=SC2154
# The resolver's settings.
if setup_wants dns; then set -- "$@" /etc/resolv.conf; fi
