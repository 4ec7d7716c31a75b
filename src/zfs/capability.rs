//! What the ZFS of a host and a pool can do.

/// A release of ZFS: the numbers of OpenZFS; zfs-fuse and other old ones are 0.0.0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release(pub u32, pub u32, pub u32);

impl Release {
    /// Reads `zfs version`'s first line (`zfs-2.3.2-1~bpo12`, `zfs-2.1.9-FreeBSD_g92e0d9d18`); what has no such command is old.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let number = text.trim().trim_start_matches(|c: char| !c.is_ascii_digit());
        let end = number.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(number.len());
        let mut parts = number[..end].split('.').map(|part| part.parse().unwrap_or(0));
        let mut next = || parts.next().unwrap_or(0);
        Self(next(), next(), next())
    }
}

/// What one side offers: its programs, and the pool of its dataset.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Capability {
    /// The programs' release.
    pub release: Release,
    /// `send` has `-L`, `-c` and the like: the letters of its usage text.
    pub send: String,
    /// The letters of `receive`.
    pub receive: String,
    /// Features of the pool that are enabled or active, without `feature@`; none on pools older than features.
    pub features: Vec<String>,
    /// Whether `zfs bookmark` exists.
    pub bookmarks: bool,
}

impl Capability {
    /// Whether `send` takes this option.
    #[must_use]
    pub fn sends(&self, option: char) -> bool {
        self.send.contains(option)
    }

    /// Whether `receive` takes this option.
    #[must_use]
    pub fn receives(&self, option: char) -> bool {
        self.receive.contains(option)
    }

    /// Whether the pool has a feature.
    #[must_use]
    pub fn has(&self, feature: &str) -> bool {
        self.features.iter().any(|one| one == feature)
    }

    /// Whether an interrupted receive can be kept: the pool can hold it, and the programs are beyond 0.8, whose resumed
    /// streams lost data.
    #[must_use]
    pub fn resumes(&self) -> bool {
        self.receives('s') && self.has("extensible_dataset") && self.release >= Release(2, 0, 0)
    }

    /// Whether bookmarks can be made in this pool.
    #[must_use]
    pub fn marks(&self) -> bool {
        self.bookmarks && self.has("bookmarks")
    }
}

/// The option letters that a usage text names: those in `[-DLPbcehnpsVvw]` and each `-x` alone.
#[must_use]
pub fn letters(usage: &str) -> String {
    let mut found = String::new();
    let usage = usage.replace("-[", "-");
    for word in usage.split(|c: char| c.is_whitespace() || matches!(c, '[' | ']' | '|' | '<' | '>'))
    {
        let Some(letters) = word.strip_prefix('-') else { continue };
        if !letters.starts_with('-') {
            found.extend(letters.chars().filter(char::is_ascii_alphanumeric));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_read_and_ordered() {
        for (text, release) in [
            ("zfs-2.3.2-1~bpo12+1\nzfs-kmod-2.3.2-1", Release(2, 3, 2)),
            ("zfs-2.1.9-FreeBSD_g92e0d9d18", Release(2, 1, 9)),
            ("zfs-0.8.3-1ubuntu12.18", Release(0, 8, 3)),
            ("unrecognized command 'version'", Release(0, 0, 0)),
            ("", Release(0, 0, 0)),
        ] {
            assert_eq!(Release::read(text), release, "{text}");
        }
        assert!(Release(2, 0, 0) > Release(0, 8, 6));
    }

    #[test]
    fn usage_texts_name_options() {
        let usage = "usage:\n\tsend [-DLPbcehnpVvw] [-i|-I <snapshot>]\n\t     [-R [-X dataset[,dataset]...]]     <snapshot>\n\tsend [-PnVvs] -t <receive_resume_token>\n";
        let found = letters(usage);
        for letter in "DLPbcehnpVvwiIRXts".chars() {
            assert!(found.contains(letter), "{letter} in {found}");
        }
        assert_eq!(letters("usage:\n\tsend [-RDp] [-[iI] snapshot] <snapshot>"), "RDpiI");
    }
}
