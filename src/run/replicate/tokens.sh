# shellcheck shell=sh
# What tokens of interrupted receives say, on the side that sends. $@: tokens. For each its text, then '=token RC'.
for token; do
    zfs send -nvP -t "$token" 2>&1 </dev/null
    printf '=token %s\n' "$?"
done
