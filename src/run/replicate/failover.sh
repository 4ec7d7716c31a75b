# shellcheck shell=sh
# Steps of a fail-over. $1: what; the rest depends. Each may be done again.
what=$1
tab=$(printf '\t')
shift

# ours PROPERTY DATASET: its value where it was set, else '-'.
ours() {
    found=$(zfs get -Hp -o value,source "$1" "$2") || exit 1
    case $found in
    *"${tab}local") printf '%s\n' "${found%%"$tab"*}" ;;
    *) printf '%s\n' - ;;
    esac
}

case $what in
fence)
    # The property of the mark, seconds since 1970, datasets: children first. What it was is written down before, and behind
    # it that it was done: the mount table of old releases goes on telling something else.
    mark=$1 now=$2
    shift 2
    for dataset; do
        found=$(zfs get -Hp -o value,source readonly "$dataset") || exit 1
        was=on
        case $found in
        "off${tab}local") was=off ;;
        off*) was=inherit ;;
        esac
        noted=$(ours "$mark" "$dataset") || exit 1
        [ "$noted" = - ] || was=${noted%% *}
        must zfs set "$mark=$was $now" "$dataset"
        [ "$was" = on ] || must zfs set readonly=on "$dataset"
        must zfs set "$mark=$was $now set" "$dataset"
    done
    ;;
snapshot)
    # A name, datasets.
    name=$1
    shift
    for dataset; do
        must zfs snapshot "$dataset@$name"
    done
    ;;
restore)
    # The property of the mark; datasets, each with off, inherit or on: parents first.
    mark=$1
    shift
    while [ $# -ge 2 ]; do
        case $2 in
        off) must zfs set readonly=off "$1" ;;
        inherit) must zfs inherit readonly "$1" ;;
        esac
        if [ "$(ours "$mark" "$1")" != - ]; then
            must zfs inherit "$mark" "$1"
        fi
        shift 2
    done
    ;;
set)
    # Datasets, each with PROPERTY=VALUE.
    while [ $# -ge 2 ]; do
        must zfs set "$2" "$1"
        shift 2
    done
    ;;
inherit)
    # A property, datasets.
    property=$1
    shift
    for dataset; do
        must zfs inherit "$property" "$dataset"
    done
    ;;
mount)
    for dataset; do
        [ "$(zfs get -H -o value mounted "$dataset")" = yes ] || must zfs mount "$dataset"
    done
    ;;
esac
