# shellcheck shell=sh disable=SC3043
# $1 user, $2 home directory that is wanted or empty, then groups to look up
# Answers in sections: the passwd line; `readable` and the line of shadow or master.passwd; group lines;
# for the wanted and for the present home a name line and a stat line each.
local name="$1" home="$2" file=/etc/shadow line='' now=''
shift 2
if [ -f /etc/master.passwd ]; then file=/etc/master.passwd; fi
tk_line @passwd
if line=$(tk_getent passwd "$name"); then
  tk_line "$line"
  now=${line%:*}
  now=${now##*:}
fi
tk_line @shadow
if [ -r "$file" ]; then
  tk_line readable
  # shellcheck disable=SC2016 # awk's own
  awk -F: 'BEGIN { n = ARGV[1]; ARGV[1] = "" } $1 "" == n "" { print; exit }' "$name" "$file"
fi
tk_line @groups
if tk_have getent; then
  getent group
  [ "$#" = 0 ] || getent group "$@" 2>/dev/null
else
  cat /etc/group
fi
tk_line @homes
for line in "${home:-$now}" "$now"; do
  tk_esc "$line"
  if [ -n "$line" ]; then tk_stat "$line" follow; else tk_line -; fi
done
:
