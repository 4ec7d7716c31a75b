# shellcheck shell=sh disable=SC3043,SC2154
# Follows ask.sh and pci.sh.
boot_remapping() {
  if grep -q ' IR-' /proc/interrupts; then
    echo /proc/interrupts
  else
    { dmesg || journalctl -k -b --no-pager; } 2>/dev/null | grep -E 'Enabled IRQ remapping|Interrupt remapping enabled'
  fi
}
boot_line=''
IFS= read -r boot_line </proc/cmdline || :
told_say running 0 "$boot_line"
boot_pci
told_ask remapping boot_remapping
return 0
