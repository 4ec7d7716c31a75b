//! The native properties of datasets, as far as it matters how they are compared and when they can be set.

/// How values of a property are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Bytes; `none` is 0.
    Size,
    /// A number of things; `none` is no limit.
    Count,
    /// A word of a fixed set.
    Word,
    /// A path of the host.
    Path,
    /// Any text.
    Text,
}

/// When a property can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// At any time.
    Ever,
    /// Only when the dataset is made.
    Creation,
    /// Never.
    Never,
}

/// What has a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// File systems and volumes (a volume's children inherit what only a file system uses).
    Any,
    /// File systems only.
    Filesystem,
    /// Volumes only.
    Volume,
}

/// One native property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Property {
    /// Its name.
    pub name: &'static str,
    /// How values are compared.
    pub kind: Kind,
    /// When it can be set.
    pub set: Set,
    /// What has it.
    pub of: Of,
    /// The first version of OpenZFS that has it, where that is later than the oldest hosts of today.
    pub since: Option<&'static str>,
}

const fn row(name: &'static str, kind: Kind, set: Set, of: Of) -> Property {
    Property { name, kind, set, of, since: None }
}

const fn new(name: &'static str, kind: Kind, set: Set, of: Of, since: &'static str) -> Property {
    Property { name, kind, set, of, since: Some(since) }
}

/// All that are known. One that is missing here is compared as a text and left to the host's judgement.
pub static TABLE: &[Property] = {
    use Kind::{Count, Path, Size, Text, Word};
    use Of::{Any, Filesystem, Volume};
    use Set::{Creation, Ever, Never};
    &[
        row("aclinherit", Word, Ever, Filesystem),
        row("aclmode", Word, Ever, Filesystem),
        row("acltype", Word, Ever, Filesystem),
        row("atime", Word, Ever, Filesystem),
        row("available", Size, Never, Any),
        row("canmount", Word, Ever, Filesystem),
        row("casesensitivity", Word, Creation, Filesystem),
        row("checksum", Word, Ever, Any),
        row("clones", Text, Never, Any),
        row("compression", Word, Ever, Any),
        row("compressratio", Text, Never, Any),
        row("context", Text, Ever, Filesystem),
        row("copies", Count, Ever, Any),
        row("createtxg", Text, Never, Any),
        row("creation", Text, Never, Any),
        row("dedup", Word, Ever, Any),
        row("defcontext", Text, Ever, Filesystem),
        row("defer_destroy", Word, Never, Any),
        row("devices", Word, Ever, Filesystem),
        new("direct", Word, Ever, Any, "2.3"),
        row("dnodesize", Word, Ever, Filesystem),
        new("encryption", Word, Creation, Any, "0.8"),
        new("encryptionroot", Text, Never, Any, "0.8"),
        row("exec", Word, Ever, Filesystem),
        row("filesystem_count", Count, Never, Filesystem),
        row("filesystem_limit", Count, Ever, Filesystem),
        row("fscontext", Text, Ever, Filesystem),
        row("guid", Text, Never, Any),
        row("jailed", Word, Ever, Filesystem),
        new("keyformat", Word, Creation, Any, "0.8"),
        new("keylocation", Text, Ever, Any, "0.8"),
        new("keystatus", Word, Never, Any, "0.8"),
        row("logbias", Word, Ever, Any),
        row("logicalreferenced", Size, Never, Any),
        row("logicalused", Size, Never, Any),
        new("longname", Word, Ever, Filesystem, "2.3"),
        row("mlslabel", Text, Ever, Any),
        row("mounted", Word, Never, Filesystem),
        row("mountpoint", Path, Ever, Filesystem),
        row("nbmand", Word, Ever, Filesystem),
        row("normalization", Word, Creation, Filesystem),
        row("objsetid", Text, Never, Any),
        row("origin", Text, Never, Any),
        row("overlay", Word, Ever, Filesystem),
        new("pbkdf2iters", Count, Creation, Any, "0.8"),
        row("prefetch", Word, Ever, Any),
        row("primarycache", Word, Ever, Any),
        row("quota", Size, Ever, Filesystem),
        row("readonly", Word, Ever, Any),
        row("receive_resume_token", Text, Never, Any),
        row("recordsize", Size, Ever, Filesystem),
        row("redundant_metadata", Word, Ever, Any),
        row("refcompressratio", Text, Never, Any),
        row("referenced", Size, Never, Any),
        row("refquota", Size, Ever, Filesystem),
        row("refreservation", Size, Ever, Any),
        row("relatime", Word, Ever, Filesystem),
        row("reservation", Size, Ever, Any),
        row("rootcontext", Text, Ever, Filesystem),
        row("secondarycache", Word, Ever, Any),
        row("setuid", Word, Ever, Filesystem),
        row("sharenfs", Text, Ever, Filesystem),
        row("sharesmb", Text, Ever, Filesystem),
        row("snapdev", Word, Ever, Any),
        row("snapdir", Word, Ever, Filesystem),
        row("snapshot_count", Count, Never, Any),
        row("snapshot_limit", Count, Ever, Any),
        new("snapshots_changed", Text, Never, Any, "2.2"),
        new("special_small_blocks", Size, Ever, Any, "0.8"),
        row("sync", Word, Ever, Any),
        row("type", Word, Never, Any),
        row("used", Size, Never, Any),
        row("usedbychildren", Size, Never, Any),
        row("usedbydataset", Size, Never, Any),
        row("usedbyrefreservation", Size, Never, Any),
        row("usedbysnapshots", Size, Never, Any),
        row("userrefs", Count, Never, Any),
        row("utf8only", Word, Creation, Filesystem),
        row("version", Count, Ever, Filesystem),
        row("volblocksize", Size, Creation, Volume),
        row("volmode", Word, Ever, Any),
        row("volsize", Size, Ever, Volume),
        new("volthreading", Word, Ever, Volume, "2.3"),
        row("vscan", Word, Ever, Filesystem),
        row("written", Size, Never, Any),
        row("xattr", Word, Ever, Filesystem),
        row("zoned", Word, Ever, Filesystem),
    ]
};

