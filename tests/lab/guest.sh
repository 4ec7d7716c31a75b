# shellcheck shell=sh
# One guest: start, wait, talk, stop. Sourced, after cache.sh and machine.sh. State: `dir`, `pid`, `port`.
# shellcheck disable=SC2154 # names of the sourcing script

pid=

guest_ssh() {
    ssh -F none -i key -p "$port" -o BatchMode=yes -o IdentitiesOnly=yes -o UserKnownHostsFile=known_hosts \
        -o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes -o LogLevel=ERROR -o ConnectTimeout=30 \
        root@127.0.0.1 "$@"
}

# A port below those that connections take by themselves.
some_port() {
    echo $((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000))
}

# Fills $dir of image $1: by hard links, so that the cache may be cleaned meanwhile. Nothing writes to them.
guest_files() {
    for name in lab.raw vmlinuz initrd.img; do ln "$1/$name" "$dir/$name"; done
    cp "$1/key" "$1/key.pub" "$1/uuid" "$1/host.pub" "$dir/"
    chmod 600 "$dir/key"
}

# The machine $1 (saved, reboot) in $dir with more arguments, on some free port.
guest_start() {
    machine=$1
    shift
    : >"$dir/serial.log"
    port=$(some_port)
    printf '[127.0.0.1]:%s %s\n' "$port" "$(cat "$dir/host.pub")" >"$dir/known_hosts"
    case $machine in
    saved) set -- machine_saved "$port" "$(cat "$dir/uuid")" "$@" ;;
    reboot) set -- machine_reboot "$port" "$@" ;;
    esac
    (cd "$dir" && "$@") </dev/null >"$dir/qemu.log" 2>&1 9>&- &
    pid=$!
}

guest_stop() {
    [ -n "$pid" ] || return 0
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    pid=
}

# Why the guest will never answer, if so.
guest_lost() {
    if ! grep -qs '^State:.[^Z]' "/proc/$pid/status"; then
        echo 'the emulator ended'
        return 0
    fi
    grep -a -o -m 1 -E 'Kernel panic.*|Freezing execution.*|double fault.*|You are in emergency mode.*' "$dir/serial.log"
}

# Until it answers by SSH, at most $1 seconds.
guest_wait() {
    until=$(($(date +%s) + $1))
    while ! (cd "$dir" && guest_ssh true </dev/null >/dev/null 2>&1); do
        why=$(guest_lost) && return 1
        why="no answer by SSH within $1 s"
        [ "$(date +%s)" -lt "$until" ] || return 1
        sleep 1
    done
}

guest_tail() {
    say "$1: $why"
    tail -n 5 "$dir/qemu.log" >&2
    tail -c 3000 "$dir/serial.log" | tr -d '\r' | tail -n 25 >&2
}

# Starts $2 and waits $1 seconds; again when that fails, and again when its port was taken.
guest_up() {
    limit=$1
    shift
    for try in 1 2 3 4 5 6; do
        guest_prepare
        guest_start "$@"
        guest_wait "$limit" && return 0
        guest_stop
        if grep -q 'Could not set up host forwarding' "$dir/qemu.log"; then
            continue
        fi
        guest_tail "attempt $try"
        [ "$try" -eq 1 ] || break
    done
    fail "the guest did not start"
}

# Fresh disks; the cached ones stay as they are.
guest_prepare() {
    base=lab.raw format=raw
    [ ! -e "$dir/base.qcow2" ] || base=base.qcow2 format=qcow2
    (
        set -e
        cd "$dir" || exit
        rm -f os.qcow2 d1 d2 d3 d4 d5 d6 nv0 nv1
        qemu-img create -q -f qcow2 -b "$base" -F "$format" os.qcow2
        truncate -s 2G d1 d2 d3 d4 d5 d6
        truncate -s 1G nv0 nv1
    )
}
