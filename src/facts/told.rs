//! The probe's answer: lines `KEY:TEXT`, by their keys.

use indexmap::IndexMap;

/// What the host told.
#[derive(Debug, Default)]
pub struct Told<'a> {
    lines: IndexMap<&'a str, Vec<&'a str>>,
    links: Vec<(&'a str, &'a str)>,
}

impl<'a> Told<'a> {
    /// Reads an answer; lines without a key are none of ours.
    pub fn parse(answer: &'a str) -> Self {
        let mut told = Self::default();
        for line in answer.split('\n') {
            if let Some((key, text)) = line.split_once(':') {
                told.lines.entry(key).or_default().push(text);
            }
        }
        told.links = told.lines("link").iter().filter_map(|line| link(line)).collect();
        told
    }

    /// Lines of a key; none when it is unknown.
    pub fn lines(&self, key: &str) -> &[&'a str] {
        self.lines.get(key).map_or(&[], Vec::as_slice)
    }

    /// The first line of a key, without space around it; None when that is empty.
    pub fn first(&self, key: &str) -> Option<&'a str> {
        self.lines(key).first().map(|line| line.trim()).filter(|line| !line.is_empty())
    }

    /// All lines of a key, without space around the whole; None when that is empty.
    pub fn text(&self, key: &str) -> Option<String> {
        let text = self.lines(key).join("\n");
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_string())
    }

    /// Whether anything was said under this key.
    pub fn knows(&self, key: &str) -> bool {
        self.lines.contains_key(key)
    }

    /// All keys.
    pub fn keys(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.lines.keys().copied()
    }

    /// Whether a path exists.
    pub fn there(&self, path: &str) -> bool {
        self.lines("there").contains(&path)
    }

    /// Whether a tool exists.
    pub fn have(&self, tool: &str) -> bool {
        self.lines("have").contains(&tool)
    }

    /// Name of the kernel, as `uname -s`.
    pub fn system(&self) -> &'a str {
        self.first("uname").and_then(|line| line.split(' ').next()).unwrap_or_default()
    }

    /// Links by `ls -ld` whose path begins so: the rest of the path, and the target.
    pub fn links(&self, start: &str) -> Vec<(&'a str, &'a str)> {
        let links = self.links.iter();
        links.filter_map(|(path, target)| Some((path.strip_prefix(start)?, *target))).collect()
    }

    /// The integer at the start of a key's text.
    pub fn integer(&self, key: &str) -> Option<i64> {
        self.first(key)?.split_whitespace().next()?.parse().ok()
    }

    /// The value of a sysctl, from lines `name: value`.
    pub fn sysctl(&self, name: &str) -> Option<&'a str> {
        let lines = self.lines("sysctl").iter();
        let found = lines.filter_map(|line| line.split_once(':')).find(|(key, _)| *key == name);
        found.map(|(_, value)| value.trim())
    }
}

/// Path and target of a line of `ls -ld`.
fn link(line: &str) -> Option<(&str, &str)> {
    let (left, target) = line.split_once(" -> ")?;
    Some((&left[left.find(" /")? + 1..], target))
}

/// The last part of a path.
pub fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Value of `NAME=value` in lines such as os-release has, without quotes.
pub fn assigned(lines: &[&str], name: &str) -> Option<String> {
    let mut values = lines.iter().filter_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    values.next_back().map(|value| value.trim().trim_matches(['"', '\'']).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_by_their_keys() {
        let told = Told::parse("a:1\nb: x:y \n\nnothing\na:2\nthere:/x\nsysctl:hw.ncpu: 2\n");
        assert_eq!(told.lines("a"), ["1", "2"]);
        assert_eq!((told.first("b"), told.text("a").as_deref()), (Some("x:y"), Some("1\n2")));
        assert!(told.there("/x") && !told.there("/y") && !told.knows("nothing"));
        assert_eq!(told.sysctl("hw.ncpu"), Some("2"));
    }

    #[test]
    fn links_are_read_from_ls() {
        let told = Told::parse(
            "link:lrwxrwxrwx 1 root root 9 Nov 23 06:45 /dev/x/a\\x20b -> ../../sda1\n",
        );
        assert_eq!(told.links("/dev/x/"), [("a\\x20b", "../../sda1")]);
    }
}
