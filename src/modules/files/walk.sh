# shellcheck shell=sh disable=SC3043,SC2154,SC2016
# Text in front of probes that look at all below a directory.
# files_walk DIR FOLLOW LEADS WORDS...: a line for each entry: the fields of tk_stat's system call, blocks, path;
# all but the path as in `mode(hex)|mode|uid|gid|owner|group|size|mtime|atime|ctime|inode|device|links|blocks|`.
# A path with a newline has its line begin with = and is escaped as tk_esc does. FOLLOW -L: links to
# directories are walked into. LEADS 1: what a link leads to has a line of its own that begins with >.
# WORDS are find's. About one program for each thousand entries.
files_walk() {
  local dir="$1" follow="$2" leads="$3" flag=-c form='%f|%a|%u|%g|%U|%G|%s|%.Y|%.X|%.Z|%i|%d|%h|%b|%n'
  shift 3
  tk_system
  case $tk_sys in
  *BSD | DragonFly | Darwin)
    flag=-f form='%Xp|%Mp%03Lp|%u|%g|%Su|%Sg|%z|%Fm|%Fa|%Fc|%i|%d|%l|%b|%N'
    ;;
  esac
  # shellcheck disable=SC2086 # one word or none
  find $follow "$dir/" -mindepth 1 "$@" -exec sh -c "$files_batch" sh "$flag" "$form" "$leads" {} +
}
files_batch='
flag=$1 form=$2 leads=$3 nl="
"
shift 3
one() {
  rest=$1 name=
  while [ -n "$rest" ]; do
    c=${rest%"${rest#?}"} rest=${rest#?}
    case $c in
    \\) name="$name\\\\" ;;
    "$nl") name="$name\\n" ;;
    *) name=$name$c ;;
    esac
  done
  if meta=$(stat $2 "$flag" "${form%??}" -- "$1"); then printf "%s%s\n" "$3$meta" "$name"; fi
}
case "$*" in
*"$nl"*)
  for f; do
    case $f in
    *"$nl"*) one "$f" "" = ;;
    *) stat "$flag" "$form" -- "$f" ;;
    esac
  done
  ;;
*) stat "$flag" "$form" -- "$@" ;;
esac
[ "$leads" = 1 ] || exit 0
for f; do
  if [ -h "$f" ] && [ -e "$f" ]; then one "$f" -L ">"; fi
done
'
