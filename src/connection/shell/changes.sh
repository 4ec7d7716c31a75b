# shellcheck shell=sh disable=SC3043,SC2154,SC2034
# Functions that change the host; sent to a shell before its first change. Modules' change scripts
# (Op::Script) may use those that are described; each prints why it failed on stderr and returns a code.
# Codes: 90 moved, 91 refused by its validation, 92 no place for it.

tk_sync='' tk_gnu_cp=''

tk_say() { tk_line "$1" >&2; }

# tk_new_beside PATH: makes an empty file (0600) in PATH's directory and sets tk_new to its name; it is
# removed when this shell ends before tk_rename took it away. No fork.
tk_new_beside() {
  local rc=1
  tk_parent "$1"
  tk_serial=$((tk_serial + 1))
  tk_new=${tk_out%/}/.tank.$tk_u.n$tk_serial
  set -C
  { set +C; rc=0; } >"$tk_new"
  set +C
  [ "$rc" = 0 ] || tk_new=
  return "$rc"
}

# tk_forget: removes the file that tk_new_beside made.
tk_forget() {
  [ -z "$tk_new" ] || rm -f "$tk_new"
  tk_new=
}

# tk_rename NEW PATH: renames, never into a directory that PATH's link leads to.
tk_rename() {
  if [ -d "$2" ]; then
    if [ ! -h "$2" ]; then
      tk_say "$2 is a directory"
      return 92
    fi
    # GNU and busybox say -T, BSD says -h.
    mv -f -T "$1" "$2" 2>/dev/null || mv -f -h "$1" "$2" 2>/dev/null || tk_rename_twice "$1" "$2" || return 1
  else
    mv -f "$1" "$2" || return 1
  fi
  [ "$1" != "$tk_new" ] || tk_new=
}

# busybox renames nothing over a link to a directory.
tk_rename_twice() {
  case $(mv --help 2>&1) in *BusyBox*) rm -f "$2" ;; esac
  if [ -h "$2" ]; then
    tk_say "$2 is a link to a directory and could not be replaced"
    return 1
  fi
  mv -f "$1" "$2"
}

# tk_keep OLD NEW: gives NEW the owner, group, mode, ACL and attributes of OLD.
tk_keep() {
  local old
  # GNU: all at once.
  if [ "$tk_gnu_cp" != no ]; then
    cp --attributes-only --preserve=all --no-preserve=timestamps "$1" "$2" 2>/dev/null && return 0
    case $(cp --help 2>&1) in *attributes-only*) ;; *) tk_gnu_cp=no ;; esac
  fi
  tk_st_l=''
  tk_stat_ask "$1" "$2"
  old=${tk_out%%"$tk_nl"*}
  tk_keep_owner "$old" "${tk_out#*"$tk_nl"}" "$2"
  old=${old#*"|"}
  chmod "${old%%"|"*}" "$2" && tk_keep_acl "$1" "$2"
}

# tk_keep_owner OLD-LINE NEW-LINE NEW: only root can give files away; others keep what is theirs.
tk_keep_owner() {
  local old="${1#*"|"*"|"}" new="${2#*"|"*"|"}" uid gid
  uid=${old%%"|"*}
  old=${old#*"|"}
  gid=${old%%"|"*}
  case $new in "$uid|$gid|"*) return 0 ;; esac
  chown "$uid:$gid" "$3" 2>/dev/null || chgrp "$gid" "$3" 2>/dev/null || :
}

# Only a list that says more than the mode is set.
tk_keep_acl() {
  tk_have getfacl && tk_have setfacl || return 0
  tk_system
  case $tk_sys in
  Linux) tk_out=$(getfacl -cp "$1" 2>/dev/null) ;;
  *) tk_out=$(getfacl -q "$1" 2>/dev/null) ;;
  esac
  case $tk_out in *mask::* | *user:[!:]* | *group:[!:]*) ;; *) return 0 ;; esac
  case $tk_sys in
  Linux) tk_line "$tk_out" | setfacl --set-file=- "$2" ;;
  *) tk_line "$tk_out" | setfacl -b -M - "$2" ;;
  esac
}

# ---- files ------------------------------------------------------------------------------------------

# tk_write PATH FOLLOW MODE OWNER GROUP SEEN BACKUP UNSAFE VALIDATE: a file of the request's data.
# MODE, OWNER, GROUP: `-`: kept. SEEN: SHA-1 of what the plan saw, `-`: nothing. VALIDATE: shell text, in
# which $tk_new is the new file.
tk_write() {
  tk_w_place "$1" "$2" && tk_w_new "$8" && tk_w_fill && tk_w_finish "$@"
  tk_w_end "$?"
}

# tk_copy FROM and the words of tk_write: the same with a file of this host.
tk_copy() {
  local from="$1"
  shift
  tk_w_place "$1" "$2" && tk_w_new "$8" && tk_w_from "$from" && tk_w_finish "$@"
  tk_w_end "$?"
}

tk_w_end() {
  tk_forget
  return "$1"
}

# Sets tk_w_to to the file that is meant.
tk_w_place() {
  tk_w_to=$1
  if [ "$2" = 1 ]; then
    if ! tk_resolve "$1"; then
      tk_say "$1: too many levels of symbolic links"
      return 92
    fi
    tk_w_to=$tk_out
  fi
  if [ -h "$tk_w_to" ]; then return 0; fi
  if [ -d "$tk_w_to" ]; then
    tk_say "$tk_w_to is a directory"
    return 92
  fi
  if [ -e "$tk_w_to" ] && [ ! -f "$tk_w_to" ]; then
    tk_say "$tk_w_to is not a regular file"
    return 92
  fi
  tk_parent "$tk_w_to"
  if [ ! -d "$tk_out" ]; then
    tk_say "Destination directory $tk_out does not exist"
    return 92
  fi
}

