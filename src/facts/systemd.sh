# shellcheck shell=sh disable=SC2154
# The version of systemd where it runs.
if setup_wants systemd && [ -d /run/systemd/system ] && tk_have systemctl; then
  setup_say systemd systemctl --version
fi
