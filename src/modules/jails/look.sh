# shellcheck shell=sh disable=SC3043,SC2154,SC2034
# Follows ask.sh. What Bastille keeps on a host and what runs there. Only reads, and never asks bastille: its `list` removes
# temporary files of other bastilles and repairs settings.

# jails_values FILE NAMES...: values of variables that a file of the shell's sets.
jails_values() (
  file=$1
  shift
  if [ -r "$file" ]; then
    # shellcheck disable=SC1090 # Bastille reads it the same way
    . "$file" >/dev/null 2>&1 </dev/null
  fi
  for name; do
    eval "value=\${$name-}"
    tk_put "$name="
    tk_esc "$value"
  done
)

# jails_text WHAT FILE: a small file, without a program.
jails_text() {
  local text='' line=''
  if [ ! -f "$2" ] || [ ! -r "$2" ]; then return 0; fi
  while IFS= read -r line || [ -n "$line" ]; do text=$text$line$tk_nl; done <"$2"
  told_say "$1" 0 "$text"
}

# jails_dirs CONF: sets jails_dir and jails_releases.
jails_dirs() {
  local prefix
  prefix=$(jails_values "$1" bastille_prefix)
  prefix=${prefix#*=}
  jails_dir=$(jails_values "$1" bastille_jailsdir)
  jails_dir=${jails_dir#*=}
  jails_dir=${jails_dir:-${prefix:-/usr/local/bastille}/jails}
  jails_releases=$(jails_values "$1" bastille_releasesdir)
  jails_releases=${jails_releases#*=}
  jails_releases=${jails_releases:-${prefix:-/usr/local/bastille}/releases}
}

# jails_release NAME: `there` and the version of its userland, `half` or `missing`.
jails_release() {
  local line='' version='' at="$jails_releases/$1"
  if [ -f "$at/bin/freebsd-version" ]; then
    while IFS= read -r line; do
      case $line in USERLAND_VERSION=*)
        line=${line#*=}
        line=${line#\"}
        version=${line%%\"*}
        ;;
      esac
    done <"$at/bin/freebsd-version"
  fi
  if [ -f "$at/COPYRIGHT" ]; then
    told_say release 0 "there $version"
  elif [ -d "$at" ]; then
    told_say release 0 half
  else
    told_say release 0 missing
  fi
}

# jails_look CONF: all of it.
jails_look() {
  local dir name
  told_tool bastille bastille || told_say bastille 127 "$PATH"
  tk_out_of jails_values "$1" bastille_prefix bastille_jailsdir bastille_releasesdir bastille_templatesdir \
    bastille_zfs_enable bastille_zfs_zpool bastille_zfs_prefix bastille_network_loopback bastille_network_shared
  told_say conf "$?" "$tk_out"
  jails_dirs "$1"
  told_ask jls jls -d --libxo json jid name path host.hostname ip4.addr ip6.addr vnet osrelease dying
  for dir in "$jails_dir"/*; do
    name=${dir##*/}
    if [ -f "$dir/jail.conf" ]; then
      jails_text "conf $name" "$dir/jail.conf"
      jails_text "set $name" "$dir/settings.conf"
      jails_text "fstab $name" "$dir/fstab"
      jails_text "tags $name" "$dir/tags"
      jails_text "rdr $name" "$dir/rdr.conf"
    elif [ -d "$dir" ]; then
      told_say "half $name" 0 ''
    fi
  done
}
