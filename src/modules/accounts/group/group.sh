# shellcheck shell=sh disable=SC3043
# $1 name
# Answers: the group's line, or nothing.
tk_getent group "$1"
:
