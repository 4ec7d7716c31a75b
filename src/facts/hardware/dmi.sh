# shellcheck shell=sh disable=SC2154
# What the firmware says of the machine, by dmidecode where the kernel does not say it.
if setup_wants hardware && [ ! -e /sys/devices/virtual/dmi/id/product_name ] && tk_have dmidecode; then
  for setup_f in bios-release-date bios-vendor bios-version baseboard-asset-tag baseboard-product-name \
    baseboard-serial-number baseboard-manufacturer baseboard-version chassis-asset-tag chassis-serial-number \
    chassis-manufacturer chassis-version chassis-type system-product-name system-serial-number system-uuid \
    system-version system-manufacturer; do
    if setup_t=$(dmidecode -s "$setup_f" 2>/dev/null); then setup_lines "dmi.$setup_f" "$setup_t"; fi
  done
fi
