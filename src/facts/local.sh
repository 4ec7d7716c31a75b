# shellcheck shell=sh disable=SC2154
# Facts that the host keeps itself: *.fact files are run as commands of the user, or read.
if setup_wants local && [ -n "$setup_path" ]; then
  setup_n=0 setup_e=/dev/null
  ! tk_tmp || setup_e=$tk_out
  for setup_f in "$setup_path"/*.fact; do
    tk_exists "$setup_f" || continue
    tk_put "local.$setup_n.path:"
    tk_esc "$setup_f"
    if [ -f "$setup_f" ] && [ -x "$setup_f" ]; then
      tk_line "local.$setup_n.run:1"
      (
        (tk_login && exec "$setup_f") 2>"$setup_e"
        printf '\nlocal.%s.rc:%s\n' "$setup_n" "$?"
      ) </dev/null | sed "/^local\.$setup_n\.rc:/!s|^|local.$setup_n.out:|"
      if [ -s "$setup_e" ]; then setup_mark "local.$setup_n.err" <"$setup_e"; fi
      [ "$setup_e" = /dev/null ] || { true; } >"$setup_e"
    elif [ -e "$setup_f" ]; then
      if [ -f "$setup_f" ] && [ -r "$setup_f" ]; then setup_mark "local.$setup_n.out" <"$setup_f"; fi
    else
      tk_line "local.$setup_n.gone:1"
    fi
    setup_n=$((setup_n + 1))
  done
fi
