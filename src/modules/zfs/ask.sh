# shellcheck shell=sh disable=SC3043,SC2154
# For the probes of ZFS, which follow in one text. They answer in blocks of three: what was asked, its code, what
# it printed. What it said on stderr stands there behind the line @WHAT.

zfs_tell() { tk_text "$1" && tk_text "$2" && tk_text "$3"; }

# zfs_ask WHAT PROGRAM WORDS...: runs it and tells; sets zfs_said to what it printed and zfs_rc to its code.
zfs_ask() {
  local what="$1"
  shift
  tk_line "@$what" >&2
  tk_out_of "$@"
  zfs_rc=$?
  zfs_said=$tk_out
  zfs_tell "$what" "$zfs_rc" "$zfs_said"
}

# zfs_get WHAT PROPERTIES NAME...: asks for properties, numbers in full. It is known to every version.
zfs_get() {
  local what="$1" properties="$2"
  shift 2
  zfs_ask "$what" zfs get -Hp -o name,property,value,source "$properties" "$@"
}

# zfs_tools: whether both programs are there; else it tells where they were looked for.
zfs_tools() {
  if tk_have zfs && tk_have zpool; then return 0; fi
  zfs_tell tools 1 "$PATH"
  return 1
}
