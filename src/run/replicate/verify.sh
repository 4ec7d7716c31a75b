# shellcheck shell=sh
# Reads snapshots whole, and says what they are by one digest each. stdout: our lines begin with '='; fields stand between tabs.
# $1 edge, $2 'check' (nothing is written: no holds, no clones) or 'make', $3 where devices of volumes are, $4 tag of our
# holds, $5 dataset that our clones lie in.
# stdin: 'release SNAPSHOT' (a hold of ours that a cut run left), 'read KEY DATASET NAME GUID KIND HOW' (KIND fs or volume,
# HOW clone or any), 'go' (all is said: '=end'), 'list KEY' (the lines behind a digest, then '=listed KEY').
edge=$1 mode=$2 devices=$3 tag=$4 above=$5
LC_ALL=C
export LC_ALL
umask 077
tab=$(printf '\t')
clone=$above/tank_verify_${edge}_$$
# Names with these go one by one: a line each would not be theirs alone.
odd='*[[:cntrl:]\\]*'
held='' mount=''
tmp=$(mktemp -d "${TMPDIR:-/tmp}/tank-verify.XXXXXX") || exit 1

# gone CLONE: lets go of a clone of ours, and of snapshots that somebody else's round has taken of it meanwhile.
gone() {
    zfs unmount "$1" >/dev/null 2>&1
    tries=0
    until said=$(zfs destroy "$1" 2>&1); do
        tries=$((tries + 1))
        [ "$tries" -lt 15 ] || return 1
        zfs list -H -o name -t snapshot -r "$1" 2>/dev/null | while IFS= read -r one; do
            case $one in "$1"@*) zfs destroy "$one" 2>/dev/null ;; esac
        done
        zfs list -H -o name "$1" >/dev/null 2>&1 || return 0
        sleep 1
        zfs unmount "$1" >/dev/null 2>&1
    done
    return 0
}

# let_go: undoes what was done for one snapshot.
let_go() {
    cd / || return
    if [ -n "$mount" ]; then
        gone "$clone" || printf '=left\t%s\tcould not be destroyed: %s\n' "$clone" "$(one_line "$said")"
        mount=''
    fi
    [ -z "$held" ] || zfs release "$tag" "$held" 2>/dev/null
    held=''
}

finish() {
    trap '' HUP INT TERM PIPE
    let_go
    rmdir "$tmp/m"
    # Not through a file system that is still mounted there.
    rm -f "$tmp"/*
    rmdir "$tmp"
}
trap 'finish 2>/dev/null' EXIT
trap 'exit 1' HUP INT TERM PIPE

one_line() {
    printf %s "$1" | tr '\n\t' '  '
}

hash=
for one in sha256sum 'sha256 -r' 'openssl dgst -sha256 -r' 'shasum -a 256'; do
    command -v "${one%% *}" >/dev/null 2>&1 || continue
    # shellcheck disable=SC2086 # words
    case $($one </dev/null 2>/dev/null) in
    e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855*)
        hash=$one
        break
        ;;
    esac
done
if stat -c %a . >/dev/null 2>&1; then
    stat_=-c of_file='%n@f %a %u %g %s' of='%a %u %g' of_link='%u %g' of_name=%n
else
    stat_=-f of_file='%N@f %Mp%03Lp %u %g %z' of='%Mp%03Lp %u %g' of_link='%u %g' of_name=%N
fi
one_file=${of_file#*@f }
of_file=${of_file%%@*}$tab${of_file#*@}

# sum: the digest of stdin.
sum() {
    # shellcheck disable=SC2086 # words
    $hash | sed 's/^\([0-9a-f]\{64\}\).*/\1/'
}

