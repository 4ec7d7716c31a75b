# shellcheck shell=sh disable=SC3043
# Words: a snapshot or bookmark and its guid, another and its guid, ...
# Destroys them in this order, but none if one of them is another by now.
local word='' name='' pass='' now=''
for pass in check destroy; do
  name=
  for word; do
    if [ -z "$name" ]; then
      name=$word
      continue
    fi
    if [ "$pass" = destroy ]; then
      zfs destroy "$name" || return
    else
      now=$(zfs get -Hp -o value guid "$name") || return
      if [ "$now" != "$word" ]; then
        tk_line "$name is another than it was when this was planned; nothing was destroyed" >&2
        return 75
      fi
    fi
    name=
  done
done
