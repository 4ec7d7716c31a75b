# shellcheck shell=sh disable=SC2016,SC2034,SC2086,SC2154 # expanded in the guest; of what sources this
# Users without root.

guest 's43 users without root' '' 'zfs create pa/n && zfs snapshot pa/n@s1 && zfs create -o mountpoint=none pb/u && chmod 755 / &&
    zfs allow -u zsend send,hold,release,bookmark pa/n && zfs allow -u zrecv receive,create,mount,hold,release,userprop,readonly pb'
sed 's/ansible_user=root/ansible_user=zsend/; 2s/zsend/zrecv/' hosts >users
edge u.yml pa/n pb/u/d 'encryption: plain'
inventory=users
tank '  missing rights are named' 2 'zsend lacks destroy on a:pa/n .*zrecv lacks canmount, destroy on b:pb/u' run u.yml
guest '  granted' '' 'zfs allow -u zsend destroy,mount pa/n && zfs allow -u zrecv canmount,destroy pb'
tank '  and enough' 0 'copied' run u.yml
guest '  readonly alone is taken away' '' 'zfs unallow -u zrecv readonly pb && zfs snapshot pa/n@s2'
edge u2.yml pa/n pb/u/e 'encryption: plain'
tank '  and named' 2 'zrecv lacks readonly on b:pb/u' run u2.yml
inventory=hosts
