//! Which distribution of which family.

mod debian;
mod linux;

use super::Gathered;
use super::told::Told;

/// Facts that stand for the family.
pub const IDS: &[&str] =
    &["distribution_version", "distribution_release", "distribution_major_version", "os_family"];

/// Families and their members; what is in none is a family of its own.
const FAMILIES: &[(&str, &str)] = &[
    (
        "RedHat",
        "RedHat|RHEL|Fedora|CentOS|Scientific|SLC|Ascendos|CloudLinux|PSBM|OracleLinux|OVS|OEL|Amazon|Amzn|\
         Virtuozzo|XenServer|Alibaba|EulerOS|openEuler|AlmaLinux|Rocky|TencentOS|EuroLinux|\
         Kylin Linux Advanced Server|MIRACLE",
    ),
    (
        "Debian",
        "Debian|Ubuntu|Raspbian|Neon|KDE neon|Linux Mint|SteamOS|Devuan|Kali|Cumulus Linux|Pop!_OS|Parrot|\
         Pardus GNU/Linux|Uos|Deepin|OSMC|Linux Mint Debian Edition|Univention Corporate Server",
    ),
    (
        "Suse",
        "SuSE|SLES|SLED|openSUSE|openSUSE Tumbleweed|SLES_SAP|SUSE_LINUX|openSUSE Leap|ALP-Dolomite|SL-Micro|\
         openSUSE MicroOS",
    ),
    ("Archlinux", "Archlinux|Antergos|Manjaro"),
    ("Mandrake", "Mandrake|Mandriva"),
    ("Gentoo", "Gentoo|Funtoo"),
    ("FreeBSD", "FreeBSD|TrueOS"),
    ("ClearLinux", "Clear Linux OS|Clear Linux Mix"),
    ("DragonFly", "DragonFly|DragonflyBSD|DragonFlyBSD"),
];

/// What is known of a distribution so far.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Known {
    name: String,
    version: Option<String>,
    major: Option<String>,
    minor: Option<String>,
    release: Option<String>,
    /// The file it is read from, and as which kind.
    file: Option<(&'static str, &'static str)>,
    /// Whether the file's content was read, not only found.
    parsed: bool,
    /// The words by which the file told.
    search: Option<&'static str>,
}

/// `distribution*` and `os_family`.
pub fn read(told: &Told, found: &mut Gathered) {
    let known = if told.system() == "Linux" { linux::read(told) } else { other(told) };
    let family = FAMILIES.iter().find(|(_, members)| members.split('|').any(|m| m == known.name));
    found.put("os_family", family.map_or(known.name.as_str(), |(family, _)| family));
    found.put("distribution", known.name);
    let fields = [
        ("distribution_version", known.version),
        ("distribution_major_version", known.major),
        ("distribution_minor_version", known.minor),
        ("distribution_release", known.release),
        ("distribution_file_search_string", known.search.map(str::to_string)),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            found.put(name, value);
        }
    }
    if let Some((path, variety)) = known.file {
        found.put("distribution_file_path", path);
        found.put("distribution_file_variety", variety);
        if known.parsed {
            found.put("distribution_file_parsed", true);
        }
    }
}

/// Systems other than Linux are their own distribution; BSDs number their releases `13.2-RELEASE-p1`.
fn other(told: &Told) -> Known {
    let words: Vec<&str> = told.first("uname").unwrap_or_default().splitn(4, ' ').collect();
    let [system, _, release, version] = words[..] else { return Known::default() };
    let mut known = Known {
        name: system.to_string(),
        version: Some(version.rsplit_once(' ').map_or(version, |(v, _)| v).to_string()),
        release: Some(release.to_string()),
        ..Known::default()
    };
    let number = release.split('-').next().unwrap_or_default();
    if let Some((major, minor)) = number.split_once('.').filter(|_| system.contains("BSD")) {
        known.major = Some(major.to_string());
        known.version = Some(format!("{major}.{minor}"));
    }
    if version.contains("trueos") {
        known.name = "TrueOS".into();
    }
    known
}
