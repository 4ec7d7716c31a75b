# shellcheck shell=sh
# Before a stream: holds what it starts from and leads to, and bookmarks the last one.
# $1 tag, $2 dataset, $3 snapshot and $4 bookmark to make of it (or two empty words), $5... snapshots to hold.
tag=$1 dataset=$2 snapshot=$3 bookmark=$4
shift 4
for name; do
    attempt 'tag already exists' 'tag already exists' zfs hold "$tag" "$dataset@$name"
done
[ -n "$bookmark" ] || exit 0
attempt 'bookmark exists' 'already exists' zfs bookmark "$dataset@$snapshot" "$dataset#$bookmark"
