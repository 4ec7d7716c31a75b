//! How a system keeps its name.

use crate::spec::{Failure, Os, Platform, ServiceManager};

crate::choices! {
    /// Which system's way is taken.
    pub enum Use {
        Alpine = "alpine",
        Debian = "debian",
        Freebsd = "freebsd",
        Generic = "generic",
        Openrc = "openrc",
        Redhat = "redhat",
        Sles = "sles",
        Systemd = "systemd",
    }
}

/// How a file holds the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Nothing but the name.
    Plain,
    /// `hostname="name"`.
    Quoted,
    /// `HOSTNAME=name`.
    Upper,
}

/// Where the name is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By hostnamectl, static and transient.
    Systemd,
    /// In a file.
    File {
        /// Its path.
        path: &'static str,
        /// How the name stands in it.
        form: Form,
        /// Whether the running system's name is set as well, by `hostname`.
        live: bool,
    },
}

const SYSTEMD_LIMIT: usize = 64;

impl Way {
    /// The way that is asked for, or the platform's.
    ///
    /// # Errors
    /// The platform is not known.
    pub fn of(wanted: Option<Use>, platform: &Platform) -> Result<Self, Failure> {
        let Some(wanted) = wanted.or_else(|| native(platform)) else {
            let (system, distribution) = (&platform.system, &platform.distribution);
            let text =
                format!("hostname module cannot be used on platform {system} ({distribution})");
            return Err(Failure::new(text));
        };
        let file = |path, form, live| Self::File { path, form, live };
        Ok(match wanted {
            Use::Systemd | Use::Debian if has_systemd(platform) => Self::Systemd,
            Use::Systemd => return Err(Failure::new("systemd does not run on this host")),
            Use::Debian => file("/etc/hostname", Form::Plain, false),
            Use::Generic | Use::Alpine => file("/etc/hostname", Form::Plain, true),
            Use::Freebsd => file("/etc/rc.conf.d/hostname", Form::Quoted, true),
            Use::Openrc => file("/etc/conf.d/hostname", Form::Quoted, false),
            Use::Redhat => file("/etc/sysconfig/network", Form::Upper, false),
            Use::Sles => file("/etc/HOSTNAME", Form::Plain, false),
        })
    }

    /// Refuses names that no tool would take.
    ///
    /// # Errors
    /// An empty name, one like an option, one with blanks, or one too long for systemd.
    pub fn check(self, name: &str) -> Result<(), Failure> {
        if self == Self::Systemd && name.len() > SYSTEMD_LIMIT {
            return Err(Failure::new(
                "name cannot be longer than 64 characters on systemd servers, try a shorter name",
            ));
        }
        let odd = |c: char| {
            c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'' | '$' | '`' | '\\')
        };
        if name.is_empty() || name.starts_with('-') || name.contains(odd) {
            return Err(Failure::new(format!("invalid host name '{name}'")));
        }
        Ok(())
    }
}

fn has_systemd(platform: &Platform) -> bool {
    platform.services == Some(ServiceManager::Systemd)
}

fn native(platform: &Platform) -> Option<Use> {
    match platform.os {
        Os::FreeBsd => return Some(Use::Freebsd),
        Os::Linux if has_systemd(platform) => return Some(Use::Systemd),
        Os::Linux => {}
        Os::Other => return None,
    }
    Some(match platform.distribution.as_str() {
        "debian" | "ubuntu" | "devuan" | "raspbian" | "kali" | "linuxmint" | "parrot" | "void"
        | "pop" | "neon" | "deepin" | "kylin" | "uos" => Use::Debian,
        "alpine" => Use::Alpine,
        "gentoo" => Use::Openrc,
        "sles" => Use::Sles,
        "rhel" | "centos" | "ol" | "amzn" | "scientific" | "almalinux" | "rocky" | "altlinux" => {
            Use::Redhat
        }
        _ => return None,
    })
}

impl Form {
    fn prefix(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Quoted => "hostname=",
            Self::Upper => "HOSTNAME=",
        }
    }

    /// The name that a file holds; empty when it holds none.
    pub fn read(self, text: &str) -> String {
        if self == Self::Plain {
            return text.trim().to_string();
        }
        let found = text.lines().find_map(|line| line.trim().strip_prefix(self.prefix()));
        found.unwrap_or("").trim().trim_matches(['"', '\'']).to_string()
    }

    /// The file's text with another name; all other lines stay.
    pub fn write(self, text: &str, name: &str) -> String {
        let new = match self {
            Self::Plain => return format!("{name}\n"),
            Self::Quoted => format!("hostname=\"{name}\""),
            Self::Upper => format!("HOSTNAME={name}"),
        };
        let mut lines: Vec<&str> = text.lines().collect();
        match lines.iter_mut().find(|line| line.trim().starts_with(self.prefix())) {
            Some(line) => *line = &new,
            None => lines.push(&new),
        }
        lines.join("\n") + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_files() {
        assert_eq!(Form::Plain.read("box\n"), "box");
        assert_eq!(Form::Plain.write("old\n", "box"), "box\n");
        let text = "# rc\nhostname='old.example.org'\nother=1\n";
        assert_eq!(Form::Quoted.read(text), "old.example.org");
        assert_eq!(Form::Quoted.write(text, "box"), "# rc\nhostname=\"box\"\nother=1\n");
        assert_eq!(Form::Quoted.write("", "box"), "hostname=\"box\"\n");
        assert_eq!(Form::Upper.write("NETWORKING=yes", "box"), "NETWORKING=yes\nHOSTNAME=box\n");
        assert_eq!(Form::Upper.read("NETWORKING=yes\n"), "");
    }

    #[test]
    fn ways_of_systems() {
        let linux = |distribution: &str, services| Platform {
            distribution: distribution.into(),
            services,
            ..Platform::default()
        };
        let systemd = linux("debian", Some(ServiceManager::Systemd));
        assert_eq!(Way::of(None, &systemd).unwrap(), Way::Systemd);
        let plain = Way::File { path: "/etc/hostname", form: Form::Plain, live: false };
        assert_eq!(Way::of(None, &linux("debian", None)).unwrap(), plain);
        assert!(Way::of(Some(Use::Systemd), &linux("debian", None)).is_err());
        let error = Way::of(None, &linux("nosuch", None)).unwrap_err();
        assert!(error.msg.contains("cannot be used on platform"), "{}", error.msg);
        let freebsd = Platform { os: Os::FreeBsd, ..Platform::default() };
        assert!(matches!(Way::of(None, &freebsd).unwrap(), Way::File { live: true, .. }));
        assert!(
            Way::Systemd.check(&"x".repeat(65)).is_err() && plain.check(&"x".repeat(65)).is_ok()
        );
        for name in ["", "-F", "a b", "a\"b", "a\n"] {
            assert!(plain.check(name).is_err(), "{name:?}");
        }
    }
}
