# shellcheck shell=sh disable=SC2016,SC2034,SC2086,SC2154 # expanded in the guest; of what sources this
# Bases, divergence, what the target is like.

edge plain.yml pa/d pb/x/d 'encryption: plain'
edge rollback.yml pa/d pb/x/d 'encryption: plain, on_divergence: rollback_common'
edge latest.yml pa/d pb/x/d 'encryption: plain, on_divergence: rollback_latest'

guest 'content' '' "zfs create pa/d && $(write pa/d 1 8) && zfs snapshot pa/d@s1 && $(write pa/d 2 8) && zfs snapshot pa/d@s2"
tank 's03 a plan with sizes' 0 'send @s1 in full, about 8' plan plain.yml
guest '  wrote nothing' '^0$' 'zpool history pb | grep -c "pb/x/d" || :'
tank 's01 first copy' 0 '2 stream' run plain.yml
arrived pa/d pb/x/d s2
guest '  not written to, not mounted, held and bookmarked' '^on noauto no 1 1$' \
    'echo $(zfs get -H -o value readonly,canmount,mounted pb/x/d) $(zfs get -H -o value userrefs pb/x/d@s2) $(zfs list -H -t bookmark -o name pa/d | grep -c "#tank_e_")'
guest '  the source is let go of' '^0 0$' 'echo $(zfs get -H -o value userrefs pa/d@s1 pa/d@s2)'
tank 's04 nothing new' 0 'up to date' run plain.yml
guest 's14 the base goes from the source' '' "zfs destroy pa/d@s2 && $(write pa/d 3 8) && zfs snapshot pa/d@s3"
tank '  and its bookmark is the base' 0 'base #tank_e_' run plain.yml
arrived pa/d pb/x/d s3
guest 's09 an empty snapshot of the target' '' "zfs snapshot pb/x/d@own && $(write pa/d 4 8) && zfs snapshot pa/d@s4"
tank '  hinders nobody' 0 'copied' run plain.yml
arrived pa/d pb/x/d s4
guest 's11 the target is written to' '' 'zfs set readonly=off pb/x/d && zfs set mountpoint=/t pb/x/d && zfs mount pb/x/d &&
    touch /t/new && sync && zfs unmount pb/x/d && zfs set readonly=on pb/x/d'
guest '  and the source goes on' '' "$(write pa/d 5 8) && zfs snapshot pa/d@s5"
tank '  stops' 2 'was modified behind its newest snapshot' run plain.yml
tank '  is rolled back where that is allowed' 0 'copied' run latest.yml
arrived pa/d pb/x/d s5
guest 's08 the source is rolled back' '' "zfs rollback -r pa/d@s4 && $(write pa/d 6 8) && zfs snapshot pa/d@s6"
tank '  stops' 2 'the target has diverged: behind the common @s4 it has @s5' run plain.yml
tank 's10 a held snapshot stays' 2 'would destroy what is kept: @s5 \(held\)' run rollback.yml
guest '  released' '' 'zfs release tank_e pb/x/d@s5'
tank '  goes by name' 0 'destroys @s5' run rollback.yml
arrived pa/d pb/x/d s6
guest 's15 the target lost what the bookmark names' '' 'zfs create pa/l && zfs snapshot pa/l@s1'
edge lost.yml pa/l pb/x/l 'encryption: plain'
tank '  after a first copy' 0 'copied' run lost.yml
guest '  and so did the source' '' 'zfs release tank_e pb/x/l@s1; zfs destroy pb/x/l@s1 && zfs snapshot pb/x/l@other && zfs destroy pa/l@s1 && zfs snapshot pa/l@s2'
tank '  is not begun again unasked' 2 'no common snapshot|shares no snapshot|nothing in common' run lost.yml
