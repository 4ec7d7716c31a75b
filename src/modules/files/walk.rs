//! All below a directory, as `walk.sh` lists it.

use crate::spec::path::unescape;
use crate::spec::{PathKind, PathState, World};
use std::collections::HashMap;

/// One entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its path, as it was reached.
    pub path: String,
    /// It, without following a link; or what a link leads to when `followed`.
    pub state: PathState,
    /// Blocks of 512 bytes.
    pub blocks: u64,
    /// Whether this is what the link at the path leads to.
    pub followed: bool,
}

impl Entry {
    /// Reads one line.
    pub fn parse(line: &str) -> Option<Self> {
        let odd = line.starts_with(['=', '>']);
        let fields: Vec<&str> = line.trim_start_matches(['=', '>']).splitn(15, '|').collect();
        let (Some(path), true) = (fields.get(14), fields.len() == 15) else { return None };
        let path = if odd { unescape(path) } else { (*path).to_string() };
        let known = format!("{}|{}|-", letter(fields[0])?, fields[1..13].join("|"));
        Some(Self {
            // find names what is below `dir/` with two slashes on some systems.
            path: path.replace("//", "/"),
            state: PathState::parse(&known)?,
            blocks: fields[13].parse().ok()?,
            followed: line.starts_with('>'),
        })
    }
}

/// Reads all lines; the targets of links, where they are told, are put in their entries.
pub fn read<'l>(lines: impl IntoIterator<Item = &'l str>) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut targets = HashMap::new();
    for line in lines {
        match line.strip_prefix('<').and_then(|link| link.split_once('\t')) {
            Some((target, path)) => {
                targets.insert(unescape(path).replace("//", "/"), unescape(target));
            }
            None => entries.extend(Entry::parse(line)),
        }
    }
    for entry in entries.iter_mut().filter(|entry| entry.state.kind == PathKind::Link) {
        if let Some(target) = targets.get(&entry.path) {
            entry.state.target.clone_from(target);
        }
    }
    entries
}

/// Lays what earlier tasks of a check run would have changed below a directory over its entries.
pub fn overlay(entries: &mut Vec<Entry>, dir: &str, world: &World) {
    entries.retain(|entry| world.path(&entry.path) != Some(None));
    for (path, attrs) in world.below(dir) {
        if attrs.is_none() {
            continue;
        }
        let at = entries.iter().position(|entry| entry.path == path && !entry.followed);
        let seen = at.map(|at| entries[at].state.clone());
        let Some(state) = PathState::overlay(path, seen, world) else { continue };
        match at {
            Some(at) => entries[at].state = state,
            None => {
                let path = path.to_string();
                entries.push(Entry { path, state, blocks: 0, followed: false });
            }
        }
    }
}

/// The type of a file by its mode in hex.
pub fn letter(mode: &str) -> Option<&'static str> {
    Some(match mode.chars().next()?.to_ascii_lowercase() {
        '8' => "f",
        '4' => "d",
        'a' => "l",
        '2' => "c",
        '6' => "b",
        '1' => "p",
        'c' => "s",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read() {
        let line = "81a4|644|0|0|root|root|5|1.5|2.5|3.5|7|8|1|8|/a//b|c";
        let entry = Entry::parse(line).unwrap();
        assert_eq!((entry.path.as_str(), entry.blocks, entry.state.mtime), ("/a/b|c", 8, 1.5));
        let entry = Entry::parse("=A1ED|755|0|0|root|wheel|1|1|1|1|7|8|1|0|/a\\nb\\\\").unwrap();
        assert_eq!((entry.path.as_str(), entry.state.kind), ("/a\nb\\", PathKind::Link));
        assert!(Entry::parse(">41ED|755|0|0|root|wheel|1|1|1|1|7|8|1|0|/a").unwrap().followed);
        assert_eq!(Entry::parse("find: /x: Permission denied"), None);
        let link = "a1ed|755|0|0|root|wheel|1|1|1|1|7|8|1|0|/a//l";
        let read = read([link, "<t\\to\t/a//l"]);
        assert_eq!((read.len(), read[0].state.target.as_str()), (1, "t\to"));
    }
}
