# shellcheck shell=sh disable=SC2154 # the words named next are set in front of this
# Runs a long program between the streams of this channel. $tk_text: its text; $tk_end: a word that nobody else
# knows, which begins our own lines on stderr; $tk_in: 1 if it reads stdin; "$@": its words.
#
# Nothing may go on running here once nobody listens: for a program without stdin, the end of ours tells that;
# for others a byte 0 that is written to stderr each second, and dropped at the other end, fails.

# tk_tree: prints the program's process and all below it.
tk_tree() {
  tk_all=$(ps -A -o pid= -o ppid= 2>/dev/null || ps -o pid,ppid 2>/dev/null)
  tk_found=" $tk_p " tk_more=1
  while [ "$tk_more" = 1 ]; do
    tk_more=0
    while read -r tk_a tk_b; do
      case $tk_found in *" $tk_a "*) continue ;; esac
      case $tk_found in *" $tk_b "*) tk_found="$tk_found$tk_a " tk_more=1 ;; esac
    done <<END
$tk_all
END
  done
  echo "$tk_found"
}

# tk_stop: ends the program and all that it started; those that stay after five seconds are killed. Stopped
# processes start no further ones, so that none is missed. It runs beside the shell that takes the exit code, which
# must not end it half way.
tk_stop() {
  trap '' TERM HUP
  tk_list=
  for tk_n in 1 2 3 4 5; do
    tk_left=$tk_list
    tk_list=$(tk_tree)
    [ "$tk_list" != "$tk_left" ] || break
    # shellcheck disable=SC2086 # numbers
    kill -s STOP $tk_list 2>/dev/null
  done
  # shellcheck disable=SC2086 # numbers
  kill -s TERM $tk_list 2>/dev/null
  # shellcheck disable=SC2086 # numbers
  kill -s CONT $tk_list 2>/dev/null
  tk_n=0
  while [ "$tk_n" -lt 25 ]; do
    tk_left=
    for tk_a in $tk_list; do
      kill -0 "$tk_a" 2>/dev/null && tk_left="$tk_left $tk_a"
    done
    [ -n "$tk_left" ] || return 0
    sleep 0.2 2>/dev/null || { sleep 1; tk_n=$((tk_n + 4)); }
    tk_n=$((tk_n + 1))
  done
  # shellcheck disable=SC2086 # numbers
  kill -s KILL $tk_left 2>/dev/null
}

tk_watch_input() {
  while IFS= read -r tk_a; do :; done
  tk_stop
}

# Goes on when the shell above it was killed.
tk_watch_errors() {
  trap '' PIPE
  while sleep 1 >/dev/null 2>&1; do
    if ! printf '\000' >&2 || ! kill -0 "$$"; then
      tk_stop
      return
    fi
  done
}

PATH=${PATH:-/bin:/usr/bin}:/sbin:/usr/sbin:/usr/local/bin:/usr/local/sbin
LC_ALL=C
export PATH LC_ALL
printf '\000%s pid %s\n' "$tk_end" "$$" >&2
exec 3<&0 </dev/null
if [ "$tk_in" = 1 ]; then
  (exec /bin/sh -c "$tk_text" sh "$@" 3<&-) <&3 &
  tk_p=$!
  tk_watch_errors 3<&- >/dev/null &
else
  (exec /bin/sh -c "$tk_text" sh "$@" 3<&-) </dev/null &
  tk_p=$!
  tk_watch_input <&3 3<&- >/dev/null 2>&1 &
fi
tk_w=$!
# Not in this shell, which is to take the program's exit code meanwhile.
trap 'tk_stop &' HUP TERM
exec 3<&- >/dev/null
wait "$tk_p"
tk_code=$?
while kill -0 "$tk_p" 2>/dev/null; do
  wait "$tk_p"
  tk_code=$?
done
printf '\000%s code %s\n' "$tk_end" "$tk_code" >&2
kill "$tk_w" 2>/dev/null
exit 0
