//! Names of datasets, snapshots and bookmarks.

use std::fmt;

/// The longest full name that ZFS takes, in bytes (`ZFS_MAX_DATASET_NAME_LEN` less its end mark).
pub const LONGEST: usize = 255;

/// Why a text is no name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameError {
    /// Nothing at all.
    Empty,
    /// An empty part: a slash at the start or end, or two in a row.
    EmptyPart,
    /// `.` or `..` as a part.
    Dots,
    /// A character that ZFS does not take there.
    Character(char),
    /// A pool name must begin with a letter.
    PoolStart,
    /// A pool name that `zpool` reserves (`mirror`, `raidz`, `draid`, `spare`, `log`).
    Reserved,
    /// Longer than [`LONGEST`] bytes.
    TooLong(usize),
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "a name is missing"),
            Self::EmptyPart => write!(f, "a part between slashes is empty"),
            Self::Dots => write!(f, "'.' and '..' are no names"),
            Self::Character(c) => write!(f, "{c:?} can't stand in a name"),
            Self::PoolStart => write!(f, "the name of a pool begins with a letter"),
            Self::Reserved => write!(f, "this pool name is reserved by zpool"),
            Self::TooLong(bytes) => {
                write!(f, "{bytes} bytes are too long, {LONGEST} are the limit")
            }
        }
    }
}

impl std::error::Error for NameError {}

/// The name of a dataset (a file system or a volume): `pool/a/b`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Dataset(String);

impl Dataset {
    /// Checks a name by the rules of ZFS (`zfs_namecheck.c`): letters, digits and `-_.: `; `%` is for the kernel alone.
    pub fn new(text: &str) -> Result<Self, NameError> {
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text.len() > LONGEST {
            return Err(NameError::TooLong(text.len()));
        }
        for part in text.split('/') {
            check_part(part)?;
        }
        check_pool(text.split('/').next().unwrap_or_default())?;
        Ok(Self(text.to_owned()))
    }

    /// The name as a text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The pool it is in.
    #[must_use]
    pub fn pool(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    /// The dataset above it; none for a pool's own.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.0.rsplit_once('/').map(|(above, _)| Self(above.to_owned()))
    }

    /// Whether `other` is this dataset or lies below it.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        self.below(other).is_some()
    }

    /// The part of `other` below this dataset: empty for itself, `/a/b` for what lies in it.
    #[must_use]
    pub fn below<'a>(&self, other: &'a Self) -> Option<&'a str> {
        let rest = other.0.strip_prefix(&self.0)?;
        (rest.is_empty() || rest.starts_with('/')).then_some(rest)
    }

    /// The dataset with `rest` (as [`Dataset::below`] gives it) behind its name.
    pub fn join(&self, rest: &str) -> Result<Self, NameError> {
        Self::new(&format!("{}{rest}", self.0))
    }
}

impl fmt::Display for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Checks what stands behind the `@` of a snapshot or the `#` of a bookmark.
pub fn check_part(part: &str) -> Result<(), NameError> {
    if part.is_empty() {
        return Err(NameError::EmptyPart);
    }
    if part == "." || part == ".." {
        return Err(NameError::Dots);
    }
    match part.chars().find(|c| !(c.is_ascii_alphanumeric() || "-_.: ".contains(*c))) {
        Some(c) => Err(NameError::Character(c)),
        None => Ok(()),
    }
}

fn check_pool(name: &str) -> Result<(), NameError> {
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Err(NameError::PoolStart);
    }
    let reserved = ["mirror", "raidz", "draid", "spare"];
    if name == "log" || reserved.iter().any(|word| name.starts_with(word)) {
        return Err(NameError::Reserved);
    }
    Ok(())
}

/// `pool/a@snap` or `pool/a#mark` taken apart at its first mark.
#[must_use]
pub fn split(full: &str) -> (&str, Option<(char, &str)>) {
    match full.find(['@', '#']) {
        Some(at) => {
            let mark = if full[at..].starts_with('@') { '@' } else { '#' };
            (&full[..at], Some((mark, &full[at + 1..])))
        }
        None => (full, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_as_zfs_does() {
        for good in ["tank", "tank/a b", "tank/a:1.2-x_y", "t/1/2/3"] {
            assert_eq!(Dataset::new(good).map(|name| name.to_string()), Ok(good.to_owned()));
        }
        let long = format!("tank/{}", "x".repeat(251));
        for (bad, why) in [
            ("", NameError::Empty),
            ("tank//a", NameError::EmptyPart),
            ("/tank", NameError::EmptyPart),
            ("tank/", NameError::EmptyPart),
            ("tank/../a", NameError::Dots),
            ("tank/a@b", NameError::Character('@')),
            ("tank/a%b", NameError::Character('%')),
            ("tank/ä", NameError::Character('ä')),
            ("1tank", NameError::PoolStart),
            ("mirror1/a", NameError::Reserved),
            (long.as_str(), NameError::TooLong(256)),
        ] {
            assert_eq!(Dataset::new(bad), Err(why), "{bad}");
        }
    }

    #[test]
    fn a_name_that_only_begins_alike_is_not_below() {
        let a = Dataset::new("tank/a").unwrap();
        let b = Dataset::new("tank/ab").unwrap();
        assert!(!a.contains(&b));
        assert_eq!(a.below(&a), Some(""));
        assert_eq!(a.below(&Dataset::new("tank/a/b").unwrap()), Some("/b"));
        assert_eq!(a.parent(), Some(Dataset::new("tank").unwrap()));
        assert_eq!(a.pool(), "tank");
    }

    #[test]
    fn marks_split_names() {
        assert_eq!(split("a/b@c"), ("a/b", Some(('@', "c"))));
        assert_eq!(split("a/b#c"), ("a/b", Some(('#', "c"))));
        assert_eq!(split("a/b"), ("a/b", None));
    }
}
