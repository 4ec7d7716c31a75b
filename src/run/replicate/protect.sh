# shellcheck shell=sh
# Before a stream: holds what it starts from and leads to, and bookmarks the last one.
# $1 tag, $2 dataset, $3 snapshot and $4 bookmark to make of it (or two empty words), $5... snapshots to hold.
tag=$1 dataset=$2 snapshot=$3 bookmark=$4
shift 4
for name; do
    said=$(zfs hold "$tag" "$dataset@$name" 2>&1) && continue
    case $said in
    *'tag already exists'*) ;;
    *)
        printf '%s\n' "$said" >&2
        exit 1
        ;;
    esac
done
[ -n "$bookmark" ] || exit 0
said=$(zfs bookmark "$dataset@$snapshot" "$dataset#$bookmark" 2>&1) && exit 0
case $said in
*'bookmark exists'* | *'already exists'*) ;;
*)
    printf '%s\n' "$said" >&2
    exit 1
    ;;
esac
