# shellcheck shell=sh
# A program of its own, in the user's environment. $1 git's program, $2 clone or update, $3 the directory, $4 the
# repository, $5 the remote, $6 head, branch or commit, $7 the branch, tag or commit, $8 depth or empty, $9 flags,
# $10 refspec or empty, $11 repository to borrow objects from, or empty.
# Brings the directory to the version. It says which step failed.
git=$1 how=$2 dest=$3 repo=$4 remote=$5 kind=$6 version=$7 depth=$8 flags=$9
shift 9
refspec=$1 reference=$2

has() { case $flags in *" $1 "*) return 0 ;; *) return 1 ;; esac; }

run() {
  step=$1
  shift
  "$git" -C "$dest" "$@" && return 0
  rc=$?
  echo "tank: Failed to $step" >&2
  exit "$rc"
}

clone() {
  case $dest in */*) mkdir -p "${dest%/*}/" || exit 1 ;; esac
  set -- clone
  if has bare; then set -- "$@" --bare; else set -- "$@" --origin "$remote"; fi
  if [ -n "$depth" ]; then set -- "$@" --depth "$depth"; fi
  if has single; then set -- "$@" --single-branch; fi
  if { [ -n "$depth" ] || has single; } && has named; then set -- "$@" --branch "$version"; fi
  if [ -n "$reference" ]; then set -- "$@" --reference "$reference"; fi
  "$git" "$@" -- "$repo" "$dest" || exit
  if has bare && [ "$remote" != origin ]; then run 'add the remote' remote add "$remote" "$repo"; fi
  if [ -n "$refspec" ]; then
    run 'download remote objects and refs' fetch ${depth:+--depth "$depth"} "$remote" "$refspec"
  fi
}

refs() {
  if [ -n "$depth" ]; then
    case $kind in
    branch | head) set -- --depth "$depth" "$remote" "+refs/heads/$version:refs/remotes/$remote/$version" ;;
    tag) set -- --depth "$depth" "$remote" "+refs/tags/$version:refs/tags/$version" ;;
    *) set -- --tags "$remote" ;;
    esac
  elif has bare; then
    set -- "$remote" '+refs/heads/*:refs/heads/*' '+refs/tags/*:refs/tags/*'
  else
    set -- --tags "$remote"
  fi
  if [ -n "$refspec" ]; then set -- "$@" "$refspec"; fi
  if has force; then set -- --force "$@"; fi
  run 'download remote objects and refs' fetch "$@"
}

switch() {
  case $kind in
  branch | head)
    there=refs/remotes/$remote/$version
    "$git" -C "$dest" rev-parse -q --verify "$there" >/dev/null ||
      run 'download remote objects and refs' fetch ${depth:+--depth "$depth"} "$remote" \
        "+refs/heads/$version:$there"
    if "$git" -C "$dest" rev-parse -q --verify "refs/heads/$version" >/dev/null; then
      run "checkout branch $version" checkout --force "$version" --
      run "reset to $remote/$version" reset --hard "$there" --
    else
      run "checkout branch $version" checkout --force --track -b "$version" "$there" --
    fi
    ;;
  *) run "checkout $version" checkout --force "$version" -- ;;
  esac
}

if [ "$how" = clone ]; then
  clone
else
  if has reset; then run 'discard local modifications' reset --hard HEAD; fi
  if has url; then run "set a new url $repo for $remote" remote set-url "$remote" "$repo"; fi
  if has fetch; then refs; fi
fi
if has bare; then exit 0; fi
if has switch; then switch; fi
if has submodules && [ -f "$dest/.gitmodules" ]; then
  run 'init/update submodules' submodule sync
  if has force; then set -- --force; else set --; fi
  run 'init/update submodules' submodule update --init --recursive "$@"
fi
