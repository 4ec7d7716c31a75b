# shellcheck shell=sh
# In the guest: what zpool refuses.
# shellcheck disable=SC2154 # d is of record-lib.sh
set -eu
# shellcheck source=/dev/null
. ./record-lib.sh

pool_errors() {
    rec zpool-create-in-use "zpool create px ${d}1"
    rec zpool-create-no-device 'zpool create px /dev/nosuch'
    do_ 'truncate -s 64M /var/tmp/x1 /var/tmp/x2 /var/tmp/x3 /var/tmp/x4'
    rec zpool-create-exists 'zpool create -m none pa /var/tmp/x1'
    rec zpool-create-bad-name "zpool create mirror ${d}3"
    rec zpool-create-bad-property "zpool create -o nosuch=on px ${d}3"
    rec zpool-create-dry "zpool create -n -f px mirror ${d}3 ${d}4"
    rec zpool-create-force-needed 'zpool create px /var/tmp/x3 mirror /var/tmp/x1 /var/tmp/x2'
    rec zpool-add-mismatch "zpool add -n pa mirror ${d}3 ${d}4"
    rec zpool-add-dry "zpool add -n pa ${d}3"
    rec zpool-destroy-missing 'zpool destroy none'
    rec zpool-export-busy '(cd /pa/s && zpool export pa)'
    rec zpool-offline-last "zpool offline pa ${d}1"
    rec zpool-set-bad 'zpool set autotrim=maybe pa'
    rec zpool-set-readonly 'zpool set size=1G pa'
    rec zpool-set 'zpool set comment="two words" pa'
    rec zpool-replace-missing "zpool replace pa nosuch ${d}3"
    rec zpool-user 'zpool set org.tank:note=x pa && zpool get -Hp org.tank:note pa'
    do_ 'rm /var/tmp/x?'
}

prepare
pool_errors
