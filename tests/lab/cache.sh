# shellcheck shell=sh
# Where the lab's built things are, and what they are keyed by. Sourced; `here` is the directory of these scripts.
# shellcheck disable=SC2154,SC2034 # names of the sourcing script

lab=${TANK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tank}/lab
mirror=${TANK_LAB_MIRROR:-http://deb.debian.org/debian}
suite=trixie

fail() {
    printf 'tests/lab: %s\n' "$*" >&2
    exit 1
}

say() {
    printf 'tests/lab: %s\n' "$*" >&2
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

need_root() {
    [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null || fail "neither root nor sudo -n $1"
}

# One short word of everything on stdin.
digest() {
    sha256sum | cut -c 1-16
}

image_key() {
    {
        printf '%s\n' "$suite"
        cd "$here" && cat packages repo.sh configure.sh image.sh
    } | digest
}

state_key() {
    {
        image_key
        qemu-system-x86_64 --version
        cat "$here/machine.sh" "$here/warm.sh"
    } | digest
}

# Removes what another key made: `keep image KEY`.
keep() {
    for old in "$lab/$1"-*; do
        [ "$old" = "$lab/$1-$2" ] || rm -rf --one-file-system "$old"
    done
}

# Builders hold it while they build, users while they take what they need.
lock() {
    mkdir -p "$lab"
    exec 9>>"$lab/lock"
    flock -n 9 || {
        say "waiting for another one to finish building"
        flock 9
    }
}

unlock() {
    exec 9>&-
}
