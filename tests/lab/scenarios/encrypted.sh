# shellcheck shell=sh disable=SC2016,SC2034,SC2086,SC2154 # expanded in the guest; of what sources this
# Encrypted sources and targets.

key='-o encryption=on -o keyformat=passphrase'
guest 's30 s31 an encrypted source' '' "echo 12345678 | zfs create $key pa/c && echo x >/pa/c/f &&
    zfs snapshot pa/c@s1 && zfs unmount pa/c && zfs unload-key pa/c"
edge c.yml pa/c pb/x/c 'encryption: plain'
tank '  is not sent plain without its key' 2 'the key of pa/c is not loaded' run c.yml
edge c.yml pa/c pb/x/c 'encryption: raw'
tank '  goes as it is' 0 'copied' run c.yml
guest '  and needs a key there' '^pb/x/c unavailable$' 'echo $(zfs get -H -o value encryptionroot,keystatus pb/x/c)'
guest '  goes on' '' 'zfs snapshot pa/c@s2'
tank '  as an increment' 0 'send @s1 to @s2' run c.yml
tank '  once' 0 'up to date' run c.yml
edge p.yml pa/c pb/x/c 'encryption: plain_to_encrypted'
tank 's33 nothing lies in plain text by mistake' 2 'plain text|begun as raw|not loaded' run p.yml
guest 's33 an encrypted parent' '' "echo 12345678 | zfs create $key -o mountpoint=none pb/e && zfs create pa/o && zfs snapshot pa/o@s1"
edge o.yml pa/o pb/e/o 'encryption: plain_to_encrypted'
tank '  takes plain streams in' 0 'copied' run o.yml
guest '  and encrypts them' '^pb/e$' 'zfs get -H -o value encryptionroot pb/e/o'
guest '  while its key is loaded' '' 'zfs unload-key -r pb/e && zfs snapshot pa/o@s2'
tank '  and not after' 2 'key' run o.yml
guest 's34 raw streams' '' 'zfs create -o mountpoint=none pb/x/r2 && zfs snapshot pb/x/r2@own'
edge r2.yml pa/c pb/x/r2 'encryption: raw, on_divergence: rollback_common'
tank '  go over nothing that is there' 2 '' run r2.yml
guest '  and it stays' '^pb/x/r2@own$' 'zfs list -H -t snapshot -o name -d 1 pb/x/r2'
