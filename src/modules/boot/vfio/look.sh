# shellcheck shell=sh disable=SC3043,SC2154
# Follows ask.sh, the command line's look.sh and pci.sh. Words: our files and others that are edited.
local boot_f boot_dir boot_name boot_old boot_file
boot_pci
for boot_name in update-initramfs dracut; do told_tool "tool $boot_name" "$boot_name" || :; done
told_files "$@"
told_ask others grep -sE '^[[:space:]]*options[[:space:]]+vfio[-_]pci[[:space:]]' /dev/null /etc/modprobe.d/*.conf
told_ask builtin sed 's|.*/||; s|[.]ko.*||; s|-|_|g' "/lib/modules/$(uname -r)/modules.builtin"
if [ -d /etc/initramfs-tools/scripts/init-top ]; then told_say init-top 0 ''; fi
# An initrd is old when a file that goes into it is younger; without ours, when one has gone from its directory.
for boot_dir in /lib/modules/*/; do
  boot_name=${boot_dir%/}
  boot_name=${boot_name##*/}
  for boot_f in "/boot/initrd.img-$boot_name" "/boot/initramfs-$boot_name.img"; do
    if [ ! -f "$boot_f" ]; then continue; fi
    boot_old=
    for boot_file; do
      if [ ! -e "$boot_file" ]; then
        boot_file=${boot_file%/*}
        if [ ! -d "$boot_file" ] || [ -n "$boot_old" ]; then continue; fi
        boot_old=$(find "$boot_file" -prune -newer "$boot_f")
      elif [ -n "$(find "$boot_file" -newer "$boot_f")" ]; then
        boot_old=$boot_file
        break
      fi
    done
    told_say "initrd $boot_f" 0 "$boot_old"
  done
done
return 0