# What a single entry is: names that are no line of their own, and links.
# shellcheck disable=SC2016 # it is a text
single='
hex() { printf "\\\\"; printf %s "$1" | od -An -v -tx1 | tr -d " \n"; }
plain() { case $1 in *[[:cntrl:]\\]*) hex "$1" ;; *) printf %s "$1" ;; esac; }
stat_=$1 one_file=$2 of=$3 of_link=$4 hash=$5 tab=$6
shift 6
for name; do
    key=$(plain "$name")
    if [ -h "$name" ]; then
        to=$(readlink "$name" && printf .) && to=${to%??} || exit 1
        printf "%s%sl %s %s\n" "$key" "$tab" "$(stat "$stat_" "$of_link" "$name")" "$(plain "$to")"
    elif [ -f "$name" ]; then
        printf "%s%sf %s\n" "$key" "$tab" "$(stat "$stat_" "$one_file" "$name")"
        found=$({ $hash <"$name"; } 2>/dev/null | sed "s/^\([0-9a-f]\{64\}\).*/\1/")
        case $found in "") ;; *) printf "%s%sh %s\n" "$key" "$tab" "$found" ;; esac
    else
        kind=o
        [ ! -d "$name" ] || kind=d
        [ ! -p "$name" ] || kind=p
        [ ! -S "$name" ] || kind=s
        [ ! -b "$name" ] || kind=b
        [ ! -c "$name" ] || kind=c
        printf "%s%s%s %s\n" "$key" "$tab" "$kind" "$(stat "$stat_" "$of" "$name")"
    fi
done'

# entries: all below the working directory, a line each: PATH f MODE OWNER GROUP SIZE and PATH h DIGEST for a file, PATH l
# OWNER GROUP TARGET for a link, PATH and d, p, s, b or c MODE OWNER GROUP for others. In no order.
entries() {
    if find . -prune -printf '' >/dev/null 2>&1; then
        find . -xdev -path ./.zfs -prune -o ! -path "$odd" -type l ! -lname "$odd" -printf "%p\\tl %U %G %l\\n"
        find . -xdev -path ./.zfs -prune -o ! -path "$odd" -type l -lname "$odd" \
            -exec sh -c "$single" sh "$stat_" "$one_file" "$of" "$of_link" "$hash" "$tab" {} +
    else
        find . -xdev -path ./.zfs -prune -o ! -path "$odd" -type l \
            -exec sh -c "$single" sh "$stat_" "$one_file" "$of" "$of_link" "$hash" "$tab" {} +
    fi
    find . -xdev -path ./.zfs -prune -o -path "$odd" \
        -exec sh -c "$single" sh "$stat_" "$one_file" "$of" "$of_link" "$hash" "$tab" {} +
    find . -xdev -path ./.zfs -prune -o -path "$odd" \
        -o -type f -exec stat "$stat_" "$of_file" {} + \
        -o -type d -exec stat "$stat_" "$of_name${tab}d $of" {} + \
        -o -type p -exec stat "$stat_" "$of_name${tab}p $of" {} + \
        -o -type s -exec stat "$stat_" "$of_name${tab}s $of" {} + \
        -o -type b -exec stat "$stat_" "$of_name${tab}b $of" {} + \
        -o -type c -exec stat "$stat_" "$of_name${tab}c $of" {} +
    # shellcheck disable=SC2086 # words
    find . -xdev -path ./.zfs -prune -o -path "$odd" -o -type f -exec $hash {} + 2>/dev/null |
        sed "s/^\\([0-9a-f]\\{64\\}\\) [ *]\\{0,1\\}\\(\\..*\\)\$/\\2${tab}h \\1/"
}

# unread: files (PATH lines on stdin) that were not read: once more, to know why. A bad disk: PATH h !; no right: PATH h ?.
unread() {
    while IFS= read -r path; do
        file=$path
        case $path in
        \\*)
            # shellcheck disable=SC2059 # it is made of octal digits
            file=$(printf "$(printf %s "${path#?}" | sed 's/../& /g' | tr ' ' '\n' | while read -r two; do
                [ -z "$two" ] || printf '\\%03o' "0x$two"
            done)" && printf .)
            file=${file%.}
            ;;
        esac
        # shellcheck disable=SC2086 # words
        if said=$({ $hash <"$file"; } 2>&1); then
            printf '%s%sh %s\n' "$path" "$tab" "$(printf %s "$said" | sed 's/^\([0-9a-f]\{64\}\).*/\1/')"
        else
            case $said in
            *ermission\ denied* | *not\ permitted*) printf '%s%sh ?\n' "$path" "$tab" ;;
            *) printf '%s%sh !\n' "$path" "$tab" ;;
            esac
        fi
    done 2>/dev/null
}

