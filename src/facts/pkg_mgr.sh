# shellcheck shell=sh disable=SC2154
# Which package managers there are, by the places that each has.
if setup_wants pkg_mgr; then
  setup_there /usr/bin/rpm-ostree /usr/bin/yum /usr/bin/dnf-3 /usr/bin/dnf5 /usr/bin/apt-get /usr/bin/zypper \
    /usr/sbin/urpmi /usr/bin/pacman /bin/opkg /usr/pkg/bin/pkgin /opt/local/bin/pkgin /opt/tools/bin/pkgin \
    /opt/local/bin/port /usr/local/bin/brew /opt/homebrew/bin/brew /sbin/apk /usr/sbin/pkg /usr/sbin/swlist \
    /usr/bin/emerge /usr/sbin/pkgadd /usr/bin/pkg /usr/bin/xbps-install /usr/local/sbin/pkg /usr/bin/swupd \
    /usr/sbin/sorcery /usr/bin/installp /run/ostree-booted
  for setup_f in /usr/bin/dnf /usr/bin/microdnf; do
    if [ -e "$setup_f" ] && tk_resolve "$setup_f"; then
      tk_line "dnf:$tk_out"
      break
    fi
  done
  if [ -e /usr/bin/apt-get ] && [ -e /usr/bin/rpm ]; then
    if /usr/bin/rpm -q --whatprovides /usr/bin/apt-get >/dev/null 2>&1; then tk_line apt:rpm; fi
  fi
fi
