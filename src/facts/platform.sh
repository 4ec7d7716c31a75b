# shellcheck shell=sh disable=SC2154
# The word size, and the names that the resolver has for this host's name.
if setup_wants platform; then
  if tk_have getconf; then setup_say bits getconf LONG_BIT; fi
  set -- "$@" /var/lib/dbus/machine-id /etc/machine-id
  setup_f=${setup_uname#* }
  setup_node=${setup_f%% *}
  if tk_have getent; then
    setup_f=
    case $tk_sys in Linux) setup_f=$(tk_limit "$setup_limit" getent ahosts "$setup_node" 2>/dev/null) ;; esac
    [ -n "$setup_f" ] || setup_f=$(tk_limit "$setup_limit" getent hosts "$setup_node" 2>/dev/null)
    setup_f=${setup_f%%[ "$tk_tab"]*}
    if [ -n "$setup_f" ]; then setup_say names tk_limit "$setup_limit" getent hosts "$setup_f"; fi
  fi
fi
