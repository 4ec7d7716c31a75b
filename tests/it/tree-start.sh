# shellcheck shell=sh
# In namespaces of its own: runs sshd in the tree $1 on port $2 with the keys in directory $3.
set -eu
tree=$1
hostname debian12
mount -t proc proc "$tree/proc"
mount --rbind /dev "$tree/dev"
mkdir -p "$tree/run/sshd" "$tree/run/tank"
chmod 755 "$tree/run/sshd"
cp "$3/host" "$tree/run/tank/host"
chmod 600 "$tree/run/tank/host"
cp "$3/key.pub" "$tree/run/tank/authorized_keys"
chmod 644 "$tree/run/tank/authorized_keys"
if [ -e /etc/resolv.conf ]; then
    cp -L /etc/resolv.conf "$tree/etc/resolv.conf"
fi
umask 022
cd /
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    chroot "$tree" /usr/sbin/sshd -D -e -f /dev/null -p "$2" \
    -o ListenAddress=127.0.0.1 -o HostKey=/run/tank/host -o PidFile=none -o UseDNS=no \
    -o AuthorizedKeysFile=/run/tank/authorized_keys -o StrictModes=no -o PermitRootLogin=yes \
    -o UsePAM=no -o PasswordAuthentication=yes -o PrintLastLog=no -o MaxStartups=200