tk_w_new() {
  tk_new_beside "$tk_w_to" && return 0
  [ "$1" = 1 ] && tk_tmp || return 1
  tk_new=$tk_out
}

tk_w_fill() {
  local rc=8
  { tk_fill; rc=$?; } 6>"$tk_new"
  return "$rc"
}

# tk_fill: the request's data on descriptor 6; a block that is marked `s` is the last one and synced.
tk_fill() {
  local n='' rc=0 text='' sync=''
  tk_try_sync
  while :; do
    # A connection that ends before the end of the data is as good as a sender that gives up.
    IFS= read -r n <&3 || n=-
    sync=
    case $n in
    0) break ;;
    -)
      rc=2
      break
      ;;
    *s) n=${n%s} sync=$tk_sync ;;
    esac
    if [ "$rc" != 0 ]; then
      tk_take "$n" >/dev/null 2>&1
    elif [ "$tk_rd" = dd ]; then
      # shellcheck disable=SC2086 # one word or none
      text=$(dd bs="$n" count=1 iflag=fullblock $sync 2>&1 <&3 >&6) || rc=$?
    else
      text=$(tk_take "$n" 2>&1 >&6) || rc=$?
    fi
  done
  tk_in=0
  [ "$rc" = 0 ] || tk_w_why "$rc" "$text"
  return "$rc"
}

# Whether dd can sync; asked once, on the file that is open.
tk_try_sync() {
  [ -z "$tk_sync" ] || return 0
  tk_sync='conv=fsync'
  dd if=/dev/null conv=fsync >&6 2>/dev/null || tk_sync='conv=notrunc'
}

# dd's message without its counts.
tk_w_why() {
  local text="$2$tk_nl" line
  while [ -n "$text" ]; do
    line=${text%%"$tk_nl"*} text=${text#*"$tk_nl"}
    case $line in
    '' | *' records '* | *' bytes'*) ;;
    *) tk_say "$line" ;;
    esac
  done
  tk_say "could not write $tk_w_to (code $1)"
}

tk_w_from() {
  if [ ! -f "$1" ]; then
    tk_say "$1 is not a regular file"
    return 92
  fi
  cp "$1" "$tk_new"
}

# Words of tk_write.
tk_w_finish() {
  tk_w_same "$6" && tk_w_attributes "$3" "$4" "$5" && tk_w_validate "$9" && tk_w_backup "$7" || return
  tk_rename "$tk_new" "$tk_w_to" && return 0
  [ "$8" = 1 ] || return 1
  tk_w_over "$3" "$4" "$5"
}

# Whether the target is still what the plan saw.
tk_w_same() {
  if [ -h "$tk_w_to" ]; then return 0; fi
  if [ ! -e "$tk_w_to" ]; then
    [ "$1" != - ] || return 0
  elif [ ! -r "$tk_w_to" ]; then
    return 0
  elif [ "$1" != - ]; then
    tk_hash sha1 "$tk_w_to"
    case $tk_out in "$1" | -) return 0 ;; esac
  fi
  tk_say "$tk_w_to was changed by someone else meanwhile"
  return 90
}

# MODE OWNER GROUP of the new file.
tk_w_attributes() {
  local mode="$1"
  if [ -f "$tk_w_to" ] && [ ! -h "$tk_w_to" ]; then
    tk_keep "$tk_w_to" "$tk_new" || return
  elif [ "$mode" = - ]; then
    tk_plain_mode
    mode=$tk_out
  fi
  tk_own "$tk_new" "$2" "$3" || return
  [ "$mode" = - ] || chmod "$mode" "$tk_new"
}

# Sets tk_out to 0666 less the login's umask; digit by digit, since shells differ about octal numbers.
tk_plain_mode() {
  local left="00$tk_umask0" d=''
  left=${left#"${left%???}"}
  tk_out=
  while [ -n "$left" ]; do
    d=${left%"${left#?}"} left=${left#?}
    tk_out=$tk_out$((6 & (7 - d)))
  done
}

# tk_own PATH OWNER GROUP [-h]: `-` leaves one as it is.
tk_own() {
  case $2/$3 in
  -/-) ;;
  -/*) chgrp ${4+"$4"} "$3" "$1" ;;
  */-) chown ${4+"$4"} "$2" "$1" ;;
  *) chown ${4+"$4"} "$2:$3" "$1" ;;
  esac
}

tk_w_validate() {
  local rc
  [ -n "$1" ] || return 0
  (
    trap - EXIT HUP INT TERM PIPE
    tk_apart_out=''
    tk_login
    eval "$1"
  ) </dev/null
  rc=$?
  [ "$rc" != 0 ] || return 0
  tk_note=$rc
  return 91
}

# Keeps the old file beside it: its note is the name.
tk_w_backup() {
  local name n=$$
  [ "$1" = 1 ] && [ -f "$tk_w_to" ] || return 0
  name=$(date '+%Y-%m-%d@%H:%M:%S~')
  while tk_exists "$tk_w_to.$n.$name"; do n=$((n + 1)); done
  cp -p "$tk_w_to" "$tk_w_to.$n.$name" || return 1
  tk_escape "$tk_w_to.$n.$name"
  tk_note=$tk_out
}

# In place, where nothing can be renamed.
tk_w_over() {
  cat "$tk_new" >"$tk_w_to" || return 1
  tk_own "$tk_w_to" "$2" "$3" || return 1
  [ "$1" = - ] || chmod "$1" "$tk_w_to"
}

