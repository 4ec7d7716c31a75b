# shellcheck shell=sh
# Sets or takes away a mark. $1 property; then pairs: dataset, value (empty: it goes). A mark is looked at again: a missing
# right need not be an error to ZFS.
property=$1
shift
while [ $# -ge 2 ]; do
    if [ -n "$2" ]; then
        must zfs set "$property=$2" "$1"
        found=$(zfs get -H -o value "$property" "$1") || exit 1
        if [ "$found" != "$2" ]; then
            printf '%s is not set on %s\n' "$property" "$1" >&2
            exit 1
        fi
    else
        must zfs inherit "$property" "$1"
    fi
    shift 2
done
