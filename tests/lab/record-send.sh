# shellcheck shell=sh
# In the guest: streams, resuming, divergence, encryption, rights, destroying.
set -eu
# shellcheck source=/dev/null
. ./record-lib.sh

estimates() {
    rec estimate-full 'zfs send -nvP pa/s@s1'
    rec estimate-full-np 'zfs send -nP pa/s@s1'
    rec estimate-incremental 'zfs send -nvP -i @s1 pa/s@s3'
    rec estimate-from-bookmark 'zfs send -nvP -i pa/s#b1 pa/s@s3'
    rec estimate-intermediates 'zfs send -nvP -I @s1 pa/s@s3'
    rec estimate-replicate 'zfs send -nvP -R pa/s@s3'
    rec estimate-replicate-child-without 'zfs send -nvP -R pa/s@s1'
    rec estimate-raw 'zfs send -nvP -w pa/enc@s1'
    rec estimate-volume 'zfs send -nvP pa/v@s1'
    rec estimate-clone 'zfs snapshot pa/clone@c1; zfs send -nvP -i pa/s@s2 pa/clone@c1'
    rec estimate-nice 'zfs send -nv pa/s@s1'
    rec estimate-missing 'zfs send -nvP pa/s@none'
    rec estimate-missing-base 'zfs send -nvP -i @none pa/s@s3'
    rec estimate-base-newer 'zfs send -nvP -i @s3 pa/s@s1'
    rec estimate-intermediates-from-bookmark 'zfs send -nvP -I pa/s#b1 pa/s@s3'
    rec estimate-foreign-base 'zfs send -nvP -i pa/v@s1 pa/s@s3'
    do_ 'zfs create -o compression=off pa/big; dd if=/dev/urandom of=/pa/big/f bs=1M count=40; zfs snapshot pa/big@1'
    rec send-progress-parse 'zfs send -vP pa/big@1 | (sleep 3; cat >/dev/null)'
    rec send-progress-parse-more 'zfs send -vvP pa/big@1 | (sleep 3; cat >/dev/null)'
    rec send-progress-nice 'zfs send -v pa/big@1 | (sleep 3; cat >/dev/null)'
    rec send-to-closed 'zfs send pa/big@1 | head -c 1000 >/dev/null'
}

receives() {
    rec receive-verbose 'zfs send pa/s@s1 | zfs receive -uv pb/r'
    rec receive-dry 'zfs send -i @s1 pa/s@s2 | zfs receive -nv pb/r'
    rec receive-again 'zfs send pa/s@s1 | zfs receive -uv pb/r'
    rec receive-incremental-verbose 'zfs send -i @s1 pa/s@s2 | zfs receive -uv pb/r'
    rec receive-incremental-again 'zfs send -i @s1 pa/s@s2 | zfs receive -uv pb/r'
    rec receive-parse 'zfs send -i @s2 pa/s@s3 | zfs receive -uvP pb/r'
    rec receive-exists 'zfs create -u pb/made; zfs send pa/s@s1 | zfs receive -u pb/made'
    rec receive-exists-with-snapshots 'zfs snapshot pb/made@x; zfs send pa/s@s1 | zfs receive -uF pb/made'
    rec receive-missing-destination 'zfs send -i @s1 pa/s@s2 | zfs receive -u pb/none'
    rec receive-missing-parent 'zfs send pa/s@s1 | zfs receive -u pb/none/x'
    rec receive-missing-pool 'zfs send pa/s@s1 | zfs receive -u none/x'
    rec receive-garbage 'echo garbage | zfs receive -u pb/g'
    rec receive-empty 'zfs receive -u pb/g </dev/null'
    rec receive-truncated 'zfs send pa/big@1 | head -c 3000000 | zfs receive -u pb/g'
    rec receive-flipped '(zfs send pa/big@1 | head -c 3000000; head -c 1000 /dev/zero; zfs send pa/big@1 | tail -c +3001001) | zfs receive -u pb/g'
    rec receive-bad-option 'zfs send pa/s@s1 | zfs receive -u -o nosuch=1 pb/g'
    rec receive-option-twice 'zfs send pa/s@s1 | zfs receive -u -o compression=off -x compression pb/g'
    rec receive-exclude-unset 'zfs send pa/s@s1 | zfs receive -u -x quota pb/g'
    do_ 'zfs destroy -r pb/made; zfs list pb/g && zfs destroy -r pb/g; true'
}

