# shellcheck shell=sh disable=SC3043,SC2154
# Follows ask.sh. Words: git's program, the directory, `bare` or empty, the remote, the version.
local git="$1" dest="$2" bare="$3" remote="$4" version="$5" f
if ! tk_have "$git"; then
  told_say git 127 "$PATH"
  return 0
fi
told_say dest 0 "$(tk_stat "$dest" follow)"
if [ -n "$bare" ]; then f=$dest/config; else f=$dest/.git; fi
if [ ! -e "$f" ]; then
  told_say inside 0 "$(tk_list "$dest" | sed 1q)"
  return 0
fi
(
  # A question refreshes no index.
  GIT_OPTIONAL_LOCKS=0
  export GIT_OPTIONAL_LOCKS
  told_ask head "$git" -C "$dest" rev-parse --verify -q HEAD
  told_ask branch "$git" -C "$dest" symbolic-ref -q --short HEAD
  told_ask default "$git" -C "$dest" symbolic-ref -q --short "refs/remotes/$remote/HEAD"
  told_ask url "$git" -C "$dest" ls-remote --get-url "$remote"
  told_ask own "$git" -C "$dest" rev-parse --verify -q "$version^{commit}"
  if [ -z "$bare" ]; then
    told_ask status "$git" -C "$dest" status --porcelain --untracked-files=no
    if [ -f "$dest/.gitmodules" ]; then told_ask submodules "$git" -C "$dest" submodule status; fi
  fi
)
