# shellcheck shell=sh disable=SC3043,SC2154
# Follows ask.sh. Words: scope (system, user, global), 1 when it is wanted whether the unit is enabled, its name
# or nothing.
(
  scope=--$1 wanted=$2 name=$3
  # shellcheck disable=SC2086 # one word or none
  ask() {
    local what="$1"
    shift
    told_ask "$what" systemctl $scope "$@"
  }
  if ! told_tool tool systemctl; then
    told_say tool 127 "$PATH"
    exit 0
  fi
  case $1 in
  system) scope= ;;
  user) : "${XDG_RUNTIME_DIR:=/run/user/$(id -u)}" && export XDG_RUNTIME_DIR ;;
  esac
  # shellcheck disable=SC3013 # all our shells know -ef
  if [ "${SYSTEMD_OFFLINE-}" = 1 ] || [ -n "${debian_chroot-}" ] ||
    { [ -e /proc/1/root/. ] && [ ! / -ef /proc/1/root/. ]; }; then
    told_say offline 0 ''
  fi
  [ -n "$name" ] || exit 0
  indirect=0
  if [ "$wanted" = 1 ]; then
    ask enabled is-enabled "$name"
    case $told_said in */indirect*) indirect=1 ;; esac
  fi
  if [ "$indirect" = 1 ]; then
    # Whether enabling such a unit changes anything is seen in what does not change by itself.
    ask show show -p Id,Names,LoadState,LoadError,ActiveState,SubState,UnitFileState,Type,Result,MainPID \
      -p InvocationID,InactiveExitTimestampMonotonic,FragmentPath,NeedDaemonReload "$name"
    file=${told_said#*"$tk_nl"FragmentPath=}
    file=${file%%"$tk_nl"*}
    if [ -r "$file" ]; then
      while IFS= read -r line; do
        # shellcheck disable=SC2086 # names of units
        case $line in Also=*) ask also is-enabled ${line#Also=} ;; esac
      done <"$file"
    fi
  else
    ask show show "$name"
    case $told_said in
    0/*=*) ;;
    *)
      # systemd does not tell; its files do.
      [ "$wanted" = 1 ] || ask enabled is-enabled "$name"
      ask files list-unit-files "$name"
      ;;
    esac
  fi
  case $name in /*) script=$name ;; *) script=/etc/init.d/${name%.service} ;; esac
  if [ -e "$script" ]; then
    links=1
    for link in /etc/rc?.d/S??"${name%.service}"; do
      if tk_exists "$link"; then links=0; fi
    done
    told_say script "$links" "$script"
  fi
  exit 0
)
