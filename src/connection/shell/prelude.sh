# shellcheck shell=sh disable=SC3043,SC2154
# What every shell of ours runs first: framing, and the differences between GNU, BSD and busybox.
#
# `local` is used because dash, FreeBSD's sh, busybox ash, mksh and bash all have it.
# Before this text the client sets: tk_m (mark at the end of answers), tk_k (mark in front of requests),
# tk_tty (1 when stdout and stderr are one terminal), tk_u (part of the names of temporary files), tk_tab and tk_cr (those characters).
#
# RULES FOR PROBE SCRIPTS (a probe is the body of a function that runs in this very shell)
#  - POSIX sh and the functions below. `local` for every variable, quoted: local f="$1". No `exit`, no
#    `exec`, no `cd`, no `set -e/-u/-f`, no `trap`, no redirection of descriptors 3 to 5. Wrap in ( ) what needs these.
#  - stdin is /dev/null, or the probe's input. LC_ALL is C. PATH has all sbin directories. umask is 077.
#  - Answers go to stdout; stderr comes back apart; the return code is the answer's.
#  - Names may hold any byte but NUL: print them with tk_esc (one line each) or between NULs.
#  - A builtin costs microseconds, a program about a millisecond, and so does $( ): prefer functions that set tk_out.
#  - Names that begin with tk_ are ours. tk_out does not survive the next call of a tk_ function.

tk_nl='
'
tk_sys='' tk_out='' tk_dir='' tk_kept='' tk_serial=0

# ---- text -------------------------------------------------------------------------------------------

# tk_put TEXT: prints exactly the text, without a newline. A builtin in every shell.
if [ -n "${KSH_VERSION-}" ] && command -v print >/dev/null; then
  tk_put() { print -rn -- "$1"; }
else
  tk_put() { printf %s "$1"; }
fi

# tk_line TEXT: prints the text and a newline.
tk_line() { tk_put "$1$tk_nl"; }

# tk_swap TEXT FROM TO: sets tk_out to the text with each FROM (literal) replaced by TO. No fork.
tk_swap() {
  local rest="$1"
  tk_out=
  while :; do
    case $rest in
    *"$2"*) tk_out=$tk_out${rest%%"$2"*}$3 rest=${rest#*"$2"} ;;
    *) break ;;
    esac
  done
  tk_out=$tk_out$rest
}

# tk_escape TEXT: sets tk_out to the text on one line: backslash as \\, newline as \n, tab as \t, CR as \r.
tk_escape() {
  tk_out=$1
  case $1 in *\\* | *"$tk_nl"* | *"$tk_tab"* | *"$tk_cr"*) ;; *) return 0 ;; esac
  # shellcheck disable=SC1003 # a backslash, not an attempt to escape the quote
  tk_swap "$tk_out" '\' '\\'
  tk_swap "$tk_out" "$tk_nl" '\n'
  tk_swap "$tk_out" "$tk_tab" '\t'
  tk_swap "$tk_out" "$tk_cr" '\r'
}

# tk_esc TEXT: prints the text so escaped, and a newline.
tk_esc() { tk_escape "$1" && tk_line "$tk_out"; }

# ---- tools and system -------------------------------------------------------------------------------

# tk_have TOOL: whether a program (or builtin) of this name is there. No fork.
tk_have() { command -v "$1" >/dev/null 2>&1; }

# tk_system: sets tk_sys to `uname -s` (Linux, FreeBSD, ...). One fork at first use.
tk_system() { [ -n "$tk_sys" ] || tk_sys=$(uname -s); }

# tk_limit SECONDS PROGRAM WORDS...: runs a program that may hang; 124 or 143 when it took too long.
tk_limit() {
  local p r
  if tk_have timeout; then
    timeout "$@"
    return
  fi
  (
    p=$1
    shift
    "$@" &
    r=$!
    (sleep "$p"; kill "$r") >/dev/null 2>&1 &
    wait "$r"
    p=$?
    kill $! 2>/dev/null
    exit "$p"
  )
}

# tk_getent DB KEY: prints the line of passwd, group, shadow... with this name or number; 2: there is none.
tk_getent() {
  local line name rest number
  if tk_have getent; then
    getent "$1" "$2" 2>/dev/null
    return
  fi
  while IFS= read -r line; do
    name=${line%%:*}
    rest=${line#*:*:}
    number=${rest%%:*}
    if [ "$name" = "$2" ] || [ "$number" = "$2" ]; then
      tk_line "$line"
      return 0
    fi
  done <"/etc/$1"
  return 2
}

# ---- paths ------------------------------------------------------------------------------------------

# tk_arg PATH: sets tk_out to the path so that no tool takes it for an option: ./-x for -x.
tk_arg() {
  case $1 in -*) tk_out=./$1 ;; *) tk_out=$1 ;; esac
}

# tk_exists PATH: whether anything is there, a dangling link included. No fork.
tk_exists() { [ -e "$1" ] || [ -h "$1" ]; }

# tk_link PATH: sets tk_out to the target text of a link, every byte of it. One fork.
tk_link() {
  tk_arg "$1"
  tk_out=$(readlink -n "$tk_out" && tk_put .) || return 1
  tk_out=${tk_out%.}
}

# tk_resolve PATH: sets tk_out to what a chain of links at PATH leads to (the last part only; it may not
# exist); the path itself when it is no link. A fork per link. 1: over 40 links.
tk_resolve() {
  local at="$1" n=0
  while [ -h "$at" ]; do
    n=$((n + 1))
    if [ "$n" -gt 40 ] || ! tk_link "$at"; then return 1; fi
    case $tk_out in /*) at=$tk_out ;; *) at=${at%"${at##*/}"}$tk_out ;; esac
  done
  tk_out=$at
}

# tk_parent PATH: sets tk_out to the directory that holds it. No fork.
tk_parent() {
  local p="$1"
  while :; do case $p in ?*/) p=${p%/} ;; *) break ;; esac; done
  case $p in
  /*/*) tk_out=${p%/*} ;;
  /*) tk_out=/ ;;
  */*) tk_out=${p%/*} ;;
  *) tk_out=. ;;
  esac
}

# tk_list DIR: prints the names in a directory, dot files too, one escaped name a line (see tk_esc), in no
# promised order. No fork.
tk_list() {
  local f
  for f in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    if tk_exists "$f"; then tk_esc "${f##*/}"; fi
  done
}

# tk_stat PATH [follow] [sum]: one line of 14 fields separated by `|`, `-` when nothing is there:
#   type|mode|uid|gid|owner|group|size|mtime|atime|ctime|inode|device|links|sha1
# and for a link `|` and its target, escaped as tk_esc does. type: f d l c b p s; mode: octal; sha1: `-`, or
# with `sum` that of a regular file that can be read. `follow`: of what a link leads to (dangling: `-`).
# spec::PathState::parse reads it. One fork, one more for a link's target or a sum.
tk_stat() {
  tk_stat_words "${2-}${3-}"
  case $tk_kept in
  *"$tk_nl$tk_st_l$tk_st_s:$1$tk_nl"*) tk_stat_kept "$tk_st_l$tk_st_s:$1" ;;
  *) tk_stat_list "$1" ;;
  esac
}

# tk_warm [-follow] [-sum] -- PATH...: keeps the lines of these paths for the calls of tk_stat that follow,
# until tk_kept is emptied: a line of flags, a colon and the path, then the path's own.
tk_warm() {
  local lines p
  tk_system
  lines=$(tk_stat_many "$@" 2>/dev/null)
  p=
  while [ "$1" != -- ]; do
    p=$p$1
    shift
  done
  shift
  tk_stat_words "$p"
  tk_stat_count "$lines" "$#" || return 0
  for p; do
    tk_kept=${tk_kept:-$tk_nl}$tk_st_l$tk_st_s:$p$tk_nl${lines%%"$tk_nl"*}$tk_nl
    lines=${lines#*"$tk_nl"}
  done
}

# tk_stat_kept KEY: prints the line behind this one. By words: to cut a long text at its front costs some
# shells the square of its length.
tk_stat_kept() {
  local line found='' IFS="$tk_nl"
  set -f
  for line in $tk_kept; do
    [ -z "$found" ] || break
    [ "$line" != "$1" ] || found=1
  done
  set +f
  tk_line "$line"
}

# tk_stat_many [-follow] [-sum] -- PATH...: the same lines, one for each path in their order. One fork for
# all of them, one for all sums, one for each link.
tk_stat_many() {
  local words=
  while [ "$1" != -- ]; do
    words=$words$1
    shift
  done
  shift
  tk_stat_words "$words"
  tk_stat_list "$@"
}

tk_stat_words() {
  tk_st_l='' tk_st_s=''
  case $1 in *follow*) tk_st_l=-L ;; esac
  case $1 in *sum*) tk_st_s=1 ;; esac
}

