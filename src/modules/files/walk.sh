# shellcheck shell=sh disable=SC3043,SC2154,SC2016
# Text in front of probes that look at all below a directory.
# files_walk DIR FOLLOW LEADS WORDS...: a line for each entry: the fields of tk_stat's system call, blocks, path;
# all but the path as in `mode(hex)|mode|uid|gid|owner|group|size|mtime|atime|ctime|inode|device|links|blocks|`.
# A path with a newline has its line begin with = and is escaped as tk_esc does. FOLLOW -L: links to
# directories are walked into. LEADS 1: what a link leads to has a line of its own that begins with >; d: only if it is a directory;
# t: as 1, and the target text of a link before it, escaped, behind < and in front of a tab and the path.
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
" tab="	"
shift 3
esc() {
  rest=$1 name=
  while [ -n "$rest" ]; do
    c=${rest%"${rest#?}"} rest=${rest#?}
    case $c in
    \\) name="$name\\\\" ;;
    "$nl") name="$name\\n" ;;
    "$tab") name="$name\\t" ;;
    *) name=$name$c ;;
    esac
  done
}
one() {
  esc "$1"
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
[ "$leads" != 0 ] || exit 0
for f; do
  [ -h "$f" ] || continue
  if [ "$leads" = t ] && to=$(readlink -n "$f" && echo .); then
    esc "${to%.}"
    to=$name
    esc "$f"
    printf "%s\n" "<$to$tab$name"
  fi
  case $leads in
  d) [ -d "$f" ] || continue ;;
  *) [ -e "$f" ] || continue ;;
  esac
  one "$f" -L ">"
done
'
