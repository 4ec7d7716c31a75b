#!/bin/sh
# One full copy of a dataset from one pool of zfs-fuse to another on this machine: by tank (within the host, straight by
# push and pull, through the operator), by hand (zfs send | zfs receive, with one ssh, with two), by syncoid where there
# is one. Prints seconds for each round; tank's include its connections, its questions and its marks. As root.
#   benches/pools.sh [MIB] [ROUNDS]         1024 and 3 unless told
#   TANK=..., SYNCOID=...                   other programs than those that were built or are found in PATH
set -eu
cd "$(dirname "$0")/.."

mib=${1:-1024}
rounds=${2:-3}
if [ -z "${BENCH_INSIDE:-}" ]; then
    if [ -z "${TANK:-}" ]; then
        cargo build --release --quiet
        TANK=${CARGO_TARGET_DIR:-$PWD/target}/release/tank
    fi
    SYNCOID=${SYNCOID:-$(command -v syncoid || :)}
    export TANK SYNCOID BENCH_INSIDE=1
    exec unshare --mount --propagation private --pid --fork --kill-child sh "$0" "$mib" "$rounds"
fi

work=$(mktemp -d /tmp/tank-pools.XXXXXX)
PATH=$PATH:/usr/sbin:/sbin
trap 'zpool destroy -f pa; zpool destroy -f pb; umount -l "$HOME/.ssh"; rm -rf "$work"' EXIT

# Nothing of this is seen elsewhere.
mount -t tmpfs tmpfs /run
mkdir /run/zfs /run/lock /run/sshd
mount -t tmpfs tmpfs /etc/zfs
mount -t tmpfs tmpfs /var/lib/zfs
mkdir -p "$HOME/.ssh" "$work/ssh"
mount --bind "$work/ssh" "$HOME/.ssh"
zfs-fuse --no-daemon --no-kstat-mount --pidfile /run/zfs/pid >"$work/log" 2>&1 &
until zpool list >/dev/null 2>&1; do sleep 0.2; done

ssh-keygen -q -t ed25519 -N '' -f "$work/host"
ssh-keygen -q -t ed25519 -N '' -f "$work/key"
cp "$work/key.pub" "$HOME/.ssh/authorized_keys"
port=$((20000 + $$ % 20000))
echo "[127.0.0.1]:$port $(cat "$work/host.pub")" >"$work/known_hosts"
cat >"$work/sshd_config" <<END
ListenAddress 127.0.0.1
Port $port
HostKey $work/host
PidFile none
AuthorizedKeysFile .ssh/authorized_keys
StrictModes no
PermitRootLogin yes
UsePAM no
END
"$(command -v sshd)" -D -e -f "$work/sshd_config" 2>>"$work/log" &

# Random bytes, which no pool makes smaller.
for pool in pa pb; do
    truncate -s "$((mib + mib / 2 + 256))M" "$work/$pool"
    zpool create -o cachefile=none -m none "$pool" "$work/$pool" 2>/dev/null
done
zfs create -o mountpoint="$work/d" pa/d
head -c "$((mib * 1048576))" /dev/urandom >"$work/d/file"
zfs snapshot pa/d@s

way="ansible_host=127.0.0.1 ansible_port=$port ansible_ssh_private_key_file=$work/key"
way="$way ansible_ssh_common_args='-F /dev/null -o UserKnownHostsFile=$work/known_hosts'"
printf 'a %s\nb %s\n' "$way" "$way" >"$work/hosts"

by_tank() {
    printf 'edges: [{id: e, source: "a:pa/d", target: "%s:pb/d", encryption: plain, %s}]\n' "$1" "$2" >"$work/replication.yml"
    (cd "$work" && "$TANK" replicate run -i hosts) >"$work/said" 2>&1 || cat "$work/said"
}

hand() {
    ssh -F /dev/null -o BatchMode=yes -o "UserKnownHostsFile=$work/known_hosts" -i "$work/key" -p "$port" 127.0.0.1 \
        "PATH=\$PATH:/usr/sbin:/sbin; $1"
}

by_pipe() {
    zfs send pa/d@s | zfs receive -u pb/d
}

by_ssh() {
    zfs send pa/d@s | hand 'zfs receive -u pb/d'
}

by_two() {
    hand 'zfs send pa/d@s' | hand 'zfs receive -u pb/d'
}

by_syncoid() {
    "$SYNCOID" --no-sync-snap --compress=none --recvoptions=u --sshport="$port" --sshkey="$work/key" \
        --sshoption=StrictHostKeyChecking=yes --sshoption="UserKnownHostsFile=$work/known_hosts" \
        pa/d root@127.0.0.1:pb/d >"$work/said" 2>&1 || cat "$work/said"
}

# Seconds of one way, into a pool that is empty.
clock() {
    what=$1
    shift
    zpool destroy pb
    rm "$work/pb"
    truncate -s "$((mib + mib / 2 + 256))M" "$work/pb"
    zpool create -o cachefile=none -m none pb "$work/pb" 2>/dev/null
    sync
    start=$(date +%s.%N)
    "$@"
    end=$(date +%s.%N)
    there=$(zfs get -Hp -o value guid pb/d@s)
    [ "$there" = "$(zfs get -Hp -o value guid pa/d@s)" ] || what="$what (did not arrive)"
    zfs release tank_e pa/d@s 2>/dev/null || :
    zfs release tank_e pb/d@s 2>/dev/null || :
    echo "$what $(echo "$end - $start" | bc)"
}

round=0
while [ "$round" -lt "$rounds" ]; do
    round=$((round + 1))
    clock 'zfs send | zfs receive' by_pipe
    clock 'tank within the host' by_tank a 'transport: auto'
    clock 'zfs send | ssh zfs receive' by_ssh
    clock 'tank push' by_tank b 'transport: push, compress: none'
    clock 'tank pull' by_tank b 'transport: pull, compress: none'
    [ -z "$SYNCOID" ] || clock 'syncoid' by_syncoid
    clock 'ssh zfs send | ssh zfs receive' by_two
    clock 'tank operator' by_tank b 'transport: operator, compress: none'
    clock 'tank push with zstd' by_tank b 'transport: push, compress: zstd'
    clock 'tank operator with zstd' by_tank b 'transport: operator, compress: zstd'
done
