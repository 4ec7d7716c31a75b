# shellcheck shell=sh
# $1 exit code of policy-rc.d while the command behind it runs; what was there before comes back.
file=/usr/sbin/policy-rc.d
kept=$file.tank.$$
code=$1
shift
back() {
  rm -f "$file"
  if [ -e "$kept" ] || [ -h "$kept" ]; then mv "$kept" "$file"; fi
}
if [ -e "$file" ] || [ -h "$file" ]; then mv "$file" "$kept" || exit 1; fi
trap back EXIT
trap 'exit 143' HUP INT TERM
printf '#!/bin/sh\nexit %d\n' "$code" >"$file" || exit 1
chmod 755 "$file" || exit 1
"$@"
