# shellcheck shell=sh disable=SC2016,SC2034,SC2086,SC2154 # expanded in the guest; of what sources this
# The ways of a stream: straight from host to host (the guest calls itself), with and without tools; drift.

edge push.yml pa/g pb/x/g 'encryption: plain, transport: push, address: "127.0.0.1:22", buffer: mbuffer, properties: [compression]'
edge pull.yml pa/g pb/x/g 'encryption: plain, transport: pull, address: "127.0.0.1:22", buffer: mbuffer, compress: zstd, properties: [compression]'
edge bare.yml pa/g pb/x/g 'encryption: plain, transport: operator, buffer: none, compress: none, properties: [compression]'
guest 'content' '' "zfs create -o compression=gzip pa/g && $(write pa/g 1 8) && zfs snapshot pa/g@s1"
tank 's52 a plan of a way straight' 0 'straight, the source calls' plan push.yml
tank '  with mbuffer' 0 'copied' run push.yml
arrived pa/g pb/x/g s1
guest '  leaves no key' '^0$' 'grep -c tank-run /root/.ssh/authorized_keys || :'
guest '  goes on' '' "$(write pa/g 2 8) && zfs snapshot pa/g@s2"
tank '  the other way, with mbuffer and zstd' 0 'copied' run pull.yml
arrived pa/g pb/x/g s2
guest '  leaves no key' '^0$' 'grep -c tank-run /root/.ssh/authorized_keys || :'
guest '  goes on' '' "$(write pa/g 3 8) && zfs snapshot pa/g@s3"
tank '  through the operator, with nothing' 0 'copied' run bare.yml
arrived pa/g pb/x/g s3
tank '  once' 0 'up to date' run push.yml
guest 'a copy has lost properties' '^off lz4$' 'zfs set readonly=off compression=lz4 pb/x/g && echo $(zfs get -H -o value readonly,compression pb/x/g)'
tank '  as a look tells' 0 'set compression=gzip readonly=on' plan bare.yml
tank '  and gets them back' 0 '' run bare.yml
guest '  all' '^on gzip$' 'echo $(zfs get -H -o value readonly,compression pb/x/g)'
tank '  once' 0 'up to date' run bare.yml
