# shellcheck shell=sh
# Enables or disables a service of FreeBSD. Words: path of service(8), name, enable or disable, 1 when its script
# has one variable only, path of sysrc(8) or nothing, the variable with its value, words before the name.
service=$1 name=$2 verb=$3 alone=$4 sysrc=$5 setting=$6
shift 6
# The script's own way knows rc.conf.d. It exits 0 whatever it did.
if [ "$alone" = 1 ] && "$service" "$@" "$name" "$verb"; then
  "$service" "$@" "$name" enabled >/dev/null 2>&1
  case $verb/$? in enable/0 | disable/[!0]*) exit 0 ;; esac
fi
# What it wrote did not count, as where rc.conf.local wins; or it knows no such way.
if [ -z "$sysrc" ] || [ "$#" != 0 ]; then
  echo "$name: $setting could not be set" >&2
  exit 1
fi
exec "$sysrc" "$setting"
