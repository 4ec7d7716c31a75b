# shellcheck shell=sh disable=SC2154
# The environment that commands of a user get: that of the login. A newline in a value becomes byte 1.
if setup_wants env; then
  (
    tk_login
    env -0 2>/dev/null || env | tr '\n' '\0'
  ) | tr '\0\n' '\n\001' | setup_mark env
fi
