//! The host's package manager.

use super::Gathered;
use super::told::Told;

/// Places and what is found there; the last that exists counts.
const PLACES: [(&str, &str); 25] = [
    ("/usr/bin/rpm-ostree", "atomic_container"),
    ("/usr/bin/yum", "dnf"),
    ("/usr/bin/dnf-3", "dnf"),
    ("/usr/bin/dnf5", "dnf5"),
    ("/usr/bin/apt-get", "apt"),
    ("/usr/bin/zypper", "zypper"),
    ("/usr/sbin/urpmi", "urpmi"),
    ("/usr/bin/pacman", "pacman"),
    ("/bin/opkg", "opkg"),
    ("/usr/pkg/bin/pkgin", "pkgin"),
    ("/opt/local/bin/pkgin", "pkgin"),
    ("/opt/tools/bin/pkgin", "pkgin"),
    ("/opt/local/bin/port", "macports"),
    ("/usr/local/bin/brew", "homebrew"),
    ("/opt/homebrew/bin/brew", "homebrew"),
    ("/sbin/apk", "apk"),
    ("/usr/sbin/pkg", "pkgng"),
    ("/usr/sbin/swlist", "swdepot"),
    ("/usr/bin/emerge", "portage"),
    ("/usr/sbin/pkgadd", "svr4pkg"),
    ("/usr/bin/pkg", "pkg5"),
    ("/usr/bin/xbps-install", "xbps"),
    ("/usr/local/sbin/pkg", "pkgng"),
    ("/usr/bin/swupd", "swupd"),
    ("/usr/sbin/sorcery", "sorcery"),
];

/// `pkg_mgr`.
pub fn read(told: &Told, found: &mut Gathered) {
    let family = found.text("os_family");
    // On ALT /usr/bin/pkg is something of Perl's.
    let here = PLACES
        .iter()
        .filter(|(path, _)| told.there(path) && !(family == "Altlinux" && *path == "/usr/bin/pkg"));
    let last = here.map(|(_, name)| *name).next_back().unwrap_or("unknown");
    let name = match family {
        "RedHat" => of_red_hat(told),
        "Debian" => "apt",
        "Altlinux" if last == "apt" => "apt_rpm",
        _ if told.system() == "OpenBSD" => "openbsd_pkg",
        _ => last,
    };
    let name = if name == "apt" && told.knows("apt") { "apt_rpm" } else { name };
    found.put("pkg_mgr", name);
}

/// What /usr/bin/dnf leads to tells one dnf from the other.
fn of_red_hat(told: &Told) -> &'static str {
    match told.first("dnf") {
        _ if told.there("/run/ostree-booted") => "atomic_container",
        Some("/usr/bin/dnf5") => "dnf5",
        Some(_) => "dnf",
        None => "unknown",
    }
}
