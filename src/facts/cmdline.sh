# shellcheck shell=sh disable=SC2154
# What the kernel was started with.
if setup_wants cmdline; then set -- "$@" /proc/cmdline; fi