divergence() {
    do_ 'zfs send pa/s@s1 | zfs receive -u pb/d'
    do_ 'zfs snapshot pb/d@empty'
    rec diverged-empty-snapshot 'zfs send -i @s1 pa/s@s2 | zfs receive -u pb/d && zfs list -Hp -t snapshot -o name pb/d'
    do_ 'zfs mount pb/d; touch /pb/d/x; zpool sync pb'
    rec diverged-modified 'zfs send -i @s2 pa/s@s3 | zfs receive -u pb/d'
    rec diverged-modified-written 'zfs get -Hp -o property,value written,written@s2 pb/d'
    do_ 'zfs snapshot pb/d@local'
    rec diverged-snapshot 'zfs send -i @s2 pa/s@s3 | zfs receive -u pb/d'
    do_ 'zfs hold h pb/d@local'
    rec diverged-held-forced 'zfs send -i @s2 pa/s@s3 | zfs receive -uF pb/d'
    do_ 'zfs release h pb/d@local; zfs clone pb/d@local pb/dc'
    rec diverged-cloned-forced 'zfs send -i @s2 pa/s@s3 | zfs receive -uF pb/d'
    rec rollback-newer 'zfs rollback pb/d@s2'
    rec rollback-clones 'zfs rollback -r pb/d@s2'
    do_ 'zfs destroy pb/dc'
    rec rollback 'zfs rollback -r pb/d@s2'
    rec rollback-missing 'zfs rollback pb/d@none'
    rec diverged-no-common 'zfs create -u pb/other; zfs snapshot pb/other@s2; zfs send -i @s2 pa/s@s3 | zfs receive -u pb/other'
    do_ 'zfs destroy -r pb/other; zfs destroy -r pb/d'
}

# Interrupted streams leave tokens.
resume() {
    rec resume-interrupted 'zfs send pa/big@1 | head -c 20000000 | zfs receive -s -u pb/k'
    token=$(token pb/k)
    rec resume-get-token 'zfs get -Hp receive_resume_token pb/k'
    rec resume-list-partial 'zfs list -Hp -t all -o name,type,guid,createtxg,used,referenced,mounted,receive_resume_token -r pb/k'
    rec resume-estimate "zfs send -nvP -t $token"
    rec resume-get-partial 'zfs get -Hp all pb/k'
    rec resume-mount 'zfs mount pb/k'
    rec resume-snapshot 'zfs snapshot pb/k@x'
    rec resume-other-receive 'zfs send pa/big@1 | zfs receive -u pb/k'
    rec resume-other-receive-forced 'zfs send pa/big@1 | zfs receive -uF pb/k'
    rec resume-token-short "zfs send -nvP -t $(printf %s "$token" | cut -c 1-60)"
    rec resume-token-garbage 'zfs send -nvP -t 1-abc-def-123'
    rec resume-token-flipped "zfs send -nvP -t $(printf %s "$token" | sed 's/.\{4\}$/0000/')"
    rec resume-rest "zfs send -t $token | zfs receive -s -u pb/k"
    rec resume-token-advanced "zfs send -t $token | zfs receive -s -u pb/k"
    rec resume-abort-none 'zfs receive -A pb/k'
    rec resume-no-token 'zfs get -Hp receive_resume_token pb/k'
}

