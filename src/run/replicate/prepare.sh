# shellcheck shell=sh
# What has to be done on the target before a stream. $1: what; $2: the dataset; the rest depends.
# A snapshot is only destroyed while it is the one that the plan saw: NAME:GUID.
what=$1 dataset=$2
shift 2

same() {
    found=$(zfs get -Hp -o value guid "$dataset@$1") || exit 1
    [ "$found" = "$2" ] && return 0
    printf '%s\n' "$dataset@$1 is another snapshot than the one that was planned with" >&2
    exit 1
}

case $what in
abort)
    said=$(zfs receive -A "$dataset" 2>&1) || case $said in
    *'does not have any resumable receive state'* | *'dataset does not exist'*) ;;
    *)
        printf '%s\n' "$said" >&2
        exit 1
        ;;
    esac
    ;;
rollback)
    to=$1
    shift
    same "${to%:*}" "${to##*:}"
    for one; do
        same "${one%:*}" "${one##*:}"
        zfs destroy "$dataset@${one%:*}" || exit 1
    done
    zfs rollback "$dataset@${to%:*}" || exit 1
    ;;
rename)
    zfs rename "$dataset" "$1" || exit 1
    ;;
recreate)
    for one; do
        same "${one%:*}" "${one##*:}"
    done
    for one; do
        zfs destroy "$dataset@${one%:*}" || exit 1
    done
    zfs destroy "$dataset" || exit 1
    ;;
parents)
    # $dataset: the property that marks them.
    for one; do
        said=$(zfs create -o canmount=off -o "$dataset=on" "$one" 2>&1) || case $said in
        *'already exists'*) ;;
        *)
            printf '%s\n' "$said" >&2
            exit 1
            ;;
        esac
    done
    ;;
set)
    for one; do
        zfs set "$one" "$dataset" || exit 1
    done
    ;;
esac
