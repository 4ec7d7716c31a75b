# shellcheck shell=sh disable=SC3043
# Runs bastille on a release. It exits with 0 on some failures and asks on stdin; its files decide.
# $1: where releases are, $2: the release, $3: `there` or `gone`, $4: where they are fetched from, or nothing, behind:
# bastille's words.
local at="$1/$2" then="$3" url="$4" rc
shift 4
env NO_COLOR=1 ${url:+"BASTILLE_URL_FREEBSD=$url"} bastille "$@" </dev/null
rc=$?
case $then in
there) [ "$rc" = 0 ] && [ -f "$at/COPYRIGHT" ] && [ -f "$at/bin/freebsd-version" ] ;;
*) [ ! -e "$at" ] ;;
esac && return 0
[ "$rc" != 0 ] || rc=1
return "$rc"
