# shellcheck shell=sh
# In the guest: rights of users, destroying, creating, setting.
set -eu
# shellcheck source=/dev/null
. ./record-lib.sh

# As record-send.sh leaves it.
more() {
    ! zfs list pa/big@3 >/dev/null 2>&1 || return 0
    do_ 'zfs create -o compression=off pa/big; dd if=/dev/urandom of=/pa/big/f bs=1M count=40; zfs snapshot pa/big@3'
    do_ 'zfs send -w pa/enc@s1 | zfs receive -u pb/raw'
}

listings() {
    rec allow-none 'zfs allow pa/s'
    do_ 'zfs create -u pa/rights'
    do_ 'zfs allow zsend send,snapshot,hold pa/rights; zfs allow -l zsend mount pa/rights; zfs allow -d zrecv destroy pa/rights'
    do_ 'zfs allow -g zrecv rename,promote pa/rights; zfs allow -e userprop pa/rights; zfs allow -c destroy pa/rights'
    do_ 'zfs allow -s @backup send,hold,release pa/rights; zfs allow zrecv @backup pa/rights; zfs allow zrecv compression,quota pa/rights'
    rec allow-all-kinds 'zfs allow pa/rights'
    do_ 'zfs create -u pa/rights/child'
    rec allow-inherited 'zfs allow pa/rights/child'
    rec allow-unknown-right 'zfs allow zsend nosuch pa/rights'
    rec allow-unknown-user 'zfs allow nosuch send pa/rights'
    rec allow-unknown-group 'zfs allow -g nosuch send pa/rights'
    rec allow-unknown-dataset 'zfs allow zsend send pa/none'
    rec allow-undefined-set 'zfs allow zsend @none pa/rights'
    rec unallow 'zfs unallow zsend send pa/rights'
    rec unallow-again 'zfs unallow zsend send pa/rights'
    rec unallow-user 'zfs unallow zrecv pa/rights && zfs allow pa/rights'
    rec unallow-recursive 'zfs unallow -r -u zsend pa/rights && zfs allow pa/rights'
    rec allow-deleted-user 'useradd gone && zfs allow gone send pa/rights && userdel gone && zfs allow pa/rights'
    do_ 'zfs destroy -r pa/rights'
}

sender() {
    do_ 'zfs create pa/u; zfs snapshot pa/u@1'
    rec user zsend right-send 'zfs send pa/u@1 | cat >/dev/null'
    rec user zsend right-estimate 'zfs send -nvP pa/u@1'
    rec user zsend right-snapshot 'zfs snapshot pa/u@2'
    rec user zsend right-hold 'zfs hold h pa/u@1'
    rec user zsend right-bookmark 'zfs bookmark pa/u@1 pa/u#1'
    rec user zsend right-destroy 'zfs destroy pa/u@1'
    rec user zsend right-set 'zfs set org.tank:x=1 pa/u'
    rec user zsend right-list 'zfs list -Hp -t all -r pa/u'
    rec user zsend right-holds-listing 'zfs holds -H pa/u@1'
    rec user zsend right-allow-listing 'zfs allow pa/u'
    rec user zsend right-allow 'zfs allow zsend send pa/u'
    rec user zsend right-pool 'zpool scrub pa'
    rec user zsend right-history 'zpool history pa'
    do_ 'zfs allow zsend send,snapshot,hold,release,bookmark pa/u'
    rec user zsend right-given-send 'zfs send pa/u@1 | wc -c'
    rec user zsend right-given-all 'zfs snapshot pa/u@2 && zfs hold h pa/u@2 && zfs bookmark pa/u@2 pa/u#2 && zfs release h pa/u@2'
    rec user zsend right-destroy-snapshot 'zfs destroy pa/u@2'
    rec user zsend right-destroy-bookmark 'zfs destroy pa/u#2'
    do_ 'zfs allow zsend destroy pa/u'
    rec user zsend right-destroy-without-mount 'zfs destroy pa/u@2'
    do_ 'zfs allow zsend mount pa/u'
    rec user zsend right-destroy-with-mount 'zfs destroy pa/u@2'
    rec user zsend right-rollback 'zfs rollback pa/u@1'
    rec user zsend right-rename 'zfs rename pa/u pa/u3'
}

