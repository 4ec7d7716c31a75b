#!/bin/sh
# One stream between two hosts (one local sshd) through tank, by `ssh a cat | ssh b cat`, and by `cat | ssh b cat`.
# Prints seconds for each round.
#   benches/stream.sh [MIB] [ROUNDS]         1024 and 3 unless told
set -eu
cd "$(dirname "$0")/.."

bytes=$((${1:-1024} * 1048576))
rounds=${2:-3}
work=$(mktemp -d /tmp/tank-stream.XXXXXX)
PATH=$PATH:/usr/sbin
server=

clean() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || :
    rm -rf "$work"
}
trap clean EXIT

ssh-keygen -q -t ed25519 -N '' -f "$work/host"
ssh-keygen -q -t ed25519 -N '' -f "$work/key"
port=$((20000 + $$ % 20000))
[ "$(id -u)" != 0 ] || mkdir -p /run/sshd
echo "[127.0.0.1]:$port $(cat "$work/host.pub")" >"$work/known_hosts"
cat >"$work/sshd_config" <<END
ListenAddress 127.0.0.1
Port $port
HostKey $work/host
PidFile none
AuthorizedKeysFile $work/key.pub
StrictModes no
PermitRootLogin yes
UsePAM no
END
"$(command -v sshd)" -D -e -f "$work/sshd_config" 2>"$work/log" &
server=$!
sleep 1

cargo build --release --quiet --bench stream
bench=$(find "${CARGO_TARGET_DIR:-target}/release/deps" -name 'stream-*' -type f -perm -100 -newer Cargo.toml | head -n 1)

hand() {
    ssh -F /dev/null -o BatchMode=yes -o "UserKnownHostsFile=$work/known_hosts" -i "$work/key" -p "$port" 127.0.0.1 "$@"
}

# Seconds that a shell function or program took.
clock() {
    what=$1
    shift
    start=$(date +%s.%N)
    "$@"
    end=$(date +%s.%N)
    echo "$what $(echo "$end - $start" | bc)"
}

two_legs() {
    hand "head -c $bytes /dev/zero" | hand 'cat >/dev/null'
}

one_leg() {
    head -c "$bytes" /dev/zero | hand 'cat >/dev/null'
}

round=0
while [ "$round" -lt "$rounds" ]; do
    round=$((round + 1))
    echo "tank $("$bench" "$port" "$work/key" "$work/known_hosts" "$bytes")"
    clock 'ssh a cat | ssh b cat' two_legs
    clock 'cat | ssh b cat' one_leg
done
