# shellcheck shell=sh disable=SC3043,SC2154
# Applies a template. What it runs exits with 0 on many failures: a line that says so counts.
# $1: where jails are, $2: the jail, behind: bastille's words.
local dir="$1" name="$2" rc
shift 2
if [ ! -f "$dir/$name/jail.conf" ]; then
  echo "there is no jail $name any more" >&2
  return 3
fi
if ! jls -j "$name" jid >/dev/null 2>&1 </dev/null; then
  echo "jail not running: $name" >&2
  return 3
fi
template_run() { NO_COLOR=1 bastille "$@" </dev/null 2>&1; }
tk_out_of template_run "$@"
rc=$?
tk_put "$tk_out"
case $tk_out in *'[ERROR]'*) [ "$rc" != 0 ] || rc=1 ;; esac
return "$rc"
