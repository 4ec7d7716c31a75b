# shellcheck shell=sh
# Run as root on the host of a jail. $1: the word that says that root is there; $2: the jail's name; $3: the user to be in
# the jail, nothing for root; $4: a command line for the jail's shell, as `printf %b` reads it.
#
# A jail is found by its whole name and entered by its number: one that was made anew under the same name meanwhile is not
# meant. The answer, behind the word: which machine this is, and `ok` or what stands against it.
PATH=${PATH:-/bin:/usr/bin}:/sbin:/usr/sbin:/usr/local/sbin:/usr/local/bin
export PATH
machine=
for file in /etc/machine-id /etc/hostid; do
  line=
  if [ -f "$file" ] && [ -r "$file" ]; then IFS= read -r line <"$file"; fi
  case $line in
  '' | *[!0-9a-fA-F-]*) ;;
  *)
    machine=$line
    break
    ;;
  esac
done
said='no'
if found=$(jls -j "$2" jid name 2>&1 </dev/null); then
  jid=${found%% *}
  case $jid in
  '' | *[!0-9]*) ;;
  *) if [ "$found" = "$jid $2" ]; then said='ok'; fi ;;
  esac
elif command -v jls >/dev/null 2>&1; then
  case $found in *' is dying') said='dying' ;; esac
else
  said='none'
fi
# On a terminal both are one stream.
[ -t 2 ] || echo "$1" >&2
echo "$1"
echo "$machine"
echo "$said"
[ "$said" = ok ] || exit 1
exec jexec -l ${3:+-U "$3"} "$jid" /bin/sh -c "$(printf %b "$4")"
