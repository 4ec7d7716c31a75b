# shellcheck shell=sh disable=SC3043,SC2154,SC2034
# What changes the host beside single files; follows changes.sh.

# ---- trees ------------------------------------------------------------------------------------------

# tk_tree DEST FILEMODE OWNER GROUP ZIP: unpacks the request's data beside its place, then moves it in:
# what is in DEST stays as it is until all has arrived.
tk_tree() {
  local stage rc=0 zip=''
  if [ ! -d "$1" ]; then
    tk_say "Destination directory $1 does not exist"
    return 92
  fi
  [ "$5" = 0 ] || zip=-z
  tk_serial=$((tk_serial + 1))
  stage=${1%/}/.tank.$tk_u.n$tk_serial
  mkdir -m 700 "$stage" || return
  tk_stage=$stage
  tk_unpack "$stage" "$zip" && tk_tree_own "$stage" "$3" "$4" && tk_merge "$stage" "${1%/}" "$2" "$3" "$4" || rc=$?
  rm -rf "$stage"
  tk_stage=
  return "$rc"
}

# shellcheck disable=SC2086 # the option is one word or none
tk_unpack() {
  tk_piped tar -x -p -o -m $2 -f - -C "$1" || return 1
  if [ ! -e "$1/.tank-end" ]; then
    tk_say "the stream ended early"
    return 1
  fi
  rm -f "$1/.tank-end"
}

tk_tree_own() {
  local f
  for f in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    tk_exists "$f" || continue
    case $2/$3 in
    -/-) return 0 ;;
    -/*) chgrp -h -R "$3" "$f" ;;
    */-) chown -h -R "$2" "$f" ;;
    *) chown -h -R "$2:$3" "$f" ;;
    esac || return 1
  done
}

# tk_merge STAGE DEST FILEMODE OWNER GROUP: what is new moves with one mv for each directory.
tk_merge() {
  tk_mode=$3 tk_keep_own=0
  [ "$4/$5" != -/- ] || tk_keep_own=1
  tk_merge_list "$2" "$1"/* "$1"/.[!.]* "$1"/..?*
}

# tk_merge_list DEST PATH...
tk_merge_list() {
  local dest="$1" f='' to='' n
  shift
  n=$#
  for f; do
    tk_exists "$f" || continue
    to=$dest/${f##*/}
    if ! tk_exists "$to"; then
      set -- "$@" "$f"
    elif [ -d "$f" ] && [ ! -h "$f" ]; then
      tk_merge_dir "$f" "$to" || return 1
    else
      tk_merge_put "$f" "$to" || return 1
    fi
  done
  shift "$n"
  [ "$#" = 0 ] || mv -f "$@" "$dest/"
}

