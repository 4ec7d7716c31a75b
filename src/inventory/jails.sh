# shellcheck shell=sh disable=SC3043,SC2154
# The jails that Bastille keeps on this host, and all that run. Only reads: `bastille list` itself removes temporary files
# of other bastilles and repairs settings. $1: Bastille's configuration.
local conf="$1" dir='' d line
if command -v jls >/dev/null 2>&1; then
  line=$(jls --libxo json jid name path osrelease) || return 1
  tk_put 'jls '
  tk_esc "$line"
else
  tk_line 'nojls'
fi
dir=$(
  bastille_prefix='' bastille_jailsdir=''
  if [ -r "$conf" ]; then
    # shellcheck disable=SC1090 # Bastille reads it the same way
    . "$conf" >/dev/null 2>&1 </dev/null
  fi
  tk_put "${bastille_jailsdir:-${bastille_prefix:-/usr/local/bastille}/jails}"
)
for d in "$dir"/*; do
  [ -f "$d/jail.conf" ] || continue
  tk_put 'jail '
  tk_esc "${d##*/}"
  while IFS= read -r line || [ -n "$line" ]; do
    tk_put 'conf '
    tk_esc "$line"
  done <"$d/jail.conf"
  if [ -f "$d/settings.conf" ]; then
    while IFS= read -r line || [ -n "$line" ]; do
      tk_put 'set '
      tk_esc "$line"
    done <"$d/settings.conf"
  fi
  if [ -f "$d/fstab" ]; then
    while IFS= read -r line || [ -n "$line" ]; do
      tk_put 'fstab '
      tk_esc "$line"
    done <"$d/fstab"
  fi
  if [ -f "$d/tags" ]; then
    while IFS= read -r line || [ -n "$line" ]; do
      tk_put 'tag '
      tk_esc "$line"
    done <"$d/tags"
  fi
done
