# shellcheck shell=sh disable=SC3043,SC2154
# Follows ../told/ask.sh and ask.sh. Words: the URI; a machine or nothing; what to tell besides its state and its next
# start's document: `live` the one that runs, `all` the states and numbers of all, `others` the documents of all
# others, `host` what the host has.
local uri="$1" name="$2" more="$3" line one kvm_names= running=

kvm_domain_list() { told_ask "$1" virsh -q -c "$uri" list --all --name "$2"; }

kvm_domain_one() {
  told_ask "state $1" virsh -q -c "$uri" domstate "$1"
  told_ask "xml $1" kvm_quiet virsh -q -c "$uri" dumpxml "$1" --inactive --security-info
}

kvm_domain_live() { told_ask "live $1" kvm_quiet virsh -q -c "$uri" dumpxml "$1"; }

kvm_begin "$uri" list || return 0
kvm_domain_list autostart --autostart
kvm_domain_list transient --transient
kvm_domain_list saved --with-managed-save
if [ -n "$name" ] && kvm_has "$name"; then
  kvm_domain_one "$name"
  case $more in live) kvm_domain_live "$name" ;; esac
fi
case $more in
host)
  told_ask nodeinfo virsh -q -c "$uri" nodeinfo
  told_ask freecell virsh -q -c "$uri" freecell
  told_ask version virsh -q -c "$uri" version
  ;;
all | others)
  case $more in others) running=$(virsh -q -c "$uri" list --name 2>/dev/null) ;; esac
  while IFS= read -r line; do
    kvm_trim "$line"
    one=$tk_out
    if [ -z "$one" ] || { [ "$more" = others ] && [ "$one" = "$name" ]; }; then continue; fi
    case $more in
    all)
      told_ask "state $one" virsh -q -c "$uri" domstate "$one"
      told_ask "info $one" virsh -q -c "$uri" dominfo "$one"
      told_ask "stats $one" virsh -q -c "$uri" domstats --raw --cpu-total "$one"
      ;;
    *)
      told_ask "other $one" kvm_quiet virsh -q -c "$uri" dumpxml "$one" --inactive
      case $tk_nl$running$tk_nl in *"$tk_nl$one$tk_nl"*) kvm_domain_live "$one" ;; esac
      ;;
    esac
  done <<END
$kvm_names
END
  ;;
esac
return 0