# tree LIST: the entries below the working directory, sorted, into a file. Sets `why` where that failed.
tree() {
    entries 2>"$tmp/errors" </dev/null | sed "s/${tab}\\([fdpsbc]\\) 0*\\([0-7]\\)/${tab}\\1 \\2/" >"$tmp/raw"
    # What the second program reads fails for the first one too, and is told by it.
    if [ -s "$tmp/errors" ] && grep -v '^sha256\|^openssl\|^shasum\|^sh: ' "$tmp/errors" >"$tmp/other"; then
        why=$(one_line "$(sed 1q "$tmp/other")")
        return 1
    fi
    sort -T "$tmp" -o "$1" "$tmp/raw" || { why='the list could not be sorted'; return 1; }
    awk -F "$tab" '
        wait != "" { if (!($1 == wait && $2 ~ /^h /)) print wait; wait = "" }
        $2 ~ /^f / { wait = $1 }
        END { if (wait != "") print wait }' "$1" >"$tmp/unread"
    if [ -s "$tmp/unread" ]; then
        unread <"$tmp/unread" >>"$tmp/raw"
        sort -T "$tmp" -o "$1" "$tmp/raw" || { why='the list could not be sorted'; return 1; }
    fi
}

# block DEVICE AT: the digest of 64 MiB; fails where they can't be read.
block() {
    rm -f "$tmp/bad"
    { dd "if=$1" bs=1048576 "skip=$(($2 / 1048576))" count=64 2>/dev/null || : >"$tmp/bad"; } | sum >"$tmp/sum"
    [ ! -e "$tmp/bad" ]
}

# blocks DEVICE SIZE LIST: a line OFFSET b DIGEST for each 64 MiB. A volume that can't be read: OFFSET b !.
blocks() {
    at=0 step=67108864
    while [ "$at" -lt "$2" ]; do
        printf '%020d%sb ' "$at" "$tab"
        # A device that has just appeared may fail once.
        if block "$1" "$at" || { sleep 1 && block "$1" "$at"; }; then
            cat "$tmp/sum"
        else
            echo '!'
        fi
        at=$((at + step))
    done >"$3" </dev/null
    rm -f "$tmp/bad"
}

# same: whether the snapshot is the one that was meant. What is said beside an answer, of a working directory that is gone say, is
# no part of it. One that failed is asked for again: a host that is busy with much else may not be able to say.
same() {
    tries=0
    until is=$(zfs get -Hp -o value guid "$dataset@$name" 2>"$tmp/said"); do
        tries=$((tries + 1))
        if grep 'does not exist' "$tmp/said" >/dev/null || [ "$tries" -ge 3 ]; then break; fi
        sleep 1
    done
    [ "$is" = "$guid" ] && return 0
    why="$dataset@$name is gone, or another one has its name"
    if [ -z "$is" ] && ! grep 'does not exist' "$tmp/said" >/dev/null; then
        why="$dataset@$name: $(one_line "$(cat "$tmp/said")")"
    fi
    return 1
}

# cloned OPTIONS...: makes our clone.
cloned() {
    if [ "$mode" = check ]; then
        why='a clone would have to be made'
        return 1
    fi
    mount=$clone
    why=$(zfs clone "$@" -o readonly=on -o "org.tank:verify=$edge $$" "$dataset@$name" "$clone" 2>&1) && return 0
    mount=''
    why=$(one_line "$why")
    return 1
}

# at DATASET: whether the working directory is this file system, or this snapshot.
at() {
    case $(df -P . 2>/dev/null | sed -n '$p') in
    "$1 "*) return 0 ;;
    esac
    return 1
}

