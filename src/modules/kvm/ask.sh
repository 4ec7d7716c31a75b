# shellcheck shell=sh disable=SC3043,SC2154
# Follows ../told/ask.sh. For probes that ask libvirt; each call of virsh is a process of its own.

# kvm_begin URI WHAT: whether virsh is there and reaches libvirt; tells tool, and `names` by virsh WHAT.
kvm_begin() {
  told_tool tool virsh || {
    told_say tool 1 "$PATH"
    return 1
  }
  told_ask names virsh -q -c "$1" "$2" --all --name
  case $told_said in 0/*) kvm_names=${told_said#0/} ;; *) return 1 ;; esac
}

# kvm_has NAME: whether it is one of the names that were told. Some of virsh's lists have spaces behind a name.
kvm_has() {
  local line
  while IFS= read -r line; do
    kvm_trim "$line"
    if [ "$tk_out" = "$1" ]; then return 0; fi
  done <<END
$kvm_names
END
  return 1
}

# kvm_trim TEXT: sets tk_out to the text without the spaces behind it.
kvm_trim() {
  tk_out=$1
  while :; do case $tk_out in *" ") tk_out=${tk_out% } ;; *) return 0 ;; esac; done
}

# kvm_quiet PROGRAM WORDS...: without stderr, so that a warning is no part of a document.
kvm_quiet() { "$@" 2>/dev/null; }
