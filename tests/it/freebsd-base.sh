# shellcheck shell=sh
# Builds at $1 the Debian 12 tree that becomes the FreeBSD host of the tests.
set -eu
mmdebstrap --quiet --variant=minbase --include=openssh-server,opendoas,tcsh,file,netcat-openbsd bookworm "$1"
: >"$1/etc/tank-built"