receiver() {
    do_ 'zfs create pb/in; zfs send pa/big@3 >/tmp/stream; chmod 644 /tmp/stream; zfs send pa/u@1 >/tmp/small; chmod 644 /tmp/small'
    rec user zrecv right-receive 'zfs receive -u pb/in/a </tmp/small'
    for rights in receive create mount receive,create receive,mount create,mount; do
        do_ "zfs unallow zrecv pb/in; zfs allow zrecv $rights pb/in"
        rec user zrecv "right-receive-only-$(echo "$rights" | tr , -)" 'zfs receive -u pb/in/a </tmp/small'
    done
    do_ 'zfs allow zrecv receive,create,mount pb/in'
    rec user zrecv right-receive-given 'zfs receive -u pb/in/a </tmp/small'
    rec user zrecv right-receive-property 'zfs receive -u -o readonly=on pb/in/b </tmp/small'
    rec right-receive-property-after 'zfs get -Hp -o value,source readonly pb/in/b'
    rec user zrecv right-receive-properties 'zfs receive -u -o readonly=on -o compression=off -o org.tank:x=1 -x mountpoint pb/in/b2 </tmp/small'
    rec user zrecv right-receive-mounted 'zfs receive pb/in/c </tmp/small'
    rec right-receive-mounted-after 'zfs list -Hp -o name,mounted,mountpoint -t all -r pb/in/c'
    rec user zrecv right-create 'zfs create pb/in/d'
    rec user zrecv right-create-unmounted 'zfs create -u pb/in/e'
    rec user zrecv right-create-property 'zfs create -u -o readonly=on pb/in/f'
    try_ 'head -c 5000000 /tmp/stream | runuser -u zrecv -- /usr/sbin/zfs receive -s -u pb/in/g'
    rec user zrecv right-receive-abort 'zfs receive -A pb/in/g'
    do_ 'zfs allow zrecv destroy pb/in'
    rec user zrecv right-receive-abort-given 'zfs receive -A pb/in/g'
    rec user zrecv right-receive-rollback 'zfs rollback pb/in/a@1'
    rec user zrecv right-load-key 'echo passphrase | zfs load-key pb/raw'
    do_ 'rm /tmp/stream /tmp/small'
}

destroying() {
    do_ 'zfs create pa/x; zfs snapshot pa/x@1; zfs snapshot pa/x@2; zfs snapshot pa/x@3; zfs bookmark pa/x@1 pa/x#1'
    rec destroy-dry-snapshots 'zfs destroy -nvp pa/x@1,2'
    rec destroy-dry-range 'zfs destroy -nvp pa/x@1%3'
    rec destroy-dry-open-range 'zfs destroy -nvp pa/x@%'
    rec destroy-dry-missing 'zfs destroy -nvp pa/x@1,none'
    rec destroy-missing-snapshot 'zfs destroy pa/x@none'
    rec destroy-missing 'zfs destroy pa/none'
    rec destroy-has-snapshots 'zfs destroy pa/x'
    rec destroy-dry-recursive 'zfs destroy -rnvp pa/x'
    do_ 'zfs hold h pa/x@2; zfs clone pa/x@3 pa/xc; zfs create pa/x/c'
    rec destroy-held 'zfs destroy pa/x@2'
    rec destroy-batch-held 'zfs destroy pa/x@1,2; zfs list -H -t snapshot -o name pa/x'
    rec destroy-cloned 'zfs destroy pa/x@3'
    rec destroy-dry-cloned 'zfs destroy -nvp pa/x@3'
    rec destroy-has-children 'zfs destroy pa/x'
    rec destroy-recursive-clones 'zfs destroy -r pa/x'
    rec destroy-dry-clones 'zfs destroy -Rnvp pa/x'
    rec destroy-deferred 'zfs destroy -d pa/x@2; zfs get -Hp -o value defer_destroy pa/x@2'
    rec destroy-busy '(cd /pa/x/c && zfs destroy pa/x/c)'
    rec hold-again 'zfs hold h pa/x@3; zfs hold h pa/x@3'
    rec hold-missing 'zfs hold h pa/x@none'
    rec hold-long "zfs hold $(printf %0257d 0) pa/x@3"
    rec hold-recursive-missing 'zfs hold -r h2 pa/x@3 pa/x@none'
    rec release-missing-tag 'zfs release nosuch pa/x@3'
    rec release-missing-snapshot 'zfs release h pa/x@none'
    rec release-deferred 'zfs release h pa/x@2; zfs list -H -t snapshot -o name pa/x'
    rec bookmark-again 'zfs bookmark pa/x@1 pa/x#1'
    rec bookmark-missing 'zfs bookmark pa/x@none pa/x#n'
    rec bookmark-copy 'zfs bookmark pa/x#1 pa/x#copy && zfs list -Hp -t bookmark -o name,guid pa/x'
    rec bookmark-other-dataset 'zfs bookmark pa/x@1 pa/s#x'
    rec destroy-missing-bookmark 'zfs destroy pa/x#none'
    rec destroy-pool-root 'zfs destroy pa'
}

