# shellcheck shell=sh disable=SC3043,SC2154
# $1 digest; stdin: paths, one a line
# Answers: the digest of each, one a line, or -. One program for every 200 of them.
local alg="$1" n='' more=1
while [ "$more" = 1 ]; do
  set --
  while [ "$#" -lt 200 ]; do
    if ! IFS= read -r n; then
      more=0
      break
    fi
    set -- "$@" "$n"
  done
  [ "$#" != 0 ] || break
  tk_digest "$alg" "$@" 2>/dev/null
  if tk_stat_count "$tk_out" "$#"; then
    tk_out=$tk_out$tk_nl
    while [ -n "$tk_out" ]; do
      n=${tk_out%%"$tk_nl"*} tk_out=${tk_out#*"$tk_nl"}
      n=${n#\\}
      tk_put "${n%% *}$tk_nl"
    done
  else
    for n; do tk_sum "$alg" "$n"; done
  fi
done
:
