# shellcheck shell=sh disable=SC3043,SC2154
# Follows ask.sh. Words: the name, then pairs: calendar or timespan, and the text.
local name="$1" dir
shift
if told_tool tool systemctl; then :; else told_say tool 127 "$PATH"; fi
told_files "/etc/systemd/system/$name.timer" "/etc/systemd/system/$name.service"
for dir in /run/systemd/system /usr/local/lib/systemd/system /usr/lib/systemd/system /lib/systemd/system; do
  if [ -e "$dir/$name.timer" ]; then told_say foreign 0 "$dir/$name.timer"; fi
  if [ -e "$dir/$name.service" ]; then told_say foreign 0 "$dir/$name.service"; fi
done
told_ask timer systemctl show "$name.timer" -p LoadState -p ActiveState -p UnitFileState -p NextElapseUSecRealtime -p LastTriggerUSec -p NeedDaemonReload
told_ask service systemctl show "$name.service" -p LoadState -p ActiveState -p Result -p ExecMainStatus -p NeedDaemonReload
while [ "$#" -gt 1 ]; do
  told_ask "$1 $2" systemd-analyze "$1" -- "$2"
  shift 2
done
return 0
