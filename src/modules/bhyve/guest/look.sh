# shellcheck shell=sh disable=SC3043,SC2154
# Follows ask.sh. Words: the machine, a pattern of its process, vm_dir, a template.
# Answers: the directory, the machine's file and the template, whether it runs, its lock.
local name="$1" pattern="$2" dir="$3" template="$4"
case $dir in
zfs:*)
  told_ask dir zfs get -H -o value mountpoint "${dir#zfs:}"
  dir=${told_said#*/}
  dir=${dir%"$tk_nl"}
  ;;
*) told_say dir 0 "$dir" ;;
esac
told_files "$dir/$name/$name.conf" "$dir/.templates/$template.conf"
set -- "$name" "$pattern"
if [ -f "$dir/$name/run.lock" ]; then told_ask lock cat "$dir/$name/run.lock"; fi
told_say host 0 "$(hostname)"
