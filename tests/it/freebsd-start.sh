# shellcheck shell=sh
# In namespaces of its own: runs sshd in the FreeBSD host $1 on port $2 with the keys in directory $3.
# There is no /proc, as on FreeBSD, and its /dev has FreeBSD's names.
set -eu
tree=$1
hostname facts.example.org
mount -t proc proc "$tree/.debian/proc"
mount -t tmpfs -o mode=755 dev "$tree/dev"
for name in null zero random urandom tty; do
    : >"$tree/dev/$name"
    mount --bind "/dev/$name" "$tree/dev/$name"
done
mkdir "$tree/dev/pts"
mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts "$tree/dev/pts"
ln -s pts/ptmx "$tree/dev/ptmx"
for name in cd0 vtbd0 vtbd0p1 vtbd0p2 ttyv0 acpi0; do : >"$tree/dev/$name"; done
mkdir -p "$tree/run/sshd" "$tree/run/tank"
chmod 755 "$tree/run/sshd"
cp "$3/host" "$tree/run/tank/host"
chmod 600 "$tree/run/tank/host"
cp "$3/key.pub" "$tree/run/tank/authorized_keys"
chmod 644 "$tree/run/tank/authorized_keys"
umask 022
cd /
path=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin
exec env -i PATH="$path" chroot "$tree" /usr/sbin/sshd -D -e -f /dev/null -p "$2" \
    -o ListenAddress=127.0.0.1 -o HostKey=/run/tank/host -o PidFile=none -o UseDNS=no \
    -o AuthorizedKeysFile=/run/tank/authorized_keys -o StrictModes=no -o PermitRootLogin=yes \
    -o UsePAM=no -o PasswordAuthentication=no -o PrintLastLog=no -o MaxStartups=200 \
    -o "SetEnv=PATH=$path BLOCKSIZE=K LANG=C.UTF-8 MM_CHARSET=UTF-8"
