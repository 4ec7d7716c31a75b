# shellcheck shell=sh disable=SC3043,SC2154
# Makes a home directory.
# $1 path, $2 user, $3 skeleton or empty, $4 old home that is moved there or empty, $5 umask or empty
local path="$1" owner="$2" skeleton="$3" old="$4" mask="$5" mode='' gid='' f=''
if tk_exists "$path"; then
  tk_say "$path is already there"
  return 1
fi
tk_parent "$path"
(umask 022 && mkdir -p -- "$tk_out") || return
if [ -n "$old" ]; then
  mv -- "$old" "$path"
  return
fi
gid=$(id -g "$owner") || return
if [ -r /etc/login.defs ]; then
  # shellcheck disable=SC2016 # awk's own
  f=$(awk '$1 == "HOME_MODE" { h = $2 } $1 == "UMASK" { u = $2 } END { print h "/" u }' /etc/login.defs)
  if [ -z "$mask" ]; then mode=${f%%/*} mask=${f#*/}; fi
fi
(umask "${mask:-022}" && mkdir -- "$path") || return
if [ -z "$skeleton" ]; then
  skeleton=/etc/skel
  if [ ! -d "$skeleton" ] && [ -d /usr/share/skel ]; then skeleton=/usr/share/skel; fi
fi
if [ -d "$skeleton" ]; then
  cp -RPp "$skeleton/." "$path/" || return
  (umask "${mask:-022}" && chmod "${mode:-$(umask -S)}" "$path") || return
  # FreeBSD's skeleton has dot.profile for .profile.
  for f in "$path"/dot.*; do
    if [ -e "$f" ]; then mv -- "$f" "$path/.${f##*/dot.}" || return; fi
  done
elif [ -n "$mode" ]; then
  chmod "$mode" "$path" || return
fi
chown -R -h -- "$owner:$gid" "$path"
