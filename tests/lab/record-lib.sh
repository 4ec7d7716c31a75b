# shellcheck shell=sh
# Sourced in the guest by record-*.sh: what writes one file per command. They go to $out.

out=/root/recorded
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
