//! What an archive holds, as the tools of hosts list it.

use crate::spec::{Failure, PathKind};

/// One member.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its path below the directory, without `./` in front and `/` behind.
    pub path: String,
    /// Whether it stands in the archive with a slash behind it.
    pub slash: bool,
    /// File, directory or link; another kind is none of these.
    pub kind: Option<PathKind>,
    /// Permission bits.
    pub mode: u32,
    /// Owner: name and number, as far as the archive has them.
    pub owner: (Option<String>, Option<u32>),
    /// Group in the same way.
    pub group: (Option<String>, Option<u32>),
    /// Bytes.
    pub size: u64,
    /// Seconds since 1970.
    pub time: Option<f64>,
    /// Local time of the host, as zip archives have it: `20200102.030405`.
    pub stamp: Option<String>,
    /// What a link leads to.
    pub target: Option<String>,
    /// SHA-1 of the content.
    pub sha1: Option<String>,
    /// CRC-32 of the content.
    pub crc: Option<u32>,
    /// Whether it is another name of an earlier member.
    pub hard: bool,
}

impl Entry {
    fn new(name: &str) -> Self {
        Self {
            path: plain(name).to_string(),
            slash: name.ends_with('/'),
            kind: Some(PathKind::File),
            mode: 0,
            owner: (None, None),
            group: (None, None),
            size: 0,
            time: None,
            stamp: None,
            target: None,
            sha1: None,
            crc: None,
            hard: false,
        }
    }

    /// Its name as Ansible tells it.
    pub fn name(&self) -> String {
        format!("{}{}", self.path, if self.slash { "/" } else { "" })
    }
}

/// A name below a directory: without `/` or `./` in front of it, and without slashes behind it.
fn plain(name: &str) -> &str {
    let mut rest = name;
    loop {
        let cut = rest.strip_prefix("./").or_else(|| rest.strip_prefix('/'));
        match cut {
            Some(shorter) => rest = shorter,
            None => break,
        }
    }
    let rest = rest.trim_end_matches('/');
    if rest == "." { "" } else { rest }
}

/// Refuses an archive that would write outside of its directory.
///
/// # Errors
/// It names the member.
pub fn check_names<'n>(names: impl IntoIterator<Item = &'n str>) -> Result<(), Failure> {
    let outside = |name: &&str| plain(name).split('/').any(|part| part == "..");
    match names.into_iter().find(outside) {
        None => Ok(()),
        Some(name) => {
            let text = format!("the archive's member {name:?} would lie outside of the destination");
            Err(Failure::new(text))
        }
    }
}

/// Refuses members that lie below a link of the same archive: they would be written where it leads.
///
/// # Errors
/// It names the member.
pub fn check_links(entries: &[Entry]) -> Result<(), Failure> {
    let links: std::collections::HashSet<&str> = entries
        .iter()
        .filter(|entry| entry.kind == Some(PathKind::Link))
        .map(|entry| entry.path.as_str())
        .collect();
    let below = |entry: &&Entry| {
        let path = entry.path.as_str();
        path.match_indices('/').any(|(at, _)| links.contains(&path[..at]))
    };
    match entries.iter().find(below) {
        None => Ok(()),
        Some(entry) => {
            let text = format!(
                "the archive's member {:?} lies below a link of the same archive",
                entry.path
            );
            Err(Failure::new(text))
        }
    }
}

