# shellcheck shell=sh
# $@ snapshots
# Answers: `holds`, the tags of all that have some.
zfs_ask holds zfs holds -H "$@"
:
