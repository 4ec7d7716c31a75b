# shellcheck shell=sh disable=SC3043,SC2154,SC2016
# Follows ask.sh. Texts in single quotes are for a shell of their own. What boots this host, what its files and entries say, and what it runs with.

# As grub-mkconfig reads its defaults: each file, and both variables behind it.
boot_grub='
tell() { printf "%s\n%s\n%s\n" "$1" "$GRUB_CMDLINE_LINUX" "$GRUB_CMDLINE_LINUX_DEFAULT"; }
for f in /etc/default/grub /etc/default/grub.d/*.cfg; do
  [ -e "$f" ] || continue
  . "$f" >/dev/null 2>&1
  tell "$f"
done'

# Entries on a partition of the firmware's; where it is not mounted, in a name space of this process alone, to be read only.
boot_esp='
dev=$(readlink -f "$1") at=
[ -b "$dev" ] || { echo "$1 is not there"; exit 1; }
while read -r from dir rest; do [ "$from" != "$dev" ] || at=$dir; done </proc/self/mounts
if [ -z "$at" ]; then
  at=/mnt
  mount -t vfat -o ro,nosuid,nodev,noexec "$dev" "$at" || exit 1
fi
for f in "$at"/loader/entries/*.conf "$at"/grub/grub.cfg; do
  [ -f "$f" ] || continue
  echo "== ${f#"$at"/}"
  cat "$f"
done'

boot_proxmox() {
  local uuid list=/etc/kernel/proxmox-boot-uuids
  if [ ! -f "$list" ] || ! tk_have proxmox-boot-tool; then return 0; fi
  told_ask status proxmox-boot-tool status
  while IFS= read -r uuid; do
    case $uuid in '' | *[!A-Za-z0-9-]*) continue ;; esac
    told_ask "esp $uuid" unshare -m sh -c "$boot_esp" esp "/dev/disk/by-uuid/$uuid"
  done <"$list"
}

boot_systemd() {
  local dir f info=/sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f
  if [ -r "$info" ]; then told_ask loader sh -c 'tr -cd "[:print:]" <"$1"' tr "$info"; fi
  tk_have bootctl || return 0
  told_ask bootctl bootctl is-installed
  dir=$(bootctl -x 2>/dev/null) || dir=
  if [ ! -d "$dir/loader/entries" ]; then
    for f in /boot/efi /efi /boot; do
      if [ -d "$f/loader/entries" ]; then dir=$f; fi
    done
  fi
  told_say bootdir 0 "$dir"
  for f in "$dir"/loader/entries/*.conf; do
    if [ -f "$f" ]; then told_ask "entry $f" cat -- "$f"; fi
  done
}

boot_look() {
  local line='' f tool
  IFS= read -r line </proc/cmdline || :
  told_say running 0 "$line"
  for tool in update-grub grub-mkconfig grub2-mkconfig kernel-install grubby; do
    told_tool "tool $tool" "$tool" || :
  done
  told_files /etc/kernel/cmdline /usr/lib/kernel/cmdline /etc/default/grub.d/90-tank.cfg
  boot_proxmox
  boot_systemd
  if [ -d /etc/default/grub.d ]; then told_say defaults 0 ''; fi
  for tool in grub-mkconfig grub2-mkconfig; do
    if tk_have "$tool"; then told_ask drop-ins grep -c default/grub.d "$(command -v "$tool")"; fi
  done
  if [ -e /etc/default/grub ]; then told_ask grub sh -c "$boot_grub"; fi
  for f in /boot/grub/grub.cfg /boot/grub2/grub.cfg; do
    [ -f "$f" ] || continue
    told_ask "cfg $f" grep -E '^### BEGIN |^[[:space:]]*(menuentry|submenu|linux|linux16|linuxefi)[[:space:]]' "$f"
  done
  if tk_have grubby; then told_ask grubby grubby --info=ALL; fi
  return 0
}
boot_look
