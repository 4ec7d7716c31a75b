# shellcheck shell=sh disable=SC2016,SC2034,SC2086,SC2154 # expanded in the guest; of what sources this
# Volumes.

edge v.yml pa/v pb/x/v 'encryption: plain'
guest 's37 s38 a volume' '' 'zfs create -V 16M pa/v && zfs snapshot pa/v@s1'
tank '  is copied' 0 'copied' run v.yml
guest '  with its size, read-only' '^16777216 on$' 'echo $(zfs get -Hp -o value volsize,readonly pb/x/v)'
guest '  grows' '' 'zfs set volsize=32M pa/v && zfs snapshot pa/v@s2'
tank '  again' 0 'copied' run v.yml
guest '  on both sides' '^33554432$' 'zfs get -Hp -o value volsize pb/x/v'
edge t.yml pa/t pb/x/t 'encryption: plain, recursive: true'
guest 's37 a volume in a tree' '' 'zfs create pa/t && zfs create -V 8M pa/t/v && zfs create pa/t/f && zfs snapshot -r pa/t@s1'
tank '  with file systems' 0 'copied' run t.yml
guest '  each like itself' '^noauto noauto -$' 'echo $(zfs get -H -o value canmount pb/x/t pb/x/t/v pb/x/t/f)'
tank '  once' 0 'up to date' run t.yml
