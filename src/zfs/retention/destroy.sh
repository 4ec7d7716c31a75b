# shellcheck shell=sh disable=SC3043
# Destroys snapshots of one dataset, in this order, each only while it is the one that was meant.
# $1: dataset; then a name (behind the '@') and its guid, again and again.
# A line for each, its fields between tabs: 'destroyed NAME', 'gone NAME', 'other NAME' (another snapshot has the name by
# now), 'kept NAME WHY' (held or cloned), 'failed NAME WHY'. Code 1: one of them failed.

prune_told() {
    local why
    why=$(printf %s "$3" | tr '\n\t' '  ')
    printf '%s\t%s\t%s\n' "$1" "$2" "$why"
}

# prune_is DATASET NAME GUID: whether it is the one that was meant; else it is told.
prune_is() {
    local said
    if said=$(zfs get -Hp -o value guid "$1@$2" 2>&1 </dev/null); then
        [ "$said" != "$3" ] || return 0
        prune_told other "$2" "its guid is $said"
        return 1
    fi
    case $said in
    *'does not exist'*) prune_told gone "$2" '' ;;
    *)
        prune_told failed "$2" "$said"
        return 2
        ;;
    esac
    return 1
}

# prune_one DATASET NAME GUID
prune_one() {
    local said rc=0
    prune_is "$1" "$2" "$3" || rc=$?
    [ "$rc" -ne 2 ] || return 1
    [ "$rc" -eq 0 ] || return 0
    if said=$(zfs destroy "$1@$2" 2>&1 </dev/null); then
        prune_told destroyed "$2" ''
        return 0
    fi
    case $said in
    *'does not exist'*) prune_told gone "$2" '' ;;
    *'is busy'* | *'dependent clones'* | *'being held'*) prune_told kept "$2" "$said" ;;
    *)
        prune_told failed "$2" "$said"
        return 1
        ;;
    esac
}

# prune_all DATASET NAME GUID...: one command, where this release takes several names; else, or where one of them can't be
# destroyed, one by one.
prune_all() {
    local dataset="$1" left=0 names='' rc=0 is=0
    shift
    case $(zfs destroy 2>&1 </dev/null) in
    *'[,...]'*) left=$(($# / 2)) ;;
    esac
    while [ "$left" -gt 0 ]; do
        left=$((left - 1)) is=0
        prune_is "$dataset" "$1" "$2" || is=$?
        [ "$is" -ne 2 ] || rc=1
        if [ "$is" -eq 0 ]; then
            names=$names,$1
            set -- "$@" "$1" "$2"
        fi
        shift 2
    done
    if [ -n "$names" ] && zfs destroy "$dataset@${names#,}" >/dev/null 2>&1 </dev/null; then
        while [ "$#" -gt 0 ]; do
            prune_told destroyed "$1" ''
            shift 2
        done
    fi
    while [ "$#" -gt 0 ]; do
        prune_one "$dataset" "$1" "$2" || rc=1
        shift 2
    done
    return "$rc"
}

prune_all "$@"
