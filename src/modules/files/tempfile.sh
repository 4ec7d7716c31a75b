# shellcheck shell=sh
# A program of its own, in the user's environment. $1 file or directory, $2 directory or empty, $3 name
# Makes it, for the user alone, and prints its path. 2: no such directory, 17: the name is taken.
dir=$2
if [ -z "$dir" ]; then
  for dir in "${TMPDIR-}" "${TEMP-}" "${TMP-}" /tmp /var/tmp /usr/tmp .; do
    if [ -n "$dir" ] && [ -d "$dir" ] && [ -w "$dir" ]; then break; fi
  done
fi
path=${dir%/}/$3
if [ ! -d "$dir" ]; then
  printf %s "$path"
  exit 2
fi
if [ -e "$path" ] || [ -h "$path" ]; then exit 17; fi
umask 077
if [ "$1" = directory ]; then
  mkdir "$path" || exit 1
else
  set -C
  { : >"$path"; } || exit 1
fi
printf %s "$path"
