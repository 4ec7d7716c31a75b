# shellcheck shell=sh
# Behind a stream, on either side: makes sure that the snapshot is there, holds it, then lets go of what was held before.
# $1 tag, $2 dataset, $3 name and $4 guid of a snapshot that must be there (or two empty words), $5 snapshot to hold (or
# empty); then names to release, '#', names of bookmarks to destroy.
tag=$1 dataset=$2 name=$3 guid=$4 hold=$5
shift 5
if [ -n "$name" ]; then
    found=$(zfs get -Hp -o value guid "$dataset@$name") || exit 1
    if [ "$found" != "$guid" ]; then
        printf '%s\n' "$dataset@$name is another snapshot than the one that was sent" >&2
        exit 1
    fi
fi
if [ -n "$hold" ]; then
    attempt 'tag already exists' 'tag already exists' zfs hold "$tag" "$dataset@$hold"
fi
while [ $# -gt 0 ] && [ "$1" != '#' ]; do
    attempt 'no such tag' 'does not exist' zfs release "$tag" "$dataset@$1"
    shift
done
[ $# -eq 0 ] || shift
for mark; do
    attempt 'does not exist' 'does not exist' zfs destroy "$dataset#$mark"
done
