# shellcheck shell=sh disable=SC3043,SC2154,SC2034
# For the probes of services, which follow in one text. They answer in blocks of three: what was asked, its
# code, its text with what it said on stderr.

services_say() { tk_text "$1" && tk_text "$2" && tk_text "$3"; }

services_both() { "$@" 2>&1; }

# services_ask WHAT PROGRAM WORDS...: runs it and tells; sets services_told to code/text.
services_ask() {
  local what="$1" rc
  shift
  tk_out_of services_both "$@"
  rc=$?
  services_told=$rc/$tk_out
  services_say "$what" "$rc" "$tk_out"
}

# services_tool WHAT PROGRAM: where a program is, if it is there.
services_tool() {
  if tk_have "$2"; then services_say "$1" 0 "$(command -v "$2")"; else return 1; fi
}

# services_seen TEXT: whether a line of the list of processes holds it.
services_seen() {
  local line found=1
  while IFS= read -r line; do
    case $line in *pattern=*) ;; *"$1"*) found=0 ;; esac
  done <<END
$(ps auxww 2>/dev/null || ps -ef 2>/dev/null || ps)
END
  services_say processes "$found" ''
}
