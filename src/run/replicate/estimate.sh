# shellcheck shell=sh
# What streams would weigh, by the sender's own estimate. Words in fours: kind (full, from, all), letters of send, base,
# snapshot. For each a line 'size N' or 'size -'.
while [ $# -ge 4 ]; do
    kind=$1 letters=$2 base=$3 snapshot=$4
    shift 4
    case $kind in
    full) found=$(zfs send "-nP$letters" "$snapshot" 2>/dev/null) ;;
    from) found=$(zfs send "-nP$letters" -i "$base" "$snapshot" 2>/dev/null) ;;
    *) found=$(zfs send "-nP$letters" -I "$base" "$snapshot" 2>/dev/null) ;;
    esac
    found=$(printf '%s\n' "$found" | sed -n 's/^size[^0-9]*\([0-9][0-9]*\)$/\1/p')
    printf 'size %s\n' "${found:--}"
done
