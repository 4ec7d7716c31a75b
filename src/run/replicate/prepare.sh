# shellcheck shell=sh
# What has to be done on the target before or behind a stream. $1: what; $2: the dataset; the rest depends.
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
    attempt 'does not have any resumable receive state' 'dataset does not exist' zfs receive -A "$dataset"
    ;;
rollback)
    to=$1
    shift
    same "${to%:*}" "${to##*:}"
    for one; do
        same "${one%:*}" "${one##*:}"
        must zfs destroy "$dataset@${one%:*}"
    done
    must zfs rollback "$dataset@${to%:*}"
    ;;
rename)
    must zfs rename "$dataset" "$1"
    ;;
recreate)
    for one; do
        same "${one%:*}" "${one##*:}"
    done
    for one; do
        must zfs destroy "$dataset@${one%:*}"
    done
    must zfs destroy "$dataset"
    ;;
parents)
    # $dataset: the property that marks them.
    for one; do
        attempt 'already exists' 'already exists' zfs create -o canmount=off -o "$dataset=on" "$one"
    done
    ;;
set)
    for one; do
        must zfs set "$one" "$dataset"
    done
    ;;
esac
