# shellcheck shell=sh
# In namespaces of its own (network, mounts, processes): a hypervisor with a bridge, two guests on it (a, b), one guest
# behind a routed interface (r), an operator's machine on the bridge (o) and what lies outside (w). $1: a scratch
# directory; $2: a program that answers; $3: a systemctl.
set -eu
mkdir "$1/fs"
mount -t tmpfs tmpfs "$1/fs"
mount -t sysfs sysfs /sys
over() {
  mkdir -p "$1/fs/up$2" "$1/fs/work$2"
  mount -t overlay -o "lowerdir=$2,upperdir=$1/fs/up$2,workdir=$1/fs/work$2" overlay "$2"
}
over "$1" /etc
over "$1" /var/lib
over "$1" /usr/local/sbin
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system /run/netns /run/units /run/sshd
cp "$3" /usr/local/sbin/systemctl
chmod 755 /usr/local/sbin/systemctl
rm -f /etc/resolv.conf
echo 'nameserver 10.9.0.100' >/etc/resolv.conf
echo 'options timeout:1 attempts:1' >>/etc/resolv.conf
echo 'hosts: files dns' >/etc/nsswitch.conf
ip link set lo up
ip link add br0 type bridge
# Nothing but our own table shall see what is bridged.
for f in /proc/sys/net/bridge/bridge-nf-call-*; do
  if [ -e "$f" ]; then echo 0 >"$f"; fi
done
ip addr add 10.9.0.1/24 dev br0
ip -6 addr add fd09::1/64 dev br0 nodad
ip link set br0 up
echo 1 >/proc/sys/net/ipv4/ip_forward
echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
# guest NAMESPACE PORT MAC IPV4 IPV6
guest() {
  ip netns add "$1"
  ip link add "$2" type veth peer name eth0 netns "$1"
  ip -n "$1" link set eth0 address "$3"
  ip -n "$1" link set lo up
  ip -n "$1" addr add "$4" dev eth0
  ip -n "$1" -6 addr add "$5" dev eth0 nodad
  ip -n "$1" link set eth0 up
  ip link set "$2" up
}
guest a tapa 52:54:00:00:00:0a 10.9.0.2/24 fd09::2/64
guest b tapb 52:54:00:00:00:0b 10.9.0.3/24 fd09::3/64
guest o tapo 52:54:00:00:00:0c 10.9.0.4/24 fd09::4/64
guest w wire 52:54:00:00:00:0f 10.9.0.100/24 fd09::100/64
for port in tapa tapb tapo wire; do ip link set "$port" master br0; done
guest r tapr 52:54:00:00:00:0e 10.8.0.2/24 fd08::2/64
ip addr add 10.8.0.1/24 dev tapr
ip -6 addr add fd08::1/64 dev tapr nodad
ip -n r route add default via 10.8.0.1
ip -n r -6 route add default via fd08::1
# What is outside, by addresses that are nobody's private ones.
for address in 5.6.7.8 5.6.7.9 5.6.7.10; do
  ip -n w addr add "$address/32" dev lo
done
ip -n w -6 addr add 2a0f::8/128 dev lo nodad
for guest in a b o; do
  ip -n "$guest" route add default via 10.9.0.100
  ip -n "$guest" -6 route add default via fd09::100
  ip -n "$guest" route add 10.8.0.0/24 via 10.9.0.1
done
ip route add default via 10.9.0.100
ip -6 route add default via fd09::100
ip -n w route add 10.8.0.0/24 via 10.9.0.1
ip -n w -6 route add fd08::/64 via fd09::1
for where in w a b r; do
  ip netns exec "$where" python3 "$2" listen &
done
python3 "$2" listen &
ip netns exec w dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --bind-interfaces \
  --listen-address=10.9.0.100 --addn-hosts="$1/hosts" --log-facility=- --pid-file= --user=root --group= --local-ttl=0 &
until ip netns exec w python3 "$2" try tcp 5.6.7.8 443 >/dev/null; do sleep 0.1; done
: >"$1/ready"
wait
