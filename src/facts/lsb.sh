# shellcheck shell=sh disable=SC2154
# What lsb_release says.
if setup_wants lsb && tk_have lsb_release; then setup_say lsb lsb_release -a; fi
