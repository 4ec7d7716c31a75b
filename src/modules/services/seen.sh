# shellcheck shell=sh disable=SC3043,SC2154
# For the probes of services, which follow in one text.

# services_seen TEXT: whether a line of the list of processes holds it.
services_seen() {
  local line found=1
  while IFS= read -r line; do
    case $line in *pattern=*) ;; *"$1"*) found=0 ;; esac
  done <<END
$(ps auxww 2>/dev/null || ps -ef 2>/dev/null || ps)
END
  told_say processes "$found" ''
}
