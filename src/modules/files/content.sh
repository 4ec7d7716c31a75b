# shellcheck shell=sh
# $1 path: its content
tk_read "$1"
