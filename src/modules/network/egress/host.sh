#!/bin/sh
# shellcheck disable=SC3043 # every sh of Linux has local
# Loads the egress rules of one guest, and keeps the addresses of its names. Written by tank: changes are lost.
# NAME.nft beside it holds the rules, NAME.names the table, how long an address stays, and which set takes which
# name. What names answered is kept in /var/lib/tank-egress, so that a boot without a resolver has it too.
set -u
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
umask 077
base=${0%.sh}
name=${base##*/}
state=/var/lib/tank-egress
held=$state/$name.addresses
family='' table='' keep=0 now=$(date +%s)

head_of() {
  read -r _ family table && read -r _ keep
}

names() {
  [ ! -r "$base.names" ] || sed -n 's/^name //p' "$base.names"
}

# The addresses that are kept, as elements; only of sets that there are.
elements() {
  local set address known
  known=" $(names | cut -d ' ' -f 1,2 | tr '\n' ' ') "
  [ ! -r "$held" ] || while read -r _ set address _; do
    case $known in *" $set "*) echo "add element $family $table $set { $address }" ;; esac
  done <"$held"
}

load() {
  { cat "$base.nft"; elements; } | nft -f - && return
  # What is kept must not keep the rules away.
  nft -f "$base.nft"
}

# Addresses of one name: "TIME SET ADDRESS NAME"; 1: nobody answered.
answers() {
  local four="$1" six="$2" host="$3" got=1 address
  for address in $(timeout 15 getent ahostsv4 "$host" | cut -d ' ' -f 1 | sort -u); do
    got=0
    [ "$four" = - ] || echo "$now $four $address $host"
  done
  for address in $(timeout 15 getent ahostsv6 "$host" | cut -d ' ' -f 1 | sort -u); do
    case $address in ::ffff:*) continue ;; esac
    got=0
    [ "$six" = - ] || echo "$now $six $address $host"
  done
  return "$got"
}

# New answers, and old ones that still count. A name that nobody answers keeps all that it had.
collect() {
  local four six host failed=''
  : >"$held.new"
  while read -r four six host; do
    answers "$four" "$six" "$host" >>"$held.new" || failed="$failed $host"
  done <"$held.list"
  [ ! -r "$held" ] || awk -v now="$now" -v keep="$keep" -v failed="$failed " '
    FILENAME == ARGV[1] { have[$2 " " $3 " " $4] = 1; next }
    !(($2 " " $3 " " $4) in have) && (now - $1 < keep || index(failed, " " $4 " ")) { print }
  ' "$held.new" "$held" >"$held.old"
  [ ! -e "$held.old" ] || cat "$held.old" >>"$held.new"
  rm -f "$held.old"
  [ -z "$failed" ] || echo "not resolved:$failed" >&2
  [ -z "$failed" ]
}

refresh() {
  local rc=0 four six host
  mkdir -p "$state" || return
  exec 9>"$state/.$name.lock"
  flock 9
  names >"$held.list"
  collect || rc=1
  mv "$held.new" "$held" || return
  # A table that somebody took away comes back.
  nft list table "$family" "$table" >/dev/null 2>&1 || load || return
  {
    while read -r four six host; do
      [ "$four" = - ] || echo "flush set $family $table $four"
      [ "$six" = - ] || echo "flush set $family $table $six"
    done <"$held.list"
    elements
  } | nft -f - || return
  rm -f "$held.list"
  return "$rc"
}

[ ! -r "$base.names" ] || head_of <"$base.names"
case ${1-} in
load) load ;;
refresh) refresh ;;
*)
  echo "usage: $0 load|refresh" >&2
  exit 2
  ;;
esac
