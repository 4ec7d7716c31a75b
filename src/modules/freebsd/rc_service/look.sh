# shellcheck shell=sh disable=SC3043,SC2154
# Follows ask.sh and seen.sh; rc.sh follows with the words behind the first. Words: path of the script, name.
told_files "$1" /etc/rc.conf /etc/rc.conf.local "/etc/rc.conf.d/$2" "/usr/local/etc/rc.conf.d/$2"
shift