# Whether stat would find it: with `follow` a dangling link is nothing.
tk_stat_there() { [ -e "$1" ] || { [ -z "$tk_st_l" ] && [ -h "$1" ]; }; }

tk_stat_file() { [ -f "$1" ] && [ -r "$1" ] && { [ -n "$tk_st_l" ] || [ ! -h "$1" ]; }; }

# Marks each path 0 (nothing), 1 (something) or 2 (with a sum) in tk_st_marks; asks for all at once.
tk_stat_list() {
  local p n="$#" marks='' lines='' sums='' sum
  for p; do
    if ! tk_stat_there "$p"; then
      marks=${marks}0
      continue
    fi
    set -- "$@" "$p"
    if [ -n "$tk_st_s" ] && tk_stat_file "$p"; then marks=${marks}2; else marks=${marks}1; fi
  done
  shift "$n"
  if [ "$#" != 0 ]; then
    tk_stat_ask "$@"
    lines=$tk_out
    if ! tk_stat_count "$lines" "$#"; then
      tk_stat_each "$n" "$marks" "$@"
      return
    fi
  fi
  case $marks in
  *2*)
    tk_stat_sums "$marks" "$@" || { tk_stat_each "$n" "$marks" "$@"; return; }
    sums=$tk_out
    ;;
  esac
  while [ -n "$marks" ]; do
    case $marks in
    0*) tk_line - ;;
    *)
      sum=-
      case $marks in
      2*)
        sum=${sums%%"$tk_nl"*}
        sum=${sum#\\}
        sum=${sum%% *}
        sums=${sums#*"$tk_nl"}
        ;;
      esac
      tk_stat_line "$1" "${lines%%"$tk_nl"*}" "$sum"
      lines=${lines#*"$tk_nl"}
      shift
      ;;
    esac
    marks=${marks#?}
  done
}

# One by one: for names that break lines, and when something vanished meanwhile.
tk_stat_each() {
  local n="$1" marks="$2"
  shift 2
  while [ -n "$marks" ]; do
    case $marks in
    0*) tk_line - ;;
    *)
      if [ "$n" = 1 ]; then tk_line -; else tk_stat_list "$1"; fi
      shift
      ;;
    esac
    marks=${marks#?}
  done
}

# tk_stat_count TEXT N: whether the text has N lines.
tk_stat_count() {
  local left="$1" n=0
  while [ -n "$left" ]; do
    n=$((n + 1))
    case $left in *"$tk_nl"*) left=${left#*"$tk_nl"} ;; *) left= ;; esac
  done
  [ "$n" = "$2" ]
}

# shellcheck disable=SC2086 # the option is one word or none
tk_stat_ask() {
  tk_system
  case $tk_sys in
  *BSD | DragonFly | Darwin)
    tk_out=$(stat $tk_st_l -f '%Xp|%Mp%03Lp|%u|%g|%Su|%Sg|%z|%Fm|%Fa|%Fc|%i|%d|%l' -- "$@" 2>/dev/null)
    ;;
  *) tk_out=$(stat $tk_st_l -c '%f|%a|%u|%g|%U|%G|%s|%.Y|%.X|%.Z|%i|%d|%h' -- "$@" 2>/dev/null) ;;
  esac
}

# tk_stat_sums MARKS PATH...: sets tk_out to the sums of those marked 2; 1: their number is wrong.
tk_stat_sums() {
  local marks="$1" p n
  shift
  n=$#
  for p; do
    while :; do case $marks in 0*) marks=${marks#0} ;; *) break ;; esac; done
    case $marks in 2*) set -- "$@" "$p" ;; esac
    marks=${marks#?}
  done
  shift "$n"
  tk_digest sha1 "$@"
  tk_stat_count "$tk_out" "$#"
}

