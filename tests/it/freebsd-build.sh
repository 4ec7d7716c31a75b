# shellcheck shell=sh
# Makes at $1 a host that looks like FreeBSD 13.2 of the Debian tree $2 and the fixtures $3: Debian's programs move
# to /.debian, where only our stand-ins look; FreeBSD's directories get what `tools` lists and what lies below `tree`.
set -eu
tree=$1 base=$2 fixtures=$3
cp -a "$base" "$tree"
cd "$tree"

# Debian's programs, and what they run by.
mkdir -m 755 .debian .debian/proc .debian/gates .debian/run .debian/packages
mkdir -m 1777 .debian/links
mv usr/bin .debian/bin
mv usr/sbin/* .debian/bin/
for link in .debian/bin/*; do
    to=$(readlink "$link") || continue
    case $to in /etc/alternatives/*) ln -sf "$(basename "$(readlink ".$to")")" "$link" ;; esac
done
rm -rf bin sbin usr/sbin usr/games home var/run
mkdir -m 755 bin sbin usr/bin usr/sbin usr/libexec/tmp var/run
rmdir usr/libexec/tmp

# Nothing else tells of Debian.
rm -rf boot media sys opt srv etc/apt etc/dpkg etc/alternatives etc/init.d etc/rc?.d etc/systemd etc/default etc/cron* \
    etc/debian_version etc/issue* etc/os-release etc/lsb-release etc/login.defs etc/skel etc/shadow* etc/gshadow* \
    etc/passwd* etc/group* etc/sub?id* etc/sudoers* etc/profile* etc/bash* etc/motd etc/update-motd.d etc/timezone \
    etc/localtime etc/machine-id etc/hostname etc/fstab etc/logrotate.d etc/init etc/ufw etc/ssh/sshd_config* \
    usr/lib/os-release usr/lib/apt usr/lib/dpkg usr/lib/systemd usr/lib/init usr/share/doc usr/share/man \
    usr/share/locale usr/share/info usr/share/bash-completion usr/share/lintian usr/share/perl5 usr/share/debconf \
    usr/lib/x86_64-linux-gnu/perl* usr/share/perl usr/share/common-licenses usr/share/pixmaps usr/lib/x86_64-linux-gnu/gconv var/lib var/cache var/backups root/.[!.]*
find . -xdev ! -path './.debian/*' ! -gid 0 -exec chgrp -h 0 {} +
find . -xdev ! -uid 0 -exec chown -h 0 {} +

# FreeBSD's.
cp -R "$fixtures/tree/." .
cp -R "$fixtures/packages/." .debian/packages/
chmod 755 .debian/gate .debian/replayer .debian/digest .debian/refuse .debian/mkjail
while read -r dir how names; do
    case $dir in '#'*) continue ;; esac
    for name in $names; do
        case $how in
        real) cp -a -L ".debian/bin/$name" ".$dir/$name" ;;
        replay) ln -s /.debian/replayer ".$dir/$name" ;;
        *) ln -s "/.debian/$how" ".$dir/$name" ;;
        esac
    done
done <"$fixtures/tools"
cp .debian/bin/dash bin/sh
cp .debian/bin/tcsh bin/csh
ln bin/csh bin/tcsh
cp .debian/bin/sshd usr/sbin/sshd
# The very version of 13.2.
cp .debian/bin/bsdtar usr/bin/tar
find bin sbin usr/bin usr/sbin etc/rc.d .debian/packages/*/usr/local/etc/rc.d .debian/packages/*/usr/local/sbin \
    .debian/packages/*/usr/local/bin \
    -type f -exec chmod 755 {} +
mkdir -p var/db/pkg var/log var/tmp var/mail var/cron etc/rc.conf.d usr/local/etc/rc.d usr/local/bin usr/local/sbin \
    usr/local/share .debian/packages/doas/usr/local/bin
mv .debian/bin/doas .debian/packages/doas/usr/local/bin/doas
# What git fetches from it starts by this name.
mkdir -p .debian/packages/git/usr/local/bin
mv .debian/bin/git .debian/packages/git/usr/local/bin/git
ln -s git .debian/packages/git/usr/local/bin/git-upload-pack
ln -s /usr/local/etc/doas.conf etc/doas.conf
chmod 600 etc/master.passwd
chmod 1777 tmp var/tmp
mkdir -p boot/kernel boot/loader.conf.d
for name in acl_nfs4 alias_dummy alias_ftp alias_irc alias_nbt alias_pptp alias_skinny alias_smedia bridgestp \
    cpuctl cryptodev fdescfs geom_eli if_bridge if_epair if_lagg if_vxlan ipfw krpc libalias mac_portacl \
    mqueuefs nmdm nullfs opensolaris pf pflog procfs pseudofs tmpfs unionfs vmm xdr zfs zlib; do
    : >"boot/kernel/$name.ko"
done
: >.debian/pw.lock
: >etc/motd
rm -f etc/tank-built

# As after a boot.
mkdir -p run/sshd
for pair in sshd:703 cron:706 syslogd:641; do echo "${pair#*:}" >".debian/run/${pair%:*}"; done
echo 20966 >.debian/run/.next
printf 703 >var/run/sshd.pid
printf 706 >var/run/cron.pid
printf 641 >var/run/syslog.pid
for kind in rsa ecdsa ed25519; do
    rm -f "etc/ssh/ssh_host_${kind}_key" "etc/ssh/ssh_host_${kind}_key.pub"
    chroot . /usr/bin/ssh-keygen -q -t "$kind" -N '' -C root@facts.example.org -f "/etc/ssh/ssh_host_${kind}_key"
done
: >etc/tank-built
