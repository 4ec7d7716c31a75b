# shellcheck shell=sh
# Builds at $1 the Debian 12 tree that becomes the FreeBSD host of the tests. Of git its one program, without what it
# would bring along.
set -eu
# shellcheck disable=SC2016 # mmdebstrap's
mmdebstrap --quiet --variant=minbase --include=openssh-server,opendoas,tcsh,file,netcat-openbsd,libarchive-tools,libpcre2-8-0,zlib1g \
    --customize-hook='chroot "$1" sh -c "cd /var/tmp && apt-get -qq -o APT::Sandbox::User=root download git && dpkg-deb --fsys-tarfile git_*.deb | tar -x -C / ./usr/bin/git && rm git_*.deb"' \
    bookworm "$1"
: >"$1/etc/tank-built"
