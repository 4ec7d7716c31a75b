# shellcheck shell=sh disable=SC2016,SC2034,SC2086,SC2154 # expanded in the guest; of what sources this
# A target that is full, a source that goes while it is read.

edge q.yml pa/q pb/q/d 'encryption: plain'
guest 's26 a target with a quota' '' "zfs create -o mountpoint=none -o quota=12M pb/q && zfs create pa/q && $(write pa/q 1 24) && zfs snapshot pa/q@s1"
tank '  has no room' 2 'quota|room|space' run q.yml
guest '  keeps nothing of it mounted' '^0$' 'zfs list -H -o mounted -r pb/q | grep -c yes || :'
guest '  has room again' '' 'zfs set quota=64M pb/q'
tank '  takes it' 0 'copied' run q.yml
tank '  once' 0 'up to date' run q.yml
