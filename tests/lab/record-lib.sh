# shellcheck shell=sh
# Sourced in the guest by record-*.sh: what writes one file per command. They go to $out.

out=/root/recorded
d=/dev/disk/by-id/virtio-DISK
export LC_ALL=C TZ=UTC
mkdir -p "$out"

# $1 file, then the command as one text, for a shell. An optional `user NAME` before: as that user.
rec() {
    who=root
    if [ "$1" = user ]; then
        who=$2
        shift 2
    fi
    file=$out/$1.txt
    if [ -e "$file" ]; then
        echo "recorded twice: $1" >&2
        exit 1
    fi
    if [ "$who" = root ]; then
        sh -c "$2" >/tmp/stdout 2>/tmp/stderr </dev/null && rc=0 || rc=$?
        prompt='$'
    else
        # With root's search path, as a login by SSH with zfs in reach.
        runuser -u "$who" -- env "PATH=$PATH" sh -c "cd /; $2" >/tmp/stdout 2>/tmp/stderr </dev/null && rc=0 || rc=$?
        prompt="$who\$"
    fi
    if grep -q '^[!?] ' /tmp/stdout; then
        echo "the output of $1 looks like our own marks" >&2
        exit 1
    fi
    {
        printf '%s %s\n' "$prompt" "$2"
        cat /tmp/stdout
        # A last line without its end.
        [ ! -s /tmp/stdout ] || [ -z "$(tail -c 1 /tmp/stdout)" ] || echo
        sed 's/^/! /' /tmp/stderr
        [ ! -s /tmp/stderr ] || [ -z "$(tail -c 1 /tmp/stderr)" ] || echo
        printf '? %s\n' "$rc"
    } >"$file"
}

# A command that only prepares; it must succeed.
do_() {
    sh -c "$1" >/tmp/done 2>&1 </dev/null || {
        echo "preparing failed: $1" >&2
        cat /tmp/done >&2
        exit 1
    }
}

# One that prepares a failure.
try_() {
    sh -c "$1" >/dev/null 2>&1 </dev/null || true
}

token() {
    zfs get -Hp -o value receive_resume_token "$1"
}

# What all parts start from; nothing where it is there.
prepare() {
    ! zpool list -H pa >/dev/null 2>&1 || return 0
    do_ "zpool create -f -o ashift=12 pa ${d}1"
    do_ "zpool create -f -o ashift=12 pb ${d}2"
    do_ 'zfs create -o compression=lz4 -o org.tank:note="two words" -o quota=500M pa/s'
    do_ 'dd if=/dev/urandom of=/pa/s/one bs=64k count=48; zfs snapshot pa/s@s1'
    do_ 'dd if=/dev/urandom of=/pa/s/two bs=64k count=48; zfs snapshot pa/s@s2; zfs bookmark pa/s@s2 pa/s#b2'
    do_ 'zfs bookmark pa/s@s1 pa/s#b1; dd if=/dev/urandom of=/pa/s/three bs=64k count=48; zfs snapshot pa/s@s3'
    do_ 'zfs create -o recordsize=1M -o mountpoint=legacy pa/s/child; zfs snapshot pa/s/child@s3; zfs hold keep pa/s@s1'
    do_ 'zfs hold zz pa/s@s1; zfs create -V 64M -o volblocksize=16k pa/v; udevadm settle; zfs snapshot pa/v@s1'
    do_ 'zfs create -s -V 1G pa/sparse'
    do_ 'echo passphrase >/root/phrase; zfs create -o encryption=on -o keyformat=passphrase -o keylocation=file:///root/phrase pa/enc'
    do_ 'zfs create pa/enc/child; echo hello >/pa/enc/child/f; zfs snapshot -r pa/enc@s1; zfs clone pa/s@s2 pa/clone'
    do_ 'zfs create "pa/with space"; zfs snapshot "pa/with space@a b"; zfs create -o canmount=off pa/off'
    do_ 'zfs create -o compression=gzip-6 -o sharenfs=off -o readonly=on pa/ro'
}
