# shellcheck shell=sh disable=SC3043
# Words: git's program, the command for ssh, the repository, refs. Answers the remote's refs.
local git="$1" repo="$3"
(
  GIT_TERMINAL_PROMPT=0 GIT_SSH_COMMAND=$2
  export GIT_TERMINAL_PROMPT GIT_SSH_COMMAND
  shift 3
  "$git" ls-remote --symref -- "$repo" "$@"
)
