# shellcheck shell=sh disable=SC3043,SC2154
# Follows ../look.sh. $1: Bastille's configuration, $2: the jail, $3: what is mounted, or nothing, $4: where in the jail.
local at
jails_look "$1"
told_files "$jails_dir/$2/fstab"
told_ask mounts mount -p
if [ -d "$3" ]; then
  told_say source 0 directory
elif [ -e "$3" ]; then
  told_say source 0 file
else
  told_say source 0 missing
fi
at=$jails_dir/$2/root$4
if [ -e "$at" ]; then told_say target 0 there; else told_say target 0 missing; fi
return 0
