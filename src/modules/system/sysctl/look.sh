# shellcheck shell=sh disable=SC3043,SC2154
# Follows ask.sh. Words: name of the variable, files of settings.
local name="$1"
shift
tk_system
if told_tool tool sysctl; then
  told_ask live sysctl -n "$name"
  if [ "$tk_sys" = FreeBSD ] && case $told_said in 0/*) ;; *) false ;; esac; then
    # Each tells only of variables of its kind: those that can be set now, those that the loader sets.
    told_ask writable sysctl -W "$name"
    told_ask tunable sysctl -T "$name"
  fi
else
  told_say tool 127 "$PATH"
fi
told_files "$@"
return 0
