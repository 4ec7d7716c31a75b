# shellcheck shell=sh
# $1 1 where the system's version does not count; then pkg's words: what it would do. The catalogue is used as it is.
if [ "$1" = 1 ]; then
  shift
  BATCH=yes IGNORE_OSVERSION=yes pkg "$@"
else
  shift
  BATCH=yes pkg "$@"
fi
# Its code tells either that something failed or that there is something to do.
:
