# shellcheck shell=sh
# An apt repository at $1, a flat directory: tank-hello 1.0 and 1.1, tank-greeting that depends on it, tank-broken
# whose postinst fails, tank-service with a unit.
set -eu
repo=$1
mkdir -p "$repo"
work=$(mktemp -d "$repo/work.XXXXXX")

# name, version, extra lines of control; what it holds is below $work/name
package() {
    root=$work/$1
    mkdir -p "$root/DEBIAN"
    {
        printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: The lab <lab@example.org>\n' "$1" "$2"
        printf 'Section: misc\nPriority: optional\n'
        [ -z "$3" ] || printf '%s\n' "$3"
        printf 'Description: test package %s\n' "$1"
    } >"$root/DEBIAN/control"
    dpkg-deb --root-owner-group -b "$root" "$repo/$1_$2_all.deb" >/dev/null
    rm -rf "$root"
}

# path below the package's root, mode, text
file() {
    mkdir -p "$(dirname "$work/$1")"
    printf '%s\n' "$3" >"$work/$1"
    chmod "$2" "$work/$1"
}

hello() {
    file tank-hello/usr/bin/tank-hello 755 "#!/bin/sh
echo 'hello $1'"
    file tank-hello/etc/tank-hello.conf 644 "greeting=hello $1"
    file tank-hello/DEBIAN/conffiles 644 /etc/tank-hello.conf
    package tank-hello "$1" ''
}

hello 1.0
hello 1.1

file tank-greeting/usr/bin/tank-greeting 755 '#!/bin/sh
exec tank-hello'
package tank-greeting 1.0 'Depends: tank-hello (>= 1.0)'

file tank-broken/DEBIAN/postinst 755 '#!/bin/sh
echo "tank-broken cannot be configured" >&2
exit 3'
package tank-broken 1.0 ''

file tank-service/usr/lib/systemd/system/tank-service.service 644 '[Unit]
Description=test service
[Service]
ExecStart=/usr/bin/sleep infinity
[Install]
WantedBy=multi-user.target'
package tank-service 1.0 ''

rm -rf "$work"
cd "$repo"
for deb in *.deb; do
    dpkg-deb -f "$deb"
    printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$deb" "$(stat -c %s "$deb")" \
        "$(sha256sum "$deb" | cut -d ' ' -f 1)"
done >Packages
