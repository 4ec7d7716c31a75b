# shellcheck shell=sh disable=SC2016,SC2034,SC2086,SC2154 # expanded in the guest; of what sources this
# Fail-over, and back.

edge there.yml pa/h pb/x/h 'encryption: plain, recursive: true'
printf 'edges:\n  - {id: e-back, source: "b:pb/x/h", target: "a:pa/h", encryption: plain, recursive: true}\n' >back.yml
guest 's47 a dataset in use, with a child and a volume' '' \
    "zfs create pa/h && zfs create pa/h/f && zfs create -V 8M pa/h/v && $(write pa/h 1 2) && zfs snapshot -r pa/h@s1"
tank '  is copied' 0 'copied' run there.yml
guest '  and written to' '' 'echo late >/pa/h/f/late && sync'
tank '  says what would be lost' 2 'behind its newest snapshot' failover e --topology there.yml
tank '  as a look' 0 'to be done' failover e --final --check --mountpoint /h --topology there.yml
guest '  that does nothing' '^off$' 'zfs get -H -o value readonly pa/h'
tank '  is switched' 0 'e-back' failover e --final --mountpoint /h --topology there.yml
guest '  with all that was written' '^late on off$' 'echo $(cat /h/f/late) $(zfs get -H -o value readonly pa/h pb/x/h)'
tank '  once' 0 'nothing to do' failover e --final --mountpoint /h --topology there.yml
tank '  the old way is closed' 2 'is the end in use' run there.yml
guest '  and written to there' '' 'echo more >/h/f/more && zfs snapshot -r pb/x/h@s2'
tank '  the way back is open' 0 'copied' run back.yml
tank '  and leads back' 0 'readonly as it was: pa/h' failover e-back --final --topology back.yml
guest '  with all of it' '^more off on$' 'echo $(cat /pa/h/f/more) $(zfs get -H -o value readonly pa/h pb/x/h)'
guest '  goes on' '' 'echo on >/pa/h/on && zfs snapshot -r pa/h@s3'
tank '  as if nothing had been' 0 'copied' run there.yml
arrived pa/h/v pb/x/h/v s3
