# shellcheck shell=sh disable=SC3043,SC2154
# Follows ask.sh. Words: name of the module, files of settings.
local name="$1" dir found=''
shift
if told_tool tool kldstat; then
  # A file that was loaded, or a module of the kernel itself.
  told_ask file kldstat -q -n "$name"
  case $told_said in
  0/*) ;;
  *)
    told_ask module kldstat -q -m "$name"
    case $told_said in
    0/*) ;;
    *)
      # Some are listed as bus/name.
      told_ask all kldstat -v
      tk_out_of sysctl -n kern.module_path
      local IFS=";$tk_nl"
      for dir in $tk_out; do
        if [ -e "$dir/$name.ko" ]; then found=$dir/$name.ko; fi
      done
      unset IFS
      told_say found 0 "$found"
      ;;
    esac
    ;;
  esac
  # What it said when it was loaded and could not work: kldload takes that for success.
  told_say errors 0 "$(dmesg 2>/dev/null | grep "MOD_LOAD ($name, .*) error")"
else
  told_say tool 127 "$PATH"
fi
told_files "$@"
return 0