# enter: makes the snapshot's top the working directory. Sets `way`.
enter() {
    way=snapshot
    if [ "$how" = any ] && [ "$(zfs get -Hp -o value mounted "$dataset")" = yes ]; then
        top=$(zfs get -H -o value mountpoint "$dataset")
        case $top in
        /*) cd "$top/.zfs/snapshot/$name" 2>/dev/null && at "$dataset@$name" && return 0 ;;
        esac
    fi
    way=clone
    cd / && mkdir -p "$tmp/m" || return 1
    cloned -o canmount=noauto -o "mountpoint=$tmp/m" -o snapdir=hidden -o sharenfs=off -o sharesmb=off \
        -o setuid=off -o exec=off || return 1
    # zfs-fuse has mounted it already.
    if [ "$(zfs get -Hp -o value mounted "$clone")" != yes ]; then
        why=$(zfs mount "$clone" 2>&1) || { why="the clone could not be mounted: $(one_line "$why")"; return 1; }
    fi
    cd "$tmp/m" && at "$clone" && return 0
    why='the clone is not mounted where it should be'
    return 1
}

# device: finds the device of the snapshot, or of a clone. Sets `found` and `way`.
device() {
    way=snapshot found=$devices/$dataset@$name
    [ "$how" = any ] && [ -e "$found" ] && return 0
    way=clone found=$devices/$clone
    # Copies may show no devices at all; older releases have no such property.
    cloned -o volmode=dev || { [ "$mode" != check ] && cloned; } || return 1
    tries=0
    # It is there before it can be opened.
    until why=$({ dd "if=$found" of=/dev/null bs=4096 count=1 >/dev/null; } 2>&1); do
        tries=$((tries + 1))
        why="the clone's device: $(one_line "$why")"
        [ "$tries" -lt 30 ] || return 1
        sleep 1
    done
}

# seen LIST: reads one snapshot into a list.
seen() {
    if [ "$kind" = volume ]; then
        size=$(zfs get -Hp -o value volsize "$dataset@$name" 2>&1)
        case $size in '' | *[!0-9]*) why="its size: $(one_line "$size")"; return 1 ;; esac
        device && blocks "$found" "$size" "$1"
    else
        enter && tree "$1"
    fi
}

read_one() {
    why='it could not be read'
    if [ -z "$hash" ]; then
        why='no program here makes SHA-256 digests'
    elif same; then
        if [ "$mode" = make ] && zfs hold "$tag" "$dataset@$name" 2>/dev/null; then held=$dataset@$name; fi
        if seen "$tmp/list.$key" && same; then
            totals=$(awk -F "$tab" '
                $2 ~ /^h \?/ { no++ }
                $2 ~ /^[hb] !/ { bad++ }
                $2 !~ /^h / { all++ }
                $2 ~ /^f / { split($2, part, " "); bytes += part[5] }
                END { printf "%d\t%.0f\t%d\t%d", all, bytes, bad, no }' "$tmp/list.$key")
            [ "$kind" != volume ] || totals=$(printf %s "$totals" | awk -F "$tab" -v OFS="$tab" -v size="$size" '{ $2 = size; print }')
            printf '=is\t%s\t%s\t%s\t%s\n' "$key" "$(sum <"$tmp/list.$key")" "$totals" "$way"
            let_go
            return
        fi
    fi
    case $why in
    *nput/output\ error*) printf '=broken\t%s\t%s\n' "$key" "$why" ;;
    *) printf '=cannot\t%s\t%s\n' "$key" "$why" ;;
    esac
    let_go
}

# alive PID: whether a process is there, ours or not.
alive() {
    said=$(kill -0 "$1" 2>&1) && return 0
    case $said in
    *ermi*) return 0 ;;
    esac
    return 1
}

# leftovers: clones of runs of this edge that were cut.
leftovers() {
    zfs list -H -o name -d 1 -r "$above" 2>/dev/null >"$tmp/all"
    while IFS= read -r one; do
        pid=${one##*_}
        [ "$one" = "$above/tank_verify_${edge}_$pid" ] || continue
        [ "$(zfs get -H -o value org.tank:verify "$one")" = "$edge $pid" ] || continue
        if alive "$pid"; then
            printf '=left\t%s\tbelongs to a run that is still going on\n' "$one"
        elif [ "$mode" = check ]; then
            printf '=left\t%s\tof a run that was cut would be destroyed\n' "$one"
        elif gone "$one"; then
            printf '=left\t%s\tof a run that was cut is destroyed\n' "$one"
        else
            printf '=left\t%s\tcould not be destroyed: %s\n' "$one" "$(one_line "$said")"
        fi
    done <"$tmp/all"
}

leftovers </dev/null
while IFS="$tab" read -r word key dataset name guid kind how; do
    case $word in
    release) [ "$mode" = check ] || zfs release "$tag" "$key" </dev/null 2>/dev/null ;;
    read) read_one </dev/null ;;
    go) echo '=end' ;;
    list)
        cat "$tmp/list.$key" 2>/dev/null
        printf '=listed\t%s\n' "$key"
        ;;
    esac
done
