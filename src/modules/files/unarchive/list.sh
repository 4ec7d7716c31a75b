# shellcheck shell=sh disable=SC3043,SC2154
# $1 gnu, bsd or zip; $2 the program; $3 the directory; $4 the archive; then words of the program, `--` and members.
# Answers blocks: what the list says, what the second list says (what differs; checksums), and stderr of both.
local kind="$1" tar="$2" dir="$3" src="$4"
shift 4
unarchive_both() { "$@" 2>&1; }
unarchive_tell() {
  local rc
  tk_out_of "$@"
  rc=$?
  tk_text "$tk_out"
  return "$rc"
}
case $kind in
gnu)
  unarchive_tell "$tar" --list -v --full-time --numeric-owner --quoting-style=escape -C "$dir" "$@" || return
  unarchive_tell unarchive_both "$tar" --diff --quoting-style=escape -C "$dir" "$@" || [ "$?" -le 2 ]
  ;;
bsd)
  unarchive_tell "$tar" -tf "$src" || return
  unarchive_tell "$tar" --format=mtree \
    --options='mtree:!all,type,mode,uid,gid,uname,gname,size,time,link,sha1' "$@" -cf - "@$src"
  ;;
*)
  unarchive_tell zipinfo -T -s "$src" "$@" || return
  unarchive_tell unzip -v "$src" "$@"
  ;;
esac