/// The native property of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Property> {
    TABLE.iter().find(|property| property.name == name)
}

/// Whether a name is a user's own property.
#[must_use]
pub fn is_user(name: &str) -> bool {
    name.contains(':')
}

/// Whether a name is one of a family such as `userquota@bob`, which `all` does not list.
#[must_use]
pub fn is_family(name: &str) -> bool {
    !is_user(name) && name.contains('@')
}

/// How values of a property are compared.
#[must_use]
pub fn kind(name: &str) -> Kind {
    if is_user(name) {
        return Kind::Text;
    }
    if let Some((family, _)) = name.split_once('@') {
        return if family.contains("obj") { Kind::Count } else { Kind::Size };
    }
    find(name).map_or(Kind::Text, |property| property.kind)
}

/// Why a text can't be the name of a property in a command; None: it can.
#[must_use]
pub fn wrong_name(name: &str) -> Option<String> {
    let odd = |c: char| c.is_whitespace() || c.is_control() || c == '=' || c == ',';
    if name.is_empty() || name.starts_with('-') || name == "all" || name.contains(odd) {
        return Some(format!("{name:?} is no name of a property"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_without_doubles() {
        assert!(TABLE.windows(2).all(|pair| pair[0].name < pair[1].name));
    }

    /// Every property that FreeBSD 13 lists, with what its own table says of it.
    #[test]
    fn the_table_agrees_with_a_hosts_own() {
        let text = include_str!("../../tests/fixtures/probe/zfs/freebsd/properties");
        let mut seen = 0;
        for line in text.lines() {
            let mut words = line.split_whitespace();
            let (Some(name), Some(edit), Some(inherit)) =
                (words.next(), words.next(), words.next())
            else {
                continue;
            };
            if name.contains(['@', '#']) || name == "redact_snaps" || name == "PROPERTY" {
                continue;
            }
            let property = find(name).unwrap_or_else(|| panic!("{name} is missing"));
            let wanted = match (edit, inherit) {
                ("YES", _) => Set::Ever,
                (_, "YES") => Set::Creation,
                // The host's table does not tell that these are asked for at creation.
                _ if matches!(name, "keyformat" | "pbkdf2iters") => Set::Creation,
                _ => Set::Never,
            };
            assert_eq!(property.set, wanted, "{name}");
            seen += 1;
        }
        assert!(seen > 70, "{seen}");
    }

    #[test]
    fn families_and_user_properties() {
        assert_eq!(kind("userquota@bob"), Kind::Size);
        assert_eq!(kind("groupobjquota@staff"), Kind::Count);
        assert_eq!(kind("com.sun:auto-snapshot"), Kind::Text);
        assert!(is_family("userquota@bob") && !is_family("a:b@c"));
        for bad in ["", "-r", "all", "a=b", "a,b", "a b", "a\nb"] {
            assert!(wrong_name(bad).is_some(), "{bad:?}");
        }
        assert_eq!(wrong_name("feature@async_destroy"), None);
    }
}
