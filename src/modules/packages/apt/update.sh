# shellcheck shell=sh
# $1 how often, $2 longest pause in seconds; then apt-get's words. The code is the last try's.
tries=$1 longest=$2 pause=1 done=0
shift 2
while :; do
  apt-get "$@" update && exit 0
  rc=$?
  done=$((done + 1))
  [ "$done" -lt "$tries" ] || exit "$rc"
  sleep "$pause"
  pause=$((pause * 2))
  [ "$pause" -le "$longest" ] || pause=$longest
done
