# shellcheck shell=sh disable=SC2016,SC2034,SC2086,SC2154 # expanded in the guest; of what sources this
# What rules keep, and what something needs.

edge few.yml pa/p pb/x/p 'encryption: plain, keep_source: {prefix: auto_, last: 1}, keep_target: {prefix: auto_, last: 2}'
edge keep.yml pa/p pb/x/p 'encryption: plain, keep_source: {prefix: auto_, last: 1, max_share: 90}, keep_target: {prefix: auto_, last: 2, max_share: 90}'
guest 's49 snapshots' '' 'zfs create pa/p && zfs snapshot pa/p@mine && for n in 1 2 3 4 5 6; do zfs snapshot pa/p@auto_$n || exit; done'
tank '  are copied' 0 'copied' run keep.yml
guest '  held, cloned, and of one more' '' 'zfs hold own pa/p@auto_2 && zfs clone -o mountpoint=none pa/p@auto_3 pa/pc && zfs snapshot pa/p@auto_7'
tank '  not so many at once' 2 'more than 50 %' prune few.yml
guest '  none is gone' '^8$' 'zfs list -H -t snapshot -o name pa/p | wc -l'
tank '  as a look tells' 0 'to be destroyed' prune --check keep.yml
guest '  that does nothing' '^8$' 'zfs list -H -t snapshot -o name pa/p | wc -l'
tank '  are pruned' 0 'destroyed' prune keep.yml
guest '  all but what is needed (on the source the bookmark does)' '^mine auto_2 auto_3 auto_7 mine auto_5 auto_6$' \
    'echo $({ zfs list -H -t snapshot -o name pa/p; zfs list -H -t snapshot -o name pb/x/p; } | cut -d@ -f2)'
tank '  once' 0 'nothing to' prune keep.yml
guest '  what was held is let go' '' 'zfs release own pa/p@auto_2'
tank '  and goes' 0 '1 destroyed' prune keep.yml
