# shellcheck shell=sh disable=SC3043
# Has systemd's kernel-install write the entry of each kernel that is there. Fails with the first that fails.
local dir version initrd found=1
for dir in /lib/modules/*/; do
  version=${dir%/}
  version=${version##*/}
  if [ ! -f "/boot/vmlinuz-$version" ]; then continue; fi
  found=0
  initrd=/boot/initrd.img-$version
  if [ -f "$initrd" ]; then
    kernel-install add "$version" "/boot/vmlinuz-$version" "$initrd" || return
  else
    kernel-install add "$version" "/boot/vmlinuz-$version" || return
  fi
done
if [ "$found" != 0 ]; then echo "no /boot/vmlinuz-VERSION is there" >&2; fi
return "$found"
