# shellcheck shell=sh disable=SC3043,SC2154
# Words: the URI, then one of virsh's commands with its words. `define` and its kin read their document from stdin;
# `validate` behind them: only what libvirt knows, for it drops other elements in silence.
local uri="$1" verb="$2"
shift 2
case $verb in
define | net-define | pool-define)
  set -- /dev/stdin "$@"
  if [ "$2" = validate ]; then
    set -- /dev/stdin
    # The schemas are not on every host, and older versions can validate domains only.
    if [ -d /usr/share/libvirt/schemas ] && virsh help "$verb" 2>/dev/null | grep -q -e --validate; then
      set -- /dev/stdin --validate
    fi
  fi
  LC_ALL=C virsh -q -c "$uri" "$verb" "$@"
  ;;
*) LC_ALL=C virsh -q -c "$uri" "$verb" "$@" </dev/null ;;
esac
