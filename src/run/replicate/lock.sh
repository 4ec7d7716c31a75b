# shellcheck shell=sh
# Takes, renews or gives back the lock of an edge: a property with the run, the end of its lease, and the operator.
# $1 take|keep|free, $2 dataset, $3 property, $4 run, $5 seconds of lease, $6 operator, $7 a run that is known to be dead,
# $8 of a run that ended well: a dataset that gets the property $9 with $10 and the time.
# Answers 'locked' and what was there, or 'busy' and who has it. ZFS cannot test and set a property, so a directory guards the moment between.
what=$1 dataset=$2 property=$3 run=$4 lease=$5 who=$6 dead=$7 done=$8 mark=$9
shift 9
guard=/tmp/.tank-replicate-lock
tries=0
until mkdir "$guard" 2>/dev/null; do
    tries=$((tries + 1))
    # Left behind by a run that was killed in this very moment.
    [ "$tries" -ne 15 ] || rmdir "$guard" 2>/dev/null
    [ "$tries" -lt 30 ] || exit 1
    sleep 1
done
trap 'rmdir "$guard"' EXIT
now=$(date +%s)
was=$(zfs get -Hp -o value "$property" "$dataset") || exit 1
holder=${was%% *}
until=${was#* }
until=${until%% *}
case $was in
- | '' | free\ *) ;;
"$run "*) ;;
*)
    if [ "$what" != take ] || { [ "$now" -lt "$until" ] && [ "$holder" != "$dead" ]; }; then
        printf 'busy %s\n' "$was"
        exit 0
    fi
    printf 'stale %s\n' "$holder"
    ;;
esac
if [ "$what" = free ]; then
    # It is only told of; what was copied is there without it.
    [ -z "$done" ] || zfs set "$mark=$1 $now" "$done"
    zfs set "$property=free $run" "$dataset" || exit 1
else
    zfs set "$property=$run $((now + lease)) $who" "$dataset" || exit 1
fi
printf 'locked %s\n' "$was"
