# shellcheck shell=sh
# Sourced by commands that `run` starts: `in_guest COMMAND...` runs a command there as root, `as USER COMMAND...` as
# that user.

as() {
    user=$1
    shift
    ssh -F none -i "$TANK_LAB_KEY" -p "$TANK_LAB_PORT" -o BatchMode=yes -o IdentitiesOnly=yes \
        -o "UserKnownHostsFile=$TANK_LAB_KNOWN_HOSTS" -o GlobalKnownHostsFile=/dev/null \
        -o StrictHostKeyChecking=yes -o LogLevel=ERROR "$user@$TANK_LAB_HOST" "$@"
}

in_guest() {
    as "$TANK_LAB_USER" "$@"
}
