# shellcheck shell=sh
# A program of its own, in the user's environment. $1 curl, fetch, wget or file; $2 GET or HEAD; $3 the new file;
# $4 the file whose age decides, or empty; $5 limit in seconds; $6 name of the client; $7 flags; $8 URL (for curl and
# wget it stands on stdin, with all that is secret).
# Prints the code of the answer, the URL it came from and the answer's head. 0: all of it is there.
tool=$1 method=$2 out=$3 since=$4 limit=$5 agent=$6 flags=$7 url=$8
umask 077
rc=0 code='' from=$url
: >"$out.head" || exit 1
with_curl() {
  set -- -q -sS -L --netrc-optional -K - -A "$agent" --connect-timeout "$limit" --speed-limit 1 --speed-time "$limit"
  case $flags in *' noproxy '*) set -- "$@" --noproxy '*' ;; esac
  case $flags in *' insecure '*) set -- "$@" -k ;; esac
  if [ -n "$since" ]; then set -- "$@" -z "$since"; fi
  if [ "$method" = HEAD ]; then set -- "$@" -I -o /dev/null; else set -- "$@" -o "$out"; fi
  said=$(curl "$@" -D "$out.head" -w '%{http_code} %{url_effective}') || rc=$?
  code=${said%% *} from=${said#* }
}
with_fetch() {
  set -- -q -n -T "$limit"
  case $flags in *' noproxy '*) NO_PROXY='*' export NO_PROXY ;; esac
  case $flags in *' insecure '*) set -- "$@" --no-verify-peer --no-verify-hostname ;; esac
  if [ "$method" = HEAD ]; then
    said=$(HTTP_USER_AGENT=$agent fetch "$@" -s "$url") || rc=$?
    [ "$rc" != 0 ] || printf 'Content-Length: %s\n' "$said" >"$out.head"
    code=200
  else
    if [ -n "$since" ]; then set -- "$@" -i "$since"; fi
    HTTP_USER_AGENT=$agent fetch "$@" -o "$out" "$url" || rc=$?
    if [ -f "$out" ]; then code=200; else code=304; fi
  fi
  [ "$rc" = 0 ] || code=-1
}
# GNU's takes its secrets from a file; busybox' knows words only, so that it gets none.
with_wget() {
  cat >"$out.rc"
  list=$out.url
  sed -n 's/^#url //p' <"$out.rc" >"$list"
  from=$(cat "$list")
  set -- -U "$agent" -T "$limit"
  if [ -n "$since" ]; then
    set -- "$@" --header "If-Modified-Since: $(date -u -r "$since" '+%a, %d %b %Y %H:%M:%S GMT')"
  fi
  case $(wget --version 2>&1) in
  *'GNU Wget'*)
    set -- "$@" -t 1 -nv -S --no-use-server-timestamps -i "$list"
    case $flags in *' noproxy '*) set -- "$@" --no-proxy ;; esac
    case $flags in *' insecure '*) set -- "$@" --no-check-certificate ;; esac
    ;;
  *)
    set -- "$@" -S
    case $flags in *' noproxy '*) set -- "$@" -Y off ;; esac
    case $flags in *' insecure '*) set -- "$@" --no-check-certificate ;; esac
    case $flags in
    *' secret '*)
      echo "this wget takes headers and passwords as words only, which others can read: curl is needed" >&2
      return 64
      ;;
    esac
    set -- "$@" "$from"
    ;;
  esac
  if [ "$method" = HEAD ]; then set -- --spider "$@"; else set -- -O "$out" "$@"; fi
  WGETRC=$out.rc wget "$@" 2>"$out.head" || rc=$?
  code=$(sed -n 's/.*HTTP\/[0-9.]* \([0-9][0-9][0-9]\).*/\1/p' <"$out.head" | sed -n '$p')
  moved=$(sed -n 's/^ *[Ll]ocation: \([^ ]*\).*/\1/p' <"$out.head" | sed -n '$p')
  case $moved in *://*) from=$moved ;; esac
  if [ "$rc" != 0 ]; then
    case $code in
    2?? | '') sed -n '$p' <"$out.head" >&2 ;;
    *) rc=0 ;;
    esac
  fi
}
case $tool in
curl) with_curl ;;
fetch) with_fetch ;;
wget) with_wget || rc=$? ;;
*)
  code=200
  if [ "$method" = GET ]; then cat <"$since" >"$out" || rc=$?; else [ -r "$since" ] || rc=1; fi
  ;;
esac
printf '%s\n%s\n' "${code:--1}" "$from"
tr -d '\r' <"$out.head" | sed 's/^ *//'
rm -f "$out.head" "$out.rc" "$out.url"
case $rc/$code/$method in
0/200/GET | 0/226/GET) ;;
*) rm -f "$out" ;;
esac
exit "$rc"
