# shellcheck shell=sh disable=SC3043,SC2154,SC2034
# For probes that follow in one text. They answer in blocks of three: what was asked, its code, its text with what
# it said on stderr. A file is `file PATH`, its tk_stat line (links followed) and its content.

told_say() { tk_text "$1" && tk_text "$2" && tk_text "$3"; }

told_both() { "$@" 2>&1; }

# told_ask WHAT PROGRAM WORDS...: runs it and tells; sets told_said to code/text.
told_ask() {
  local what="$1" rc
  shift
  tk_out_of told_both "$@"
  rc=$?
  told_said=$rc/$tk_out
  told_say "$what" "$rc" "$tk_out"
}

# told_tool WHAT PROGRAM: where a program is, if it is there.
told_tool() {
  if tk_have "$2"; then told_say "$1" 0 "$(command -v "$2")"; else return 1; fi
}

# told_files PATH...: files with their content.
told_files() {
  local f
  for f; do
    tk_text "file $f"
    tk_text "$(tk_stat "$f" follow)"
    tk_read "$f" || :
  done
}
