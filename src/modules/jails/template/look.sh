# shellcheck shell=sh disable=SC3043,SC2154
# Follows ../look.sh. $1: Bastille's configuration, $2: the jail, $3: the template.
local templates file
jails_look "$1"
templates=$(jails_values "$1" bastille_templatesdir)
templates=${templates#*=}
templates=${templates:-${jails_dir%/*}/templates}
if [ -f "$templates/$3/Bastillefile" ]; then told_say template 0 "$templates/$3"; else told_say template 1 "$templates/$3"; fi
told_files "$jails_dir/$2/.tank-templates"
find "$templates/$3" -type f 2>/dev/null | sort | while IFS= read -r file; do told_files "$file"; done
return 0
