# shellcheck shell=sh disable=SC3043,SC2154
# Words: file, jail or nothing, variable, 1 when its default is wanted.
# Answers in blocks: state of the file, its content or `-`; the line that sets the default; and for a jail the
# path of jexec with the code and text of the reading in front of the default.
local jexec
sysrc_both() { "$@" 2>&1; }
if [ -n "$2" ]; then
  if jexec=$(command -v jexec); then
    tk_text "$jexec"
    # shellcheck disable=SC2016 # the jail's shell reads it
    tk_out_of sysrc_both jexec "$2" /bin/sh -c 'if [ -e "$1" ]; then cat "$1"; else exit 3; fi' tank "$1"
    tk_text "$?"
    tk_text "$tk_out"
  else
    tk_text ''
    tk_text 127
    tk_text "$PATH"
  fi
else
  tk_text "$(tk_stat "$1" follow sum)"
  tk_read "$1"
fi
if [ "$4" = 1 ] && [ -r /etc/defaults/rc.conf ]; then
  tk_out_of grep "^$3=" /etc/defaults/rc.conf
  tk_text "$tk_out"
else
  tk_text ''
fi
return 0
