# shellcheck shell=sh disable=SC2154
# Where the zone may have summer time: its names in January and in July, as the C library's tzname.
if setup_wants date_time; then
  case $setup_now in
  *'|UTC|+0000|'*) ;;
  *)
    setup_f=${setup_now%|*|*|*}
    setup_f=${setup_f##*|}
    setup_f=$((setup_f / 31557600 * 31557600))
    for setup_t in "$setup_f" "$((setup_f + 15778800))"; do
      case $tk_sys in
      *BSD | DragonFly | Darwin) setup_say zone date -r "$setup_t" '+%Z|%z' ;;
      *) setup_say zone date -d "@$setup_t" '+%Z|%z' ;;
      esac
    done
    ;;
  esac
fi
