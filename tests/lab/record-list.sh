# shellcheck shell=sh
# In the guest: versions, usage, listings, properties, pools.
# shellcheck disable=SC2154 # d is of record-lib.sh
set -eu
# shellcheck source=/dev/null
. ./record-lib.sh

versions() {
    rec version-zfs 'zfs version'
    rec version-zpool 'zpool version'
    rec version-zfs-json 'zfs version -j'
    rec version-zpool-json 'zpool version -j'
    rec version-short 'zfs --version'
    for command in send receive list get set snapshot destroy hold release holds bookmark rollback allow unallow \
        create clone promote rename inherit diff mount load-key change-key redact program; do
        rec "usage-zfs-$command" "zfs $command -:"
    done
    rec usage-zfs zfs
    rec usage-zpool zpool
    for command in create list status get import scrub history add remove attach replace; do
        rec "usage-zpool-$command" "zpool $command -:"
    done
    rec empty-zpool-list 'zpool list'
    rec empty-zpool-list-parse 'zpool list -Hp'
    rec empty-zpool-list-json 'zpool list -j'
    rec empty-zpool-status 'zpool status'
    rec empty-zpool-import 'zpool import'
    rec empty-zfs-list 'zfs list -Hp'
}

lists() {
    rec list-plain 'zfs list'
    rec list-parse 'zfs list -Hp'
    all=name,type,guid,createtxg,creation,used,available,referenced,written,userrefs,origin,mounted,canmount,mountpoint
    rec list-all-types "zfs list -Hp -t filesystem,volume,snapshot,bookmark -o $all"
    rec list-tree "zfs list -Hp -r -t all -o name,type,guid,createtxg,creation,origin pa/s"
    rec list-source 'zfs list -Hp -d1 -t snapshot,bookmark -s createtxg -o name,guid,createtxg,creation,userrefs pa/s'
    rec list-target 'zfs list -Hp -d1 -t filesystem,volume,snapshot -s createtxg -o name,type,guid,createtxg,creation,origin,receive_resume_token,written,encryption,encryptionroot,keystatus,readonly,userrefs pa/s'
    rec list-encryption 'zfs list -Hp -o name,encryption,encryptionroot,keystatus,keylocation,keyformat -r pa'
    rec list-space 'zfs list -Hp -o space -r pa'
    rec list-clones 'zfs list -Hp -t snapshot -o name,clones,defer_destroy,userrefs,used,referenced -r pa'
    rec list-json 'zfs list -j'
    rec list-json-int 'zfs list -j --json-int -p -t all -o name,type,guid,createtxg,creation,used pa/s'
    rec list-json-snapshots 'zfs list -j -p -t snapshot,bookmark -o name,guid,createtxg,creation -r pa/s'
    rec list-missing 'zfs list -Hp pa/none'
    rec list-missing-snapshot 'zfs list -Hp -t snapshot pa/s@none'
    rec list-missing-bookmark 'zfs list -Hp -t bookmark pa/s#none'
    rec list-missing-pool 'zfs list -Hp none/x'
    rec list-missing-among 'zfs list -Hp -o name pa/s pa/none pa/clone'
    rec list-no-snapshots 'zfs list -Hp -t snapshot pa/clone'
    rec list-bad-column 'zfs list -Hp -o name,nosuch'
    rec list-bad-name 'zfs list -Hp pa//s'
    rec list-percent 'zfs list -Hp pa/a%b'
}

gets() {
    rec get-pool-root 'zfs get -Hp all pa'
    rec get-filesystem 'zfs get -Hp all pa/s'
    rec get-child 'zfs get -Hp all pa/s/child'
    rec get-volume 'zfs get -Hp all pa/v'
    rec get-volume-sparse 'zfs get -Hp all pa/sparse'
    rec get-snapshot 'zfs get -Hp all pa/s@s1'
    rec get-snapshot-volume 'zfs get -Hp all pa/v@s1'
    rec get-bookmark 'zfs get -Hp all pa/s#b1'
    rec get-clone 'zfs get -Hp all pa/clone'
    rec get-encrypted 'zfs get -Hp all pa/enc'
    rec get-encrypted-child 'zfs get -Hp all pa/enc/child'
    rec get-encrypted-snapshot 'zfs get -Hp all pa/enc@s1'
    rec get-readonly 'zfs get -Hp all pa/ro'
    rec get-nice 'zfs get all pa/s'
    rec get-local 'zfs get -Hp -s local -o name,property,value,source all pa/s'
    rec get-received 'zfs get -Hp -o name,property,value,received,source all pa/s'
    rec get-recursive 'zfs get -Hpr -t filesystem,volume -o name,property,value,source compression,mountpoint pa'
    rec get-user 'zfs get -Hp -o value,source org.tank:note pa/s pa/s/child'
    rec get-written-since 'zfs get -Hp -o value written@s1 pa/s'
    rec get-written-since-missing 'zfs get -Hp -o value written@none pa/s'
    rec get-json 'zfs get -j all pa/s'
    rec get-json-some 'zfs get -j -p compression,quota,org.tank:note pa/s'
    rec get-unknown 'zfs get -Hp nosuch pa/s'
    rec get-missing 'zfs get -Hp all pa/none'
    rec get-alias-gzip 'zfs get -Hp -o value,source compression pa/ro'
    rec holds 'zfs holds -H pa/s@s1'
    rec holds-parse 'zfs holds -Hp pa/s@s1'
    rec holds-none 'zfs holds -H pa/s@s2'
    rec holds-recursive 'zfs holds -Hpr pa/s@s1'
    rec holds-missing 'zfs holds -H pa/s@none'
    rec diff 'zfs diff -HF pa/s@s1 pa/s@s3'
}