# tk_stat_line PATH RAW SHA1
tk_stat_line() {
  local t=''
  case $2 in
  8*) t=f ;;
  4*) t=d ;;
  [aA]*) t=l ;;
  2*) t=c ;;
  6*) t=b ;;
  1*) t=p ;;
  *) t=s ;;
  esac
  t="$t|${2#*"|"}|$3"
  if [ "${t%%"|"*}" = l ] && tk_link "$1"; then
    tk_escape "$tk_out"
    t="$t|$tk_out"
  fi
  tk_line "$t"
}

# ---- content ----------------------------------------------------------------------------------------

# tk_sum ALG PATH: prints the digest of a file in hex and a newline; `-` when it is no readable file.
# ALG: md5, sha1, sha224, sha256, sha384, sha512. One fork.
tk_sum() {
  tk_hash "$1" "$2"
  tk_line "$tk_out"
}

# tk_sha1 PATH: tk_sum sha1 PATH.
tk_sha1() { tk_sum sha1 "$1"; }

# tk_hash ALG PATH: as tk_sum, but sets tk_out.
tk_hash() {
  if [ -f "$2" ] && [ -r "$2" ] && tk_digest "$1" "$2" && [ -n "$tk_out" ]; then
    tk_out=${tk_out#\\}
    tk_out=${tk_out%% *}
  else
    tk_out=-
  fi
}

# tk_digest ALG PATH...: sets tk_out to a line for each file that begins with its digest (a backslash may
# stand before it).
tk_digest() {
  local alg="$1" tool=sum
  shift
  if ! tk_have "${alg}sum"; then if tk_have "$alg"; then tool=plain; else tool=openssl; fi; fi
  # One file goes through stdin: its name may break lines.
  case $tool$# in
  sum1) tk_out=$("${alg}sum" <"$1") ;;
  sum*) tk_out=$("${alg}sum" -- "$@") ;;
  plain1) tk_out=$("$alg" -q <"$1") ;;
  plain*) tk_out=$("$alg" -q "$@") ;;
  openssl1) tk_out=$(openssl dgst -r "-$alg" <"$1") ;;
  *) tk_out=$(openssl dgst -r "-$alg" "$@") ;;
  esac
}

# tk_read PATH: content of a file with its length: a line with the number of bytes, the bytes, a newline;
# only the line `-` when it is no readable file. spec::Answer::blocks reads such answers. Two forks.
tk_read() {
  local size=''
  if [ -f "$1" ] && [ -r "$1" ]; then size=$(wc -c <"$1"); fi
  if [ -z "$size" ]; then
    tk_line -
    return 1
  fi
  tk_line "$((size))"
  [ "$((size))" = 0 ] || head -c "$((size))" <"$1"
  tk_line ''
}

# tk_text TEXT: a text of ours in the same form: length, bytes, newline. No fork.
tk_text() { tk_line "${#1}$tk_nl$1"; }

# tk_out_of PROGRAM WORDS...: sets tk_out to all that a program prints (not NUL), with its final newlines,
# and returns its code.
tk_out_of() {
  local rc
  tk_out=$("$@"; rc=$?; tk_put .; exit "$rc")
  rc=$?
  tk_out=${tk_out%.}
  return "$rc"
}

# ---- temporary files --------------------------------------------------------------------------------

# tk_tmp: makes the session's directory (0700, removed at the end) if need be and sets tk_out to the name
# of a file in it that does not exist yet; 1: no directory can be written. For output that is too large for
# a variable. One fork at first use.
tk_tmp() {
  tk_need_dir || return 1
  tk_serial=$((tk_serial + 1))
  tk_out=$tk_dir/t$tk_serial
}

tk_need_dir() {
  local d
  [ -z "$tk_dir" ] || [ ! -d "$tk_dir" ] || return 0
  for d in "${TMPDIR:-/tmp}" /tmp /var/tmp /dev/shm "${HOME:-/}"; do
    if [ ! -d "$d" ] || [ ! -w "$d" ]; then continue; fi
    tk_serial=$((tk_serial + 1))
    tk_dir=$d/.tank.$tk_u.$tk_serial
    if mkdir -m 700 "$tk_dir" 2>/dev/null; then return 0; fi
  done
  tk_dir=
  return 1
}

