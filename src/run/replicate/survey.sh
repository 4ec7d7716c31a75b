# shellcheck shell=sh disable=SC3043,SC2154
# What replication asks of a host, in one answer: programs, pools, datasets, snapshots, bookmarks, holds, rights.
# $1 $2 $3: properties for new, middle and old releases, comma lists. $4...: datasets, each with all below it.
# Every section begins with a line '=name ...'; '=done' is the last line of a whole answer. Runs in a subshell of its own.

# list DATASET [-r]: properties, then '=end RC ERROR'.
list() {
    local rc=2 error='' types='-t filesystem,volume,snapshot,bookmark' properties
    for properties in "$new" "$mid" "$old"; do
        asked=$properties
        [ "$properties" != "$old" ] || types=
        # shellcheck disable=SC2086 # words
        { error=$(zfs get $2 -Hp $types -o name,property,value,source "$properties" "$1" 2>&1 >&6); rc=$?; } 6>&1
        # 2: an option or a property that this release does not have.
        [ "$rc" -eq 2 ] || break
    done
    printf '=end %s %s\n' "$rc" "$(printf %s "$error" | tr '\n' ' ')"
    return "$rc"
}

# tags: who holds what since when, for the snapshots (names on stdin) that are held at all. Releases before 2.2 have no
# option -p: they print the time as the host's clock shows it.
tags() {
    local name value
    while IFS="$tk_tab" read -r name value; do
        case $value in
        0 | -) ;;
        *) zfs holds -Hp "$name" 2>/dev/null || zfs holds -H "$name" 2>/dev/null ;;
        esac
    done
}

new=$1 mid=$2 old=$3 pools='/' asked=''
shift 3
printf '=host %s %s\n' "$(date +%s)" "$(id -u)"
printf '=zone %s\n' "$(date +%z)"
printf '=user %s\n' "$(id -un)"
printf '=groups %s\n' "$(id -Gn)"
printf '=version\n'
zfs version 2>/dev/null </dev/null
printf '=send\n'
zfs send 2>&1 </dev/null
printf '=receive\n'
zfs receive 2>&1 </dev/null
printf '=bookmark\n'
zfs bookmark 2>&1 </dev/null | sed 1q
printf '=tools\n'
for tool in mbuffer zstd ssh; do
    command -v "$tool" >/dev/null 2>&1 && printf '%s\n' "$tool"
done
[ ! -S "${SSH_AUTH_SOCK:-}" ] || echo agent
for root; do
    printf '=root %s\n' "$root"
    if list "$root" -r; then
        printf '=holds %s\n' "$root"
        zfs get -rHp -o name,value userrefs "$root" 2>/dev/null | tags
    fi
    # The nearest dataset above that is there.
    up=$root
    while [ "$up" != "${up%/*}" ]; do
        up=${up%/*}
        printf '=above %s\n' "$up"
        list "$up" '' && break
    done
    if [ "$(id -u)" -ne 0 ]; then
        printf '=allow %s\n' "$root"
        zfs allow "$root" 2>/dev/null || zfs allow "$up" 2>&1
    fi
    pool=${root%%/*}
    case $pools in
    */"$pool"/*) continue ;;
    esac
    pools=$pools$pool/
    printf '=pool %s\n' "$pool"
    zpool get -Hp -o property,value all "$pool" 2>/dev/null || zpool get all "$pool" 2>&1
    # Releases without the property 'clones': they may lie anywhere in the pool.
    if [ "$asked" = "$old" ]; then
        printf '=origins %s\n' "$pool"
        zfs list -H -r -t filesystem,volume -o name,origin "$pool" 2>/dev/null
    fi
done
printf '=done\n'
