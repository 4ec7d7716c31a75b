//! What a shell says of its host.

use crate::spec::path::unescape;
use crate::spec::{Os, PackageManager, Platform, ServiceManager};

/// Package managers and the tool that shows each, most particular first.
const PACKAGERS: [(&str, PackageManager); 7] = [
    ("apt-get", PackageManager::Apt),
    ("dnf", PackageManager::Dnf),
    ("yum", PackageManager::Yum),
    ("apk", PackageManager::Apk),
    ("pacman", PackageManager::Pacman),
    ("zypper", PackageManager::Zypper),
    ("pkg", PackageManager::Pkgng),
];

/// The platform as `tk_hello` and `tk_platform` print it, laid over what was known.
pub fn parse(known: &Platform, text: &str) -> Platform {
    let mut platform = known.clone();
    platform.services = None;
    for line in text.lines() {
        if let Some((key, value)) = line.split_once('=') {
            set(&mut platform, key, value);
        }
    }
    platform.packages = packager(&platform);
    platform
}

fn set(platform: &mut Platform, key: &str, value: &str) {
    let plain = value.trim().trim_matches(['"', '\'']).to_string();
    match key {
        "uname" => set_uname(platform, value),
        "id" => set_id(platform, value),
        "home" => platform.home = unescape(value),
        "umask" => platform.umask = u32::from_str_radix(value.trim(), 8).unwrap_or(0o22),
        "machine" => platform.machine_id = plain,
        "tools" => platform.tools = value.split_whitespace().map(str::to_string).collect(),
        "os.ID" => platform.distribution = plain,
        "os.VERSION_ID" => platform.version = plain,
        "services" => platform.services = service_manager(value),
        _ => {}
    }
}

fn set_uname(platform: &mut Platform, value: &str) {
    let mut words = value.split_whitespace();
    let mut word = || words.next().unwrap_or_default().to_string();
    (platform.system, platform.release, platform.machine) = (word(), word(), word());
    platform.os = match platform.system.as_str() {
        "Linux" => Os::Linux,
        "FreeBSD" => Os::FreeBsd,
        _ => Os::Other,
    };
}

/// `uid=0(root) gid=0(wheel) groups=...`
fn set_id(platform: &mut Platform, value: &str) {
    for word in value.split_whitespace() {
        let Some((key, rest)) = word.split_once('=') else { continue };
        let (number, name) = rest.split_once('(').unwrap_or((rest, ""));
        match key {
            "uid" => {
                platform.uid = number.parse().unwrap_or(u32::MAX);
                platform.user = name.split(')').next().unwrap_or_default().to_string();
            }
            "gid" => platform.gid = number.parse().unwrap_or(u32::MAX),
            _ => {}
        }
    }
    if platform.user.is_empty() {
        platform.user = platform.uid.to_string();
    }
}

fn service_manager(word: &str) -> Option<ServiceManager> {
    Some(match word {
        "systemd" => ServiceManager::Systemd,
        "openrc" => ServiceManager::OpenRc,
        "rc" => ServiceManager::Rc,
        "sysv" => ServiceManager::SysV,
        _ => return None,
    })
}

/// FreeBSD's is pkg also before it is bootstrapped; elsewhere a `pkg` counts last.
fn packager(platform: &Platform) -> Option<PackageManager> {
    if platform.os == Os::FreeBsd {
        return Some(PackageManager::Pkgng);
    }
    PACKAGERS.iter().find(|(tool, _)| platform.has(tool)).map(|(_, manager)| *manager)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_shell_says() {
        let text = "uname=Linux 6.1.0 x86_64\nid=uid=1000(bob) gid=100(users) groups=100(users)\n\
            home=/home/b\\\\x\numask=0027\npid=5\nmachine=abc\ntools=apt-get tar \n\
            os.ID=debian\nos.VERSION_ID=\"12\"\nservices=systemd\n";
        let platform = parse(&Platform::default(), text);
        assert_eq!((platform.os, platform.release.as_str()), (Os::Linux, "6.1.0"));
        assert_eq!((platform.user.as_str(), platform.uid, platform.gid), ("bob", 1000, 100));
        assert_eq!((platform.home.as_str(), platform.umask), ("/home/b\\x", 0o27));
        assert_eq!(platform.packages, Some(PackageManager::Apt));
        assert_eq!(platform.services, Some(ServiceManager::Systemd));
        assert_eq!((platform.distribution.as_str(), platform.version.as_str()), ("debian", "12"));
        let later = parse(&platform, "tools=tar \n");
        assert_eq!((later.packages, later.uid), (None, 1000));
    }
}
