# shellcheck shell=sh disable=SC2016,SC2034,SC2086,SC2154 # expanded in the guest; of what sources this
# Verifying copies: with `written`, `.zfs`, volumes and encryption.

edge w.yml pa/w pb/x/w 'encryption: plain, recursive: true'
guest 's55 a tree' '' 'zfs create pa/w && zfs create -V 80M pa/w/v && zfs create pa/w/f && echo x >/pa/w/file &&
    ln -s file /pa/w/link && udevadm settle && dd status=none if=/dev/urandom of=/dev/zvol/pa/w/v bs=1M seek=70 count=1 && sync &&
    zfs snapshot -r pa/w@s1'
tank '  is copied' 0 'copied' run w.yml
tank '  a look by --check makes no clones' 3 'a clone would have to be made' verify --check --level content w.yml
tank '  identities' 0 'guid +ok: 1 of 1' verify --level guid w.yml
tank '  nothing was written' 0 'written +ok: nothing since @s1' verify --level written w.yml
tank '  content' 0 'content +ok: @s1: 4 entries' verify w.yml
tank '  of the volume' 0 'content +ok: @s1: 2 blocks of 64 MiB, 83886080 bytes' verify w.yml
tank '  a drill' 0 'drill +ok: cloned, and read whole' verify --level drill w.yml
guest '  leaves nothing' '^0$' 'zfs list -H -o name -t all | grep -c tank_verify; zfs holds -H -r pa/w@s1 pb/x/w@s1 | grep tank-verify; :'
guest '  a write to the copy' '' 'zfs set readonly=off mountpoint=/w pb/x/w && zfs mount pb/x/w && echo y >/w/own && sync &&
    zfs unmount pb/x/w && zfs set mountpoint=none readonly=on pb/x/w'
tank '  is told' 2 'bytes were written since @s1' verify --level written w.yml
guest '  and marked' '^e written ' 'zfs get -H -o value org.tank:suspect pb/x/w'
tank '  and critical' 2 'CRIT .*pb/x/w is not what it was made of' status --check w.yml
guest '  put right' '' 'zfs rollback pb/x/w@s1'
tank '  the mark goes' 0 'its mark as suspect is taken away' verify --level written w.yml

edge k.yml pa/k pb/x/k 'encryption: raw'
guest 's55 an encrypted copy' '' 'printf 12345678 >/root/k && zfs create -o encryption=on -o keyformat=passphrase -o keylocation=file:///root/k pa/k &&
    echo x >/pa/k/f && zfs snapshot pa/k@s1'
tank '  without its key' 0 'copied' run k.yml
tank '  is not known' 3 'content +not known: the key of pb/x/k is not loaded' verify k.yml
guest '  with it' '' 'zfs load-key -L file:///root/k pb/x/k'
tank '  is' 0 'drill +ok' verify --level drill k.yml