pools() {
    rec zpool-list 'zpool list'
    rec zpool-list-parse 'zpool list -Hp'
    rec zpool-list-columns 'zpool list -Hp -o name,guid,size,allocated,free,freeing,fragmentation,capacity,dedupratio,health,altroot,readonly'
    rec zpool-list-vdevs 'zpool list -HPv pa'
    rec zpool-list-json 'zpool list -j'
    rec zpool-list-json-int 'zpool list -j -p --json-int --json-pool-key-guid'
    rec zpool-list-missing 'zpool list -Hp none'
    rec zpool-get 'zpool get -Hp all pa'
    rec zpool-get-json 'zpool get -j all pa'
    rec zpool-get-features 'zpool get -Hp -o value feature@extensible_dataset,feature@bookmarks,feature@large_blocks,feature@encryption pa'
    rec zpool-get-unknown 'zpool get -Hp nosuch pa'
    rec zpool-get-vdev "zpool get -Hp all pa ${d}1-part1"
    rec zpool-status-healthy 'zpool status -P -p'
    rec zpool-status-healthy-json 'zpool status -j'
    rec zpool-status-exceptions 'zpool status -x'
    rec zpool-status-guids 'zpool status -g pa'
    rec zpool-status-resolved 'zpool status -L -P pa'
    rec zpool-status-missing 'zpool status none'
    rec zpool-history 'zpool history pa'
    rec zpool-history-long 'zpool history -l pb'
}

mirrors() {
    do_ "printf '2048,200M\n,200M\n,1G\n,300M\n' | sfdisk -q ${d}6; udevadm settle"
    do_ "zpool create -f pm mirror ${d}3 ${d}4 log ${d}6-part1 cache ${d}6-part2 spare ${d}5"
    rec zpool-status-log-cache-spare 'zpool status -P -p pm'
    rec zpool-status-log-cache-spare-json 'zpool status -j pm'
    rec zpool-list-log-cache-spare 'zpool list -HpPv pm'
    do_ 'zfs create -o compression=off pm/d; dd if=/dev/urandom of=/pm/d/f bs=1M count=250; sync'
    do_ 'zpool scrub pm'
    rec zpool-status-scrub-running 'zpool status -P -p pm'
    try_ 'zpool scrub -p pm'
    rec zpool-status-scrub-paused 'zpool status -P -p pm'
    try_ 'zpool scrub -w pm'
    try_ 'zpool wait -t scrub pm'
    rec zpool-status-scrub-done 'zpool status -P -p pm'
    rec zpool-scrub-export 'zpool scrub none'
    do_ "zpool offline pm ${d}4"
    rec zpool-status-degraded 'zpool status -P -p pm'
    rec zpool-status-degraded-json 'zpool status -j pm'
    rec zpool-status-degraded-exceptions 'zpool status -x'
    rec zpool-list-degraded 'zpool list -Hp'
    do_ "zpool replace -f pm ${d}4 ${d}5"
    rec zpool-status-resilver 'zpool status -P -p pm'
    do_ 'zpool wait -t resilver pm'
    rec zpool-status-spare-used 'zpool status -P -p pm'
    do_ "zpool detach pm ${d}5; zpool online pm ${d}4; zpool wait -t resilver pm"
    rec zpool-status-resilvered 'zpool status -P -p pm'
    do_ 'zpool checkpoint pm'
    rec zpool-status-checkpoint 'zpool status -P -p pm'
    do_ 'zpool checkpoint -d pm; zpool export pm'
    rec zpool-import-listing 'zpool import'
    rec zpool-import-missing 'zpool import none'
    do_ 'zpool import pm'
    rec zpool-import-again 'zpool import pm'
    do_ 'zpool destroy pm'
    rec zpool-import-destroyed 'zpool import -D'
}

broken_pools() {
    do_ 'truncate -s 256M /var/tmp/v1 /var/tmp/v2 /var/tmp/v3 /var/tmp/v4'
    do_ 'zpool create pz raidz1 /var/tmp/v1 /var/tmp/v2 /var/tmp/v3'
    rec zpool-status-raidz 'zpool status -P -p pz'
    rec zpool-status-raidz-json 'zpool status -j pz'
    do_ 'zpool destroy pz; zpool create -f px /var/tmp/v1; dd if=/dev/urandom of=/px/f bs=1M count=60; zpool sync px'
    do_ 'zpool export px; dd if=/dev/urandom of=/var/tmp/v1 bs=1M seek=20 count=60 conv=notrunc; zpool import -d /var/tmp px'
    try_ 'zpool scrub -w px'
    rec zpool-status-errors 'zpool status -P -p -v px'
    rec zpool-status-errors-json 'zpool status -j px'
    rec read-damaged 'cat /px/f >/dev/null'
    do_ 'zpool destroy -f px; zpool create -f -d old /var/tmp/v2'
    rec zpool-status-old-features 'zpool status -P -p old'
    rec zpool-get-old-features 'zpool get -Hp all old'
    do_ 'zpool create -f -o version=28 ancient /var/tmp/v3'
    rec zpool-status-version-28 'zpool status -P -p ancient'
    rec zpool-get-version-28 'zpool get -Hp all ancient'
    rec zpool-upgrade-listing 'zpool upgrade'
    do_ 'zpool destroy ancient; zpool destroy old; zpool create -f gone mirror /var/tmp/v1 /var/tmp/v2; zpool export gone; rm /var/tmp/v2'
    rec zpool-import-degraded 'zpool import -d /var/tmp'
    do_ 'zpool import -d /var/tmp gone'
    rec zpool-status-missing-device 'zpool status -P -p gone'
    do_ 'zpool destroy gone; rm -f /var/tmp/v?'
}

versions
prepare
lists
gets
pools
mirrors
broken_pools
