//! Lines of fstab(5).

use crate::spec::Os;

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What is mounted.
    pub src: String,
    /// Where.
    pub path: String,
    /// Type of the file system.
    pub fstype: String,
    /// Options, with commas.
    pub opts: String,
    /// Whether dump(8) cares.
    pub dump: String,
    /// Order in which it is checked.
    pub passno: String,
}

/// A field as the table has it.
pub fn escape(text: &str) -> String {
    let text = text.replace('\\', "\\134").replace(' ', "\\040");
    text.replace('\t', "\\011").replace('&', "\\046")
}

/// A field or a kernel's own name, without its octal escapes.
pub fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let octal = rest.get(at + 1..at + 4).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match octal {
            Some(byte) => {
                out.push(char::from(byte));
                rest = &rest[at + 4..];
            }
            None => {
                out.push('\\');
                rest = &rest[at + 1..];
            }
        }
    }
    out + rest
}

impl Line {
    /// Reads a line; None: a comment, or no line of the table.
    pub fn parse(text: &str, os: Os) -> Option<Self> {
        let fields: Vec<&str> = text.split('#').next()?.split_whitespace().collect();
        let least = if os == Os::Linux { 4 } else { 6 };
        if !(least..=6).contains(&fields.len()) {
            return None;
        }
        let of = |at: usize| unescape(fields.get(at).unwrap_or(&"0"));
        Some(Self {
            src: of(0),
            path: of(1),
            fstype: of(2),
            opts: of(3),
            dump: of(4),
            passno: of(5),
        })
    }

    /// The line.
    pub fn text(&self) -> String {
        let all = [&self.src, &self.path, &self.fstype, &self.opts, &self.dump, &self.passno];
        let all: Vec<String> = all.into_iter().map(|field| escape(field)).collect();
        format!("{}\n", all.join(" "))
    }

    /// Whether another is about the same: swap has no place of its own.
    fn is_same(&self, path: &str, src: Option<&str>) -> bool {
        let swap = self.path == "none" && self.fstype == "swap";
        self.path == path && (!swap || src.is_none_or(|src| src == self.src))
    }
}

/// The first line about a path.
pub fn find(text: &str, path: &str, src: Option<&str>, os: Os) -> Option<Line> {
    text.lines().filter_map(|line| Line::parse(line, os)).find(|line| line.is_same(path, src))
}

/// The table with this line in place of those about the same, or at its end.
pub fn with(text: &str, new: &Line, os: Os) -> String {
    let mut out = String::new();
    let mut found = false;
    for line in text.split_inclusive('\n') {
        let mine = Line::parse(line, os).filter(|one| one.is_same(&new.path, Some(&new.src)));
        match mine {
            Some(old) if old == *new => {
                found = true;
                out.push_str(line);
            }
            Some(_) => {
                found = true;
                out.push_str(&new.text());
            }
            None => out.push_str(line),
        }
        if !out.ends_with('\n') {
            out.push('\n');
        }
    }
    if found { out } else { out + &new.text() }
}

/// The table without lines about a path.
pub fn without(text: &str, path: &str, src: Option<&str>, os: Os) -> String {
    let mine = |line: &&str| !Line::parse(line, os).is_some_and(|one| one.is_same(path, src));
    text.split_inclusive('\n').filter(mine).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "# /etc/fstab\nUUID=1 / ext4 errors=remount-ro 0 1\n/dev/sdb1\t/a\\040b\text4  defaults\n/dev/s1 none swap sw 0 0\n/dev/s2 none swap sw 0 0\nbroken line\n";

    fn line(src: &str, path: &str, fstype: &str, opts: &str) -> Line {
        let [src, path, fstype, opts] = [src, path, fstype, opts].map(String::from);
        Line { src, path, fstype, opts, dump: "0".into(), passno: "0".into() }
    }

    #[test]
    fn lines_are_replaced_and_others_kept() {
        let os = Os::Linux;
        assert_eq!(
            find(TABLE, "/a b", None, os),
            Some(line("/dev/sdb1", "/a b", "ext4", "defaults"))
        );
        assert_eq!(with(TABLE, &line("/dev/sdb1", "/a b", "ext4", "defaults"), os), TABLE);
        let new = with(TABLE, &line("/dev/sdb1", "/a b", "ext4", "noatime"), os);
        assert_eq!(
            new,
            TABLE.replace(
                "/dev/sdb1\t/a\\040b\text4  defaults",
                "/dev/sdb1 /a\\040b ext4 noatime 0 0"
            )
        );
        let more = with("x", &line("tmpfs", "/t&\\", "tmpfs", "rw"), os);
        assert_eq!(more, "x\ntmpfs /t\\046\\134 tmpfs rw 0 0\n");
        assert_eq!(unescape("/t\\046\\134\\"), "/t&\\\\");
        let swap = with(TABLE, &line("/dev/s2", "none", "swap", "pri=1"), os);
        assert_eq!(swap, TABLE.replace("/dev/s2 none swap sw", "/dev/s2 none swap pri=1"));
        assert_eq!(
            without(TABLE, "none", Some("/dev/s1"), os),
            TABLE.replace("/dev/s1 none swap sw 0 0\n", "")
        );
        assert_eq!(without(TABLE, "/b", None, os), TABLE);
        // FreeBSD wants all six fields.
        assert_eq!(find(TABLE, "/a b", None, Os::FreeBsd), None);
    }
}
