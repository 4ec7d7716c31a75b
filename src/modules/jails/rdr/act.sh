# shellcheck shell=sh disable=SC3043,SC2154
# Changes one redirection of a running jail: in its file and in the two anchors. Bastille has no word for the removal of
# one, and leaves the line of a rule that pf refused in the file: what was there comes back then.
# $1: where jails are, $2: the jail, $3: protocol, $4: port of the host, $5: port of the jail if no other redirection uses
# it, else nothing; behind: bastille's words, nothing when it shall go. stdin: the file without it.
local file="$1/$2/rdr.conf" name="$2" proto="$3" from="$4" to="$5" old rc=0 leads passes
shift 5
if [ ! -f "${file%/*}/jail.conf" ]; then
  echo "there is no jail $name any more" >&2
  return 3
fi
if ! tk_tmp; then
  echo 'no temporary file can be made' >&2
  return 1
fi
old=$tk_out
if [ -f "$file" ]; then cp -p "$file" "$old" || return; fi
leads=$(pfctl -a "rdr/$name" -Psn 2>/dev/null)
passes=$(pfctl -a "bastille/$name" -Psr 2>/dev/null)
# The file keeps its owner and mode.
cat >"$file" || return

rdr_anchor() { # WHAT ANCHOR PATTERN: the rules of an anchor but those.
  local rules
  rules=$(pfctl -a "$2" "$1" 2>/dev/null | grep -v -e "$3")
  if [ -n "$rules" ]; then
    tk_line "$rules" | pfctl -a "$2" -f -
  elif [ -n "$(pfctl -a "$2" "$1" 2>/dev/null)" ]; then
    case $1 in -Psn) pfctl -a "$2" -F nat ;; *) pfctl -a "$2" -F rules ;; esac
  fi
}

rdr_anchor -Psn "rdr/$name" " proto $proto from .* to .* port = $from -> " || rc=1
[ -z "$to" ] || rdr_anchor -Psr "bastille/$name" " proto $proto from .* to .* port = $to " || rc=1
if [ "$rc" = 0 ] && [ "$#" != 0 ]; then
  NO_COLOR=1 bastille "$@" </dev/null
  rc=$?
fi
if [ "$rc" != 0 ]; then
  if [ -f "$old" ]; then cat "$old" >"$file"; else rm -f "$file"; fi
  [ -z "$leads" ] || tk_line "$leads" | pfctl -a "rdr/$name" -f -
  [ -z "$passes" ] || tk_line "$passes" | pfctl -a "bastille/$name" -f -
fi
rm -f "$old"
return "$rc"
