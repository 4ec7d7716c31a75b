# shellcheck shell=sh disable=SC2154
# Numbers of this shell's user, and the account that the login names.
if setup_wants user; then
  setup_say id id
  setup_u=${LOGNAME:-${USER:-${LNAME:-${USERNAME:-}}}}
  [ -n "$setup_u" ] || setup_u=$(id -un)
  tk_line "user:$setup_u"
  setup_f=$(tk_getent passwd "$setup_u") || setup_f=$(tk_getent passwd "$(id -u)")
  tk_line "passwd:$setup_f"
fi