snapshots() {
    rec snapshot-again 'zfs snapshot pa/x@1'
    rec snapshot-atomic 'zfs snapshot pa/x@new pa/x/c@new pa/s@s1; zfs list -H -t snapshot -o name pa/x/c'
    rec snapshot-recursive-clash 'zfs snapshot pa/x/c@both && zfs snapshot -r pa/x@both'
    rec snapshot-missing 'zfs snapshot pa/none@1'
    rec snapshot-bad-name 'zfs snapshot pa/x@a%b'
    rec snapshot-no-name 'zfs snapshot pa/x'
    rec snapshot-long "zfs snapshot pa/x@$(printf %0260d 0)"
    rec snapshot-property 'zfs snapshot -o org.tank:edge=1 pa/x@prop && zfs get -Hp -s local all pa/x@prop'
    rec snapshot-bad-property 'zfs snapshot -o compression=on pa/x@bad'
    rec rename-snapshot 'zfs rename pa/x@prop renamed'
    rec rename-exists 'zfs rename pa/x pa/s'
    rec rename-missing 'zfs rename pa/none pa/n'
    rec rename-other-pool 'zfs rename pa/x pb/x'
    rec rename-missing-parent 'zfs rename pa/x pa/none/x'
    rec clone-other-pool 'zfs clone pa/x@1 pb/xclone'
    rec clone-exists 'zfs clone pa/x@1 pa/s'
    rec promote 'zfs promote pa/xc && zfs list -Hp -t filesystem,snapshot -o name,origin pa/x pa/xc'
    rec promote-not-clone 'zfs promote pa/s'
    rec redact-none 'zfs redact pa/s@s1 book pa/s@s2'
}

settings() {
    rec create-exists 'zfs create pa/s'
    rec create-missing-parent 'zfs create pa/none/x'
    rec create-with-parents 'zfs create -u -p pa/none2/x/y && zfs list -H -o name -r pa/none2'
    rec create-bad-name 'zfs create pa/a%b'
    rec create-long "zfs create pa/$(printf %0260d 0)"
    rec create-bad-property 'zfs create -o nosuch=1 pa/n'
    rec create-bad-value 'zfs create -o compression=maybe pa/n'
    rec create-dry 'zfs create -nvP -o compression=lz4 pa/n'
    rec create-volume-bad-size 'zfs create -V 1000 pa/n'
    rec create-volume-too-big 'zfs create -V 100G pa/n'
    rec create-missing-pool 'zfs create none/n'
    rec set-bad-value 'zfs set compression=maybe pa/s'
    rec set-unknown 'zfs set nosuch=1 pa/s'
    rec set-create-only 'zfs set casesensitivity=insensitive pa/s'
    rec set-volblocksize 'zfs set volblocksize=8k pa/v'
    rec set-read-only 'zfs set used=1 pa/s'
    rec set-wrong-type 'zfs set quota=1G pa/v'
    rec set-quota-small 'zfs set refquota=1M pa/s && zfs set quota=1M pa/s'
    rec set-missing 'zfs set compression=on pa/none'
    rec set-two 'zfs set atime=off org.tank:x=1 pa/s && zfs get -Hp -o property,value,source atime,org.tank:x pa/s'
    rec set-volsize-grow 'zfs set volsize=128M pa/v && zfs get -Hp -o property,value,source volsize,refreservation pa/v'
    rec set-volsize-odd 'zfs set volsize=100000001 pa/v'
    rec inherit 'zfs inherit atime pa/s && zfs get -Hp -o value,source atime pa/s'
    rec inherit-none 'zfs inherit nosuch pa/s'
    rec inherit-create-only 'zfs inherit volsize pa/v'
    rec mount-again 'zfs mount pa/s'
    rec mount-legacy 'zfs mount pa/s/child'
    rec mount-off 'zfs mount pa/off'
    rec unmount-again 'zfs unmount pa/clone; zfs unmount pa/clone'
    # shellcheck disable=SC2016 # of the recorded shell
    rec aliases 'for c in on gzip-6 gzip zstd-3 zstd lz4 off; do zfs set compression=$c pa/s && zfs get -Hp -o value compression pa/s; done'
}

full() {
    do_ 'zfs create -o quota=8M pb/small'
    rec full-quota-write 'dd if=/dev/urandom of=/pb/small/f bs=1M count=20; true'
    do_ 'rm -f /pb/small/f; zpool sync pb'
    rec full-quota-receive 'zfs send pa/big@3 | zfs receive -s -u pb/small/big'
    rec full-quota-token 'zfs get -Hp -o property,value used,available,receive_resume_token pb/small/big'
    do_ 'truncate -s 100M /var/tmp/v1; zpool create -f tiny /var/tmp/v1'
    rec full-pool-receive 'zfs send pa/big@3 | zfs receive -u tiny/a; zfs send pa/big@3 | zfs receive -u tiny/b; zfs send pa/big@3 | zfs receive -s -u tiny/c'
    rec full-pool-status 'zpool list -Hp tiny; zfs list -Hp -r tiny'
    rec full-pool-snapshot 'zfs snapshot tiny/a@x'
    rec full-pool-create 'zfs create tiny/n'
    do_ 'zpool destroy tiny; rm /var/tmp/v1'
    rec history 'zpool history pa'
}

prepare
more
listings
sender
receiver
destroying
snapshots
settings
full
