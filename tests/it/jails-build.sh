# shellcheck shell=sh
# Makes jails in the FreeBSD host at $1: the further words are NUMBER:STATE:NAME; a state of `down` keeps the jail's files
# only. As Bastille's thin jails, but for /bin and /sbin, which are copies.
set -eu
tree=$1
shift
at=$tree/usr/local/bastille/jails
mkdir -p "$at"
chmod 750 "$tree/usr/local/bastille"
: >"$tree/.debian/jails"
for word in "$@"; do
    jid=${word%%:*} name=${word##*:}
    state=${word#*:} state=${state%%:*}
    jail=$at/$name
    mkdir -m 700 "$jail"
    chroot "$tree" /.debian/mkjail "$name"
    # A jail may lead its links where it likes: this one is the host's own directory when the host follows it.
    mkdir "$jail/root/var/own"
    ln -s /var/own "$jail/root/data"
    cat >"$jail/jail.conf" <<END
$name {
  host.hostname = $name;
  mount.fstab = /usr/local/bastille/jails/$name/fstab;
  path = /usr/local/bastille/jails/$name/root;
  osrelease = "13.2-RELEASE";

  ip4.addr = bastille0|10.17.89.$jid;
}
END
    echo "/usr/local/bastille/releases/13.2-RELEASE /usr/local/bastille/jails/$name/root/.bastille nullfs ro 0 0" >"$jail/fstab"
    printf 'boot="on"\ndepend=""\npriority="99"\n' >"$jail/settings.conf"
    [ "$state" = down ] || echo "$jid $state $name" >>"$tree/.debian/jails"
done
chmod 644 "$tree/.debian/jails"
