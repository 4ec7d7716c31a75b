//! What a host is, asked when its shell starts and again after each applied change.

/// The kernel family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Os {
    /// Linux of any distribution.
    #[default]
    Linux,
    /// FreeBSD.
    FreeBsd,
    /// Another Unix: only what POSIX has can be relied on.
    Other,
}

/// The tool that installs packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackageManager {
    /// Debian's apt-get.
    Apt,
    /// FreeBSD's pkg.
    Pkgng,
    /// Fedora's dnf.
    Dnf,
    /// Older Red Hat's yum.
    Yum,
    /// Alpine's apk.
    Apk,
    /// Arch's pacman.
    Pacman,
    /// SUSE's zypper.
    Zypper,
}

/// The tool that runs services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceManager {
    /// systemd is process 1.
    Systemd,
    /// FreeBSD's rc.d.
    Rc,
    /// Alpine's or Gentoo's OpenRC.
    OpenRc,
    /// /etc/init.d scripts alone.
    SysV,
}

/// One identity on one host: its kernel, its user and the tools that are there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Platform {
    /// Kernel family.
    pub os: Os,
    /// `uname -s`.
    pub system: String,
    /// `uname -r`.
    pub release: String,
    /// `uname -m`.
    pub machine: String,
    /// ID of os-release, such as `debian`; empty when there is none.
    pub distribution: String,
    /// `VERSION_ID` of os-release.
    pub version: String,
    /// The user of this shell.
    pub user: String,
    /// The user's number.
    pub uid: u32,
    /// Primary group number.
    pub gid: u32,
    /// Home directory.
    pub home: String,
    /// File creation mask the login gave.
    pub umask: u32,
    /// First package manager found.
    pub packages: Option<PackageManager>,
    /// The service manager that is in charge.
    pub services: Option<ServiceManager>,
    /// Names of the tools that were looked for and are there.
    pub tools: Vec<String>,
    /// Which machine: host id, for locks per machine.
    pub machine_id: String,
    /// Of a jail: the machine that it is a part of, for locks of tools that they share; else empty.
    pub part_of: String,
}

impl Platform {
    /// Whether a tool was found.
    pub fn has(&self, tool: &str) -> bool {
        self.tools.iter().any(|t| t == tool)
    }

    /// A path of this user with `~` and `~/` expanded, as Ansible does on the target.
    pub fn expand(&self, path: &str) -> String {
        match path.strip_prefix('~') {
            Some("") => self.home.clone(),
            Some(rest) if rest.starts_with('/') => format!("{}{rest}", self.home),
            _ => path.to_string(),
        }
    }
}