tk_merge_dir() {
  if [ ! -d "$2" ]; then
    tk_say "$2 is in the way of a directory"
    return 92
  fi
  tk_merge_list "$2" "$1"/* "$1"/.[!.]* "$1"/..?*
}

tk_merge_put() {
  local mode
  if [ -f "$2" ] && [ ! -h "$2" ] && [ -f "$1" ] && [ ! -h "$1" ]; then
    mode=$tk_mode
    if [ "$mode" = - ]; then
      tk_st_l=''
      tk_stat_ask "$1"
      mode=${tk_out#*"|"}
      mode=${mode%%"|"*}
    fi
    if [ "$tk_keep_own" = 1 ]; then
      tk_keep "$2" "$1" && chmod "$mode" "$1" || return 1
    fi
  fi
  tk_rename "$1" "$2"
}

# ---- the rest ---------------------------------------------------------------------------------------

# tk_remove PATH RECURSIVE
tk_remove() {
  case $1 in
  '' | / | // | /. | /..)
    tk_say "refusing to remove '$1'"
    return 92
    ;;
  esac
  if [ "$2" = 1 ]; then
    rm -rf "$1" || return 1
  elif [ -d "$1" ] && [ ! -h "$1" ]; then
    rmdir "$1" || return 1
  elif tk_exists "$1"; then
    rm -f "$1" || return 1
  fi
  if tk_exists "$1"; then
    tk_say "$1 is still there"
    return 1
  fi
}

# tk_make_dir PATH MODE
tk_make_dir() {
  local rc
  if [ "$2" != - ]; then
    mkdir "$1" && chmod "$2" "$1"
    return
  fi
  umask "$tk_umask0"
  mkdir "$1"
  rc=$?
  umask 077
  return "$rc"
}

# tk_ln WORDS...: ln with the login's umask: a link has a mode of its own on BSD.
tk_ln() {
  local rc
  umask "$tk_umask0"
  ln "$@"
  rc=$?
  umask 077
  return "$rc"
}

# tk_make_link PATH TARGET HARD REPLACE: what is there is replaced in one step, a directory only when empty.
tk_make_link() {
  local soft=-s new
  [ "$3" = 0 ] || soft=
  # shellcheck disable=SC3013 # all our shells know -ef
  if [ -z "$soft" ] && [ ! -h "$1" ] && [ "$1" -ef "$2" ]; then return 0; fi
  # shellcheck disable=SC2086 # one word or none
  if ! tk_exists "$1"; then
    tk_ln $soft -- "$2" "$1"
    return
  fi
  if [ "$4" = 0 ]; then
    tk_say "$1 exists"
    return 90
  fi
  if [ -d "$1" ] && [ ! -h "$1" ]; then
    # shellcheck disable=SC2086
    rmdir "$1" && tk_ln $soft -- "$2" "$1"
    return
  fi
  tk_parent "$1"
  tk_serial=$((tk_serial + 1))
  new=${tk_out%/}/.tank.$tk_u.n$tk_serial
  # shellcheck disable=SC2086
  tk_ln $soft -- "$2" "$new" || return 1
  tk_new=$new
  tk_rename "$new" "$1"
  tk_w_end "$?"
}

# tk_touch PATH ATIME ATEXT MTIME MTEXT: times in seconds since 1970 and as [[CC]YY]MMDDhhmm.SS in UTC; `-`: now.
tk_touch() {
  local rc
  umask "$tk_umask0"
  if [ "$2/$4" = -/- ]; then
    touch "$1"
  else
    tk_touch_one -a "$1" "$2" "$3" && tk_touch_one -m "$1" "$4" "$5"
  fi
  rc=$?
  umask 077
  return "$rc"
}

tk_touch_one() {
  if [ "$3" = - ]; then
    touch "$1" "$2"
  else
    touch "$1" -d "@$3" "$2" 2>/dev/null || TZ=UTC0 touch "$1" -t "$4" "$2"
  fi
}

# tk_set_mode PATH MODE FOLLOW: a link's own mode exists on BSD only.
tk_set_mode() {
  if [ "$3" = 1 ] || [ ! -h "$1" ]; then
    chmod "$2" "$1"
    return
  fi
  tk_system
  case $tk_sys in
  *BSD | DragonFly | Darwin) chmod -h "$2" "$1" ;;
  *)
    tk_say "the mode of a link cannot be set on $tk_sys: $1"
    return 92
    ;;
  esac
}

# tk_set_owner PATH OWNER GROUP FOLLOW
tk_set_owner() {
  if [ "$4" = 1 ]; then tk_own "$1" "$2" "$3"; else tk_own "$1" "$2" "$3" -h; fi
}

# tk_upload NAME: a file in the session's directory from the request's data; prints its name.
tk_upload() {
  local rc=8
  if ! tk_tmp; then
    tk_say "no writable directory for temporary files"
    return 92
  fi
  tk_w_to=$tk_dir/u${tk_out##*/t}.$1
  { tk_fill; rc=$?; } 6>"$tk_w_to"
  if [ "$rc" != 0 ]; then
    rm -f "$tk_w_to"
    return "$rc"
  fi
  tk_put "$tk_w_to"
}

# tk_sweep NAME PATH...: removes what a lost session of that name left in /tmp and beside these paths.
tk_sweep() {
  local name="$1" d f
  shift
  for d; do
    tk_resolve "$d" && d=$tk_out
    tk_parent "$d"
    set -- "$@" "${tk_out%/}"
    shift
  done
  for d in "$@" "${TMPDIR:-/tmp}" /tmp /var/tmp /dev/shm "${HOME:-/}"; do
    for f in "$d/.tank.$name".*; do
      ! tk_exists "$f" || rm -rf "$f"
    done
  done
}

# tk_below ALL PID...: sets tk_out to these processes and all that descend from them; ALL: lines of PID and PPID.
tk_below() {
  local all="$1" pid parent more=1
  shift
  tk_out=" $* "
  while [ "$more" = 1 ]; do
    more=0
    while read -r pid parent; do
      case $tk_out in *" $pid "*) continue ;; esac
      case $tk_out in *" $parent "*) tk_out="$tk_out$pid " more=1 ;; esac
    done <<END
$all
END
  done
}

