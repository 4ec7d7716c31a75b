# shellcheck shell=sh
# In a jail: the file $1 gets stdin as its content in one step, and keeps mode and owner. Links are followed.
file=$(readlink -f "$1")
[ -n "$file" ] || file=$1
new=$file.tank.$$
trap 'rm -f "$new"' EXIT
umask 077
if [ -e "$file" ]; then cp -p "$file" "$new"; else : >"$new" && chmod 644 "$new"; fi || exit
cat >"$new" && mv -f "$new" "$file"
