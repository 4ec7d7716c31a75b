# shellcheck shell=sh
# In front of the scripts that change something. For each thing that was really done they print a line 'did'.

# must COMMAND...: does it; a failure ends the script.
must() {
    "$@" || exit 1
    echo did
}

# attempt TEXT TEXT COMMAND...: the same, but a failure that has one of the texts is none: it was so already.
attempt() {
    so=$1 or=$2
    shift 2
    if said=$("$@" 2>&1); then
        echo did
        return
    fi
    case $said in
    *"$so"* | *"$or"*) ;;
    *)
        printf '%s\n' "$said" >&2
        exit 1
        ;;
    esac
}
