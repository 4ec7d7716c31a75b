# shellcheck shell=sh disable=SC3043,SC2154
# Follows ask.sh. Words: name of the variable, the file, the same name as a pattern of grep.
local name="$1" path="$2" f
if tk_have kenv; then told_ask kenv kenv -q "$name"; fi
told_files "$path"
# Other files that the loader reads, where they set it.
for f in /boot/loader.conf /boot/loader.conf.local /boot/loader.conf.d/*.conf; do
  if [ "$f" != "$path" ] && [ -r "$f" ]; then
    tk_out_of grep "^[[:space:]]*$3[[:space:]]*=" "$f" && told_say "other $f" 0 "$tk_out"
  fi
done
return 0
