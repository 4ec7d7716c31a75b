# shellcheck shell=sh disable=SC3043,SC2154
# Follows ask.sh. Words: name of the module as /proc/modules has it, a pattern of its file's path, then directories
# whose files say what is loaded at boot and how.
local name="$1" pattern="$2" module rest loaded=1 f
shift 2
if told_tool tool modprobe; then :; else told_say tool 127 "$PATH"; fi
if [ -r /proc/modules ]; then
  while read -r module rest; do
    if [ "$module" = "$name" ]; then loaded=0; fi
  done </proc/modules
fi
told_say loaded "$loaded" ''
told_ask builtin grep -c -e "$pattern" "/lib/modules/$(uname -r)/modules.builtin"
while [ "$#" != 0 ]; do
  for f in "$1"/* "$1"/.[!.]*; do
    if [ -f "$f" ]; then told_files "$f"; fi
  done
  shift
done
return 0
