//! What is at a path of a host, as the prelude's `tk_stat` answers it.

use super::world::{PathAttrs, Text, World};

/// Type of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PathKind {
    /// Regular file.
    File,
    /// Directory.
    Dir,
    /// Symbolic link.
    Link,
    /// Character device.
    Char,
    /// Block device.
    Block,
    /// Named pipe.
    Fifo,
    /// Socket.
    Socket,
}

impl PathKind {
    /// The word that the prelude and Ansible's `state` use: file, directory, link, char, block, fifo, sock.
    pub fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Dir => "directory",
            Self::Link => "link",
            Self::Char => "char",
            Self::Block => "block",
            Self::Fifo => "fifo",
            Self::Socket => "sock",
        }
    }

    fn of_letter(letter: &str) -> Option<Self> {
        Some(match letter {
            "f" => Self::File,
            "d" => Self::Dir,
            "l" => Self::Link,
            "c" => Self::Char,
            "b" => Self::Block,
            "p" => Self::Fifo,
            "s" => Self::Socket,
            _ => return None,
        })
    }
}

/// What `lstat` or `stat` says of one path that exists.
#[derive(Clone, Debug, PartialEq)]
pub struct PathState {
    /// Type.
    pub kind: PathKind,
    /// Permission bits with setuid, setgid and sticky: 0o0000 to 0o7777.
    pub mode: u32,
    /// Owner's number.
    pub uid: u32,
    /// Group's number.
    pub gid: u32,
    /// Owner's name; the number when it has none.
    pub owner: String,
    /// Group's name; the number when it has none.
    pub group: String,
    /// Bytes.
    pub size: u64,
    /// Seconds since 1970, with fraction.
    pub mtime: f64,
    /// Access time.
    pub atime: f64,
    /// Change time of the inode.
    pub ctime: f64,
    /// Inode.
    pub inode: u64,
    /// Device number.
    pub device: u64,
    /// Hard links.
    pub links: u64,
    /// Target text of a symbolic link.
    pub target: String,
    /// SHA-1 in hex when it was asked for and could be read.
    pub sha1: Option<String>,
    /// Whether the predicted world made any of this up.
    pub predicted: bool,
    /// Whether the predicted world cannot know the content.
    pub content_unknown: bool,
}

/// Seconds since 1970; busybox's stat prints the first of them as nothing.
fn time(text: &str) -> Option<f64> {
    if text.is_empty() { Some(0.0) } else { text.parse().ok() }
}

impl PathState {
    /// Reads one `tk_stat` line: `-` when nothing is there, else 14 fields separated by `|`:
    /// `type|mode|uid|gid|owner|group|size|mtime|atime|ctime|inode|device|links|sha1` and, for a link,
    /// its target behind a further `|` up to the end of the line, escaped as [`unescape`] reads it.
    /// `sha1` is `-` when not asked for.
    pub fn parse(line: &str) -> Option<Self> {
        let f: Vec<&str> = line.splitn(15, '|').collect();
        if f.len() < 14 {
            return None;
        }
        Some(Self {
            kind: PathKind::of_letter(f[0])?,
            mode: u32::from_str_radix(f[1], 8).ok()? & 0o7777,
            uid: f[2].parse().ok()?,
            gid: f[3].parse().ok()?,
            owner: name_or_number(f[4], f[2]),
            group: name_or_number(f[5], f[3]),
            size: f[6].parse().ok()?,
            mtime: time(f[7])?,
            atime: time(f[8])?,
            ctime: time(f[9])?,
            inode: f[10].parse().ok()?,
            device: f[11].parse().unwrap_or(0),
            links: f[12].parse().ok()?,
            sha1: Some(f[13]).filter(|s| s.len() == 40).map(str::to_string),
            target: unescape(f.get(14).unwrap_or(&"")),
            predicted: false,
            content_unknown: false,
        })
    }

    /// What is at `path`: what was seen there, with what the predicted world knows laid over it.
    pub fn overlay(path: &str, seen: Option<Self>, world: &World) -> Option<Self> {
        match world.path(path) {
            None => seen,
            Some(None) => None,
            Some(Some(attrs)) => Some(Self::predicted(seen, attrs)),
        }
    }

    fn predicted(seen: Option<Self>, attrs: &PathAttrs) -> Self {
        let mut state = seen.filter(|s| s.kind == attrs.kind).unwrap_or_else(|| Self {
            kind: attrs.kind,
            mode: 0,
            uid: 0,
            gid: 0,
            owner: "root".to_string(),
            group: "root".to_string(),
            size: 0,
            mtime: 0.0,
            atime: 0.0,
            ctime: 0.0,
            inode: 0,
            device: 0,
            links: 1,
            target: String::new(),
            sha1: None,
            predicted: true,
            content_unknown: false,
        });
        state.predicted = true;
        state.mode = attrs.mode.unwrap_or(state.mode);
        if let Some(owner) = &attrs.owner {
            state.owner.clone_from(owner);
        }
        if let Some(group) = &attrs.group {
            state.group.clone_from(group);
        }
        if let Some(target) = &attrs.target {
            state.target.clone_from(target);
        }
        match &attrs.content {
            Some(Text::Known { sha1, size, .. }) => {
                state.sha1 = Some(sha1.clone());
                state.size = *size;
            }
            Some(Text::Unknown) => {
                state.sha1 = None;
                state.content_unknown = true;
            }
            None => {}
        }
        state
    }
}

/// Reads what the prelude's `tk_esc` prints: `\\`, `\n`, `\t` and `\r` stand for backslash, newline, tab
/// and carriage return.
pub fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => plain.push('\n'),
            Some('t') => plain.push('\t'),
            Some('r') => plain.push('\r'),
            Some(other) => plain.push(other),
            None => plain.push('\\'),
        }
    }
    plain
}

/// FreeBSD's stat prints `(12345)` for an id without name, GNU's `UNKNOWN`.
fn name_or_number(name: &str, number: &str) -> String {
    if name.is_empty() || name == "UNKNOWN" || name.starts_with('(') {
        return number.to_string();
    }
    name.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_line_and_a_link_with_bars() {
        let line = "l|120777|0|0|root|wheel|3|1.5|1.5|1.5|7|8|1|-|a|b";
        let state = PathState::parse(line).unwrap();
        assert_eq!((state.kind, state.mode, state.target.as_str()), (PathKind::Link, 0o777, "a|b"));
        let line = r"l|777|0|0|root|wheel|3|1|1|1|7|8|1|-|a\nb\\c";
        assert_eq!(PathState::parse(line).unwrap().target, "a\nb\\c");
        assert!(PathState::parse("-").is_none());
        let line = "f|644|12345|0|(12345)|root|3|1|1|1|7|8|1|-";
        assert_eq!(PathState::parse(line).unwrap().owner, "12345");
    }
}