# Incremental ones, and what happens to the source meanwhile.
resume_incremental() {
    do_ 'dd if=/dev/urandom of=/pa/big/g bs=1M count=20; zfs snapshot pa/big@2'
    rec resume-incremental-interrupted 'zfs send -i @1 pa/big@2 | head -c 9000000 | zfs receive -s -u pb/k'
    token=$(token pb/k)
    rec resume-incremental-list 'zfs list -Hp -t all -o name,type,guid,createtxg,used,receive_resume_token -r pb/k'
    rec resume-incremental-estimate "zfs send -nvP -t $token"
    rec resume-snapshot-incremental 'zfs snapshot pb/k@x'
    rec resume-destroy-base 'zfs destroy pb/k@1'
    rec resume-rename 'zfs rename pb/k pb/k2 && zfs rename pb/k2 pb/k'
    do_ 'zfs bookmark pa/big@1 pa/big#1; zfs destroy pa/big@1'
    rec resume-base-is-bookmark "zfs send -nvP -t $token"
    do_ 'zfs destroy pa/big#1'
    rec resume-base-gone "zfs send -nvP -t $token"
    do_ 'zfs destroy pa/big@2'
    rec resume-source-gone "zfs send -nvP -t $token"
    do_ 'zfs snapshot pa/big@2'
    rec resume-source-recreated "zfs send -nvP -t $token"
    do_ 'zfs rename pa/big pa/large'
    rec resume-dataset-gone "zfs send -nvP -t $token"
    do_ 'zfs rename pa/large pa/big'
    rec resume-abort 'zfs receive -A pb/k'
    rec resume-abort-twice 'zfs receive -A pb/k'
    rec resume-abort-missing 'zfs receive -A pb/none'
    do_ 'zfs destroy -r pb/k'
}

# A receive that still runs shows a token too. Each stream stands still until it is told to go.
running() {
    hold='while [ ! -e /tmp/go ]; do sleep 1; done'
    do_ 'zfs snapshot pa/big@3'
    try_ "(zfs send pa/big@3 | head -c 9000000; $hold) | zfs receive -s -u pb/run" &
    sleep 8
    rec running-token 'zfs get -Hp -o value receive_resume_token pb/run'
    rec running-abort 'zfs receive -A pb/run'
    rec running-receive 'zfs send pa/big@3 | zfs receive -s -u pb/run'
    rec running-destroy 'zfs destroy -r pb/run'
    touch /tmp/go
    wait
    try_ 'zfs receive -A pb/run'
    rm /tmp/go
    try_ "zfs send pa/big@3 | ($hold; cat >/dev/null)" &
    sleep 4
    rec running-send-destroy 'zfs destroy pa/big@3'
    rec running-send-holds 'zfs holds -H pa/big@3'
    touch /tmp/go
    wait
}