# tk_kill_below PID SIGNAL [PID...]: sends it to all that descend from a shell of ours, not to the shell; with more
# numbers only to what is left of these and descends from them. Prints to which.
tk_kill_below() {
  local shell="$1" signal="$2" all pid sent=''
  shift 2
  all=$(ps -A -o pid= -o ppid= 2>/dev/null || ps -o pid,ppid)
  tk_below "$all" "$shell"
  if [ $# -gt 0 ]; then
    for pid; do
      case $tk_out in *" $pid "*) sent="$sent $pid" ;; esac
    done
    # shellcheck disable=SC2086 # numbers
    tk_below "$all" $sent
    sent=''
  fi
  for pid in $tk_out; do
    if [ "$pid" != "$shell" ] && [ "$pid" != "$$" ]; then
      kill "-$signal" "$pid" 2>/dev/null && sent="$sent $pid"
    fi
  done
  tk_line "$sent"
}

# tk_reach HOST PORT SECONDS: 0 a connection opens, 1 it does not, 3 no tool to try with.
tk_reach() {
  if tk_have nc && tk_reach_nc; then
    nc -z -w "$3" "$1" "$2" </dev/null >/dev/null 2>&1 || return 1
  elif tk_have bash; then
    # shellcheck disable=SC2016 # bash reads it
    tk_limit "$3" bash -c ': >"/dev/tcp/$1/$2"' tank "$1" "$2" >/dev/null 2>&1 || return 1
  else
    return 3
  fi
}

# Not each nc knows -z.
tk_reach_nc() {
  case $(nc -h 2>&1) in *-z*) return 0 ;; *zero-I/O*) return 0 ;; *) return 1 ;; esac
}

# ---- guards -----------------------------------------------------------------------------------------

# tk_arm SECONDS: a timer that survives this shell and then runs the request's data as a script, unless
# tk_disarm or tk_fire come first: whoever renames `armed` has won. Prints the guard's directory.
tk_arm() {
  local d dir='' n=0
  for d in /var/run /run /var/tmp /tmp "${HOME:-/}"; do
    tk_serial=$((tk_serial + 1))
    dir=$d/.tank-guard.$tk_u.$tk_serial
    if [ -w "$d" ] && mkdir -m 700 "$dir" 2>/dev/null; then break; fi
    dir=
  done
  if [ -z "$dir" ] || ! tk_feed >"$dir/undo"; then
    tk_say 'no place for the rollback of a guarded change'
    return 92
  fi
  tk_timer "$1" "$dir" </dev/null >/dev/null 2>&1 &
  while [ ! -e "$dir/armed" ]; do
    n=$((n + 1))
    if [ "$n" -gt 50 ]; then
      tk_say 'the rollback timer did not start'
      return 1
    fi
    sleep 0.1 2>/dev/null || sleep 1
  done
  tk_put "$dir"
}

# shellcheck disable=SC2016 # the new shell reads it
tk_timer() {
  trap '' HUP INT TERM
  trap - EXIT PIPE
  exec 3<&- 4>&- 5>&-
  cd /
  umask "$tk_umask0"
  set -- /bin/sh -c 'trap "" HUP INT TERM
    : >"$2/armed"
    sleep "$1"
    mv "$2/armed" "$2/fired" || exit 0
    /bin/sh "$2/undo" >"$2/log" 2>&1
    echo "$?" >"$2/code.new"
    mv "$2/code.new" "$2/code"' tank-guard "$@"
  if tk_have setsid; then exec setsid "$@"; fi
  if tk_have daemon; then exec daemon -f "$@"; fi
  exec "$@"
}

# tk_disarm DIR: 0 when the rollback will not run, 1 when it has begun.
tk_disarm() {
  mv "$1/armed" "$1/off" 2>/dev/null || return 1
  rm -rf "$1"
}

# tk_fire DIR: rolls back now; prints its output, returns its code; 253 when it has begun already.
tk_fire() {
  local rc
  mv "$1/armed" "$1/fired" 2>/dev/null || return 253
  /bin/sh "$1/undo" </dev/null 2>&1
  rc=$?
  rm -rf "$1"
  return "$rc"
}

# tk_fired DIR: what the timer's rollback printed; its code, 254 while it runs or waits.
tk_fired() {
  local rc=254
  if [ ! -e "$1/code" ]; then return 254; fi
  IFS= read -r rc <"$1/code"
  cat "$1/log"
  rm -rf "$1"
  return "$rc"
}