/// Reads backslash escapes: `\n`, `\\`, and bytes as three octal digits.
pub fn unescape(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut plain, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(at) {
        let octal = bytes.get(at + 1..at + 4).and_then(|digits| std::str::from_utf8(digits).ok());
        let octal = octal.and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match (byte, octal, bytes.get(at + 1)) {
            (b'\\', Some(byte), _) => {
                plain.push(byte);
                at += 4;
            }
            (b'\\', None, Some(letter)) => {
                plain.push(match letter {
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'r' => b'\r',
                    b'a' => 7,
                    b'b' => 8,
                    b'f' => 12,
                    b'v' => 11,
                    other => *other,
                });
                at += 2;
            }
            _ => {
                plain.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// The bits of `rwxr-sr-t`.
fn bits(letters: &str) -> u32 {
    let special = |at: usize| match at {
        2 => 0o4000,
        5 => 0o2000,
        _ => 0o1000,
    };
    letters.chars().take(9).enumerate().fold(0, |mode, (at, letter)| {
        let bit = 1 << (8 - at);
        mode | match letter {
            '-' => 0,
            's' | 't' => bit | special(at),
            'S' | 'T' => special(at),
            _ => bit,
        }
    })
}

/// Cuts off a word and the blanks behind it.
fn word(text: &str) -> Option<(&str, &str)> {
    let (word, rest) = text.split_once(' ')?;
    Some((word, rest.trim_start_matches(' ')))
}

/// `tar --list -v --full-time --numeric-owner --quoting-style=escape` of GNU's tar.
pub fn gnu(text: &str) -> Vec<Entry> {
    text.lines().filter_map(gnu_line).collect()
}

fn gnu_line(line: &str) -> Option<Entry> {
    let (letters, rest) = word(line)?;
    let (owner, rest) = word(rest)?;
    let (size, rest) = word(rest)?;
    let (_date, rest) = word(rest)?;
    // One blank stands in front of the name, which may begin with others.
    let (_time, name) = rest.split_once(' ')?;
    let (uid, gid) = owner.split_once('/')?;
    let kind = letters.chars().next()?;
    let (name, target) = match kind {
        'l' => name.split_once(" -> ").map(|(n, t)| (n, Some(t)))?,
        'h' => name.split_once(" link to ").map(|(n, _)| (n, None))?,
        _ => (name, None),
    };
    let mut entry = Entry::new(&unescape(name));
    entry.kind = match kind {
        '-' | 'h' => Some(PathKind::File),
        'd' => Some(PathKind::Dir),
        'l' => Some(PathKind::Link),
        _ => None,
    };
    entry.hard = kind == 'h';
    entry.mode = bits(&letters[1..]);
    entry.owner = (None, uid.parse().ok());
    entry.group = (None, gid.parse().ok());
    entry.size = size.parse().unwrap_or(0);
    entry.target = target.map(unescape);
    Some(entry)
}

/// The listing of bsdtar in the form of mtree(5), with sums.
pub fn mtree(text: &str) -> Vec<Entry> {
    let lines = text.lines().filter(|line| line.starts_with("./") || line.starts_with(". "));
    lines.filter_map(mtree_line).collect()
}

fn mtree_line(line: &str) -> Option<Entry> {
    let mut words = line.split(' ');
    let mut entry = Entry::new(&unescape(words.next()?));
    for word in words {
        let Some((key, value)) = word.split_once('=') else { continue };
        match key {
            "type" => {
                entry.kind = match value {
                    "file" => Some(PathKind::File),
                    "dir" => Some(PathKind::Dir),
                    "link" => Some(PathKind::Link),
                    _ => None,
                }
            }
            "mode" => entry.mode = u32::from_str_radix(value, 8).ok()?,
            "uid" => entry.owner.1 = value.parse().ok(),
            "gid" => entry.group.1 = value.parse().ok(),
            "uname" => entry.owner.0 = Some(unescape(value)),
            "gname" => entry.group.0 = Some(unescape(value)),
            "size" => entry.size = value.parse().ok()?,
            "time" => entry.time = value.parse().ok(),
            "link" => entry.target = Some(unescape(value)),
            "sha1digest" | "sha1" => entry.sha1 = Some(value.to_string()),
            _ => {}
        }
    }
    entry.slash = entry.kind == Some(PathKind::Dir);
    entry.hard = entry.kind == Some(PathKind::File) && entry.sha1.is_none();
    Some(entry)
}

/// `zipinfo -T -s`, and the CRCs of `unzip -v`.
pub fn zip(text: &str, sums: &str) -> Vec<Entry> {
    let mut entries: Vec<Entry> = text.lines().filter_map(zip_line).collect();
    let crcs = sums.lines().filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().take(8).collect();
        let [_, _, _, _, _, _, crc, _] = words[..] else { return None };
        u32::from_str_radix(crc, 16).ok().filter(|_| crc.len() == 8)
    });
    let crcs: Vec<u32> = crcs.collect();
    // Both list all members in the archive's order.
    if crcs.len() == entries.len() {
        entries.iter_mut().zip(crcs).for_each(|(entry, crc)| entry.crc = Some(crc));
    }
    entries
}

fn zip_line(line: &str) -> Option<Entry> {
    let (letters, rest) = word(line)?;
    let (_version, rest) = word(rest)?;
    let (_system, rest) = word(rest)?;
    let (size, rest) = word(rest)?;
    let (_flags, rest) = word(rest)?;
    let (_method, rest) = word(rest)?;
    let (stamp, name) = rest.split_once(' ')?;
    let kind = letters.chars().next().filter(|kind| "-dl?".contains(*kind))?;
    if !matches!(letters.len(), 7 | 8 | 10) || stamp.len() != 15 {
        return None;
    }
    let mut entry = Entry::new(name);
    let runs = letters.contains('x');
    entry.mode = match (letters.len(), entry.slash || runs) {
        (10, _) => bits(&letters[1..]) & 0o777,
        // Archives of other systems: what the umask leaves is set when it is compared.
        (_, true) => 0o777,
        (_, false) => 0o666,
    };
    entry.kind = Some(match (entry.slash, kind) {
        (true, _) => PathKind::Dir,
        (_, 'l') => PathKind::Link,
        _ => PathKind::File,
    });
    entry.size = size.parse().ok()?;
    entry.stamp = Some(stamp.to_string());
    // Archives without modes of Unix.
    entry.hard = false;
    entry.owner.0 = (letters.len() != 10).then(String::new);
    Some(entry)
}
