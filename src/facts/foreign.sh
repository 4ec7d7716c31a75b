# shellcheck shell=sh disable=SC2154
# Facts of other collectors, where these are installed.
if setup_wants facter && tk_have facter; then setup_say facter facter --puppet --json; fi
if setup_wants ohai && tk_have ohai; then setup_say ohai ohai; fi
