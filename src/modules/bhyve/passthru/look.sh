# shellcheck shell=sh disable=SC3043,SC2154
# Follows ask.sh. Word: the loader's file.
# Answers what tells which functions there are, what drives them, and what is in use of them.
told_files "$1"
told_ask pciconf pciconf -l
told_ask devinfo devinfo
told_ask disks geom disk list
told_ask cam camcontrol devlist -v
told_ask interfaces ifconfig -a
told_ask route route -n get default
return 0