encryption() {
    do_ 'zfs create -o encryption=on -o keyformat=passphrase -o keylocation=file:///root/phrase pb/enc'
    rec encrypted-plain-into-plain 'zfs send pa/enc@s1 | zfs receive -u pb/e1 && zfs get -Hp -o value encryption pb/e1'
    rec encrypted-plain-properties-into-encrypted 'zfs send -p pa/s@s1 | zfs receive -u pb/enc/p && zfs get -Hp -o value encryption pb/enc/p'
    rec encrypted-plain-into-encrypted 'zfs send pa/s@s1 | zfs receive -u pb/enc/x && zfs get -Hp -o property,value encryption,encryptionroot,keystatus pb/enc/x'
    rec encrypted-raw 'zfs send -w pa/enc@s1 | zfs receive -u pb/raw'
    rec encrypted-raw-properties 'zfs get -Hp -o property,value,source encryption,encryptionroot,keystatus,keyformat,keylocation pb/raw'
    do_ 'zfs snapshot pa/enc@s2'
    rec encrypted-plain-onto-raw 'zfs send -i @s1 pa/enc@s2 | zfs receive -u pb/raw'
    rec encrypted-raw-incremental 'zfs send -w -i @s1 pa/enc@s2 | zfs receive -u pb/raw'
    rec encrypted-raw-onto-plain 'zfs send -w -i @s1 pa/enc@s2 | zfs receive -u pb/e1'
    rec encrypted-raw-forced-onto-plain 'zfs create -u pb/e2; zfs send -w pa/enc@s1 | zfs receive -uF pb/e2'
    rec encrypted-properties-not-raw 'zfs send -p pa/enc@s1 | cat >/dev/null'
    rec encrypted-replicate-not-raw 'zfs send -R pa/enc@s1 | cat >/dev/null'
    rec encrypted-embedded 'zfs send -e pa/s@s1 | zfs receive -u pb/enc/e'
    rec encrypted-mount-without-key 'zfs mount pb/raw'
    rec encrypted-load-wrong 'echo wrongwrong | zfs load-key pb/raw'
    rec encrypted-load 'zfs load-key -L file:///root/phrase pb/raw'
    rec encrypted-load-again 'zfs load-key -L file:///root/phrase pb/raw'
    do_ 'zfs unload-key pb/raw; zfs unmount -a || true; zfs unload-key pa/enc'
    rec encrypted-plain-without-key 'zfs send pa/enc@s1 | cat >/dev/null'
    rec encrypted-raw-without-key 'zfs send -nvP -w pa/enc@s1'
    rec encrypted-create-without-key 'zfs create pa/enc/new'
    rec encrypted-list-without-key 'zfs list -Hp -o name,encryption,encryptionroot,keystatus,mounted -r pa/enc pb'
    do_ 'zfs load-key pa/enc'
    try_ 'zfs mount -a'
    rec encrypted-set 'zfs set encryption=off pa/enc'
    rec encrypted-create-short 'echo short | zfs create -o encryption=on -o keyformat=passphrase pa/e3'
}

flags() {
    do_ 'zfs create -o recordsize=1M pa/wide; dd if=/dev/urandom of=/pa/wide/f bs=1M count=4; zfs snapshot pa/wide@1'
    do_ 'dd if=/dev/urandom of=/pa/wide/g bs=1M count=4; zfs snapshot pa/wide@2; zfs send -L pa/wide@1 | zfs receive -u pb/wide'
    rec flag-large-omitted 'zfs send -i @1 pa/wide@2 | zfs receive -u pb/wide'
    rec flag-dedup 'zfs send -D pa/s@s1 | cat >/dev/null'
    rec flag-unknown 'zfs send -Q pa/s@s1'
    rec volume-canmount 'zfs send pa/v@s1 | zfs receive -u -o canmount=noauto pb/v1'
    rec volume-mountpoint 'zfs send pa/v@s1 | zfs receive -u -o mountpoint=none pb/v2'
    rec volume-exclude-mountpoint 'zfs send pa/v@s1 | zfs receive -u -x mountpoint pb/v3'
    rec volume-size 'zfs send pa/v@s1 | zfs receive -u -o volsize=1G pb/v4'
    rec volume-received 'zfs get -Hp -o property,value,source volsize,refreservation,volblocksize pb/v3'
    rec into-old-features-resumable 'truncate -s 256M /var/tmp/v1; zpool create -f -d old /var/tmp/v1; zfs send pa/s@s1 | zfs receive -s -u old/s'
    rec into-old-features-large 'zfs send -L pa/wide@1 | zfs receive -u old/wide'
    rec into-old-features-compressed 'zfs send -c pa/s@s1 | zfs receive -u old/c'
    rec into-old-features-raw 'zfs send -w pa/enc@s1 | zfs receive -u old/w'
    rec into-old-features-plain 'zfs send pa/s@s1 | zfs receive -u old/p'
    rec bookmark-old-features 'zfs bookmark old/p@s1 old/p#b'
    do_ 'zpool destroy old; rm /var/tmp/v1'
}

prepare
estimates
receives
divergence
resume
resume_incremental
running
encryption
flags
