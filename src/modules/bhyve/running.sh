# shellcheck shell=sh disable=SC3043,SC2154
# Follows ask.sh. Words: the machine, a pattern of its process.
if [ -e "/dev/vmm/$1" ]; then told_say device 0 yes; else told_say device 0 no; fi
told_ask process pgrep -fx "$2"
