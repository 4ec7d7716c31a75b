//! Lines of an authorized_keys file, compared and kept as Ansible's module does.

/// Types that OpenSSH knows.
const TYPES: [&str; 23] = [
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "webauthn-sk-ecdsa-sha2-nistp256@openssh.com",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp384-cert-v01@openssh.com",
    "ecdsa-sha2-nistp521",
    "ecdsa-sha2-nistp521-cert-v01@openssh.com",
    "sk-ssh-ed25519@openssh.com",
    "sk-ssh-ed25519-cert-v01@openssh.com",
    "ssh-ed25519",
    "ssh-ed25519-cert-v01@openssh.com",
    "ssh-dss",
    "ssh-rsa",
    "ssh-xmss@openssh.com",
    "ssh-xmss-cert-v01@openssh.com",
    "rsa-sha2-256",
    "rsa-sha2-512",
    "ssh-rsa-cert-v01@openssh.com",
    "rsa-sha2-256-cert-v01@openssh.com",
    "rsa-sha2-512-cert-v01@openssh.com",
    "ssh-dss-cert-v01@openssh.com",
];

/// Options in front of a key, in their order; None: an option without value.
pub type Options = Vec<(String, Option<String>)>;

/// One key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Options in front of it.
    pub options: Options,
    /// Type.
    pub kind: String,
    /// The key itself in base 64.
    pub blob: String,
    /// All behind it.
    pub comment: String,
}

/// One line of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Line {
    Key(Key),
    /// A comment, a blank line, or what is no key; with its newline.
    Other(String),
}

impl Key {
    /// Reads a line; None when it holds no key.
    pub fn parse(line: &str) -> Option<Self> {
        let line = line.replace(r"\#", "#");
        if line.trim_start().starts_with('#') {
            return None;
        }
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let at = words.iter().position(|word| TYPES.contains(word))?;
        Some(Self {
            options: parse_options(&words[..at].join(" ")),
            kind: words[at].to_string(),
            blob: (*words.get(at + 1)?).to_string(),
            comment: words[at + 2..].join(" "),
        })
    }

    /// Whether all of it is the same; the order of options does not count.
    fn same(&self, other: &Self) -> bool {
        let sorted = |key: &Self| {
            let mut options = key.options.clone();
            options.sort_by(|a, b| a.0.cmp(&b.0));
            options
        };
        (&self.kind, &self.blob, &self.comment) == (&other.kind, &other.blob, &other.comment)
            && sorted(self) == sorted(other)
    }

    fn text(&self) -> String {
        let option = |(name, value): &(String, Option<String>)| match value {
            Some(value) => format!("{name}={value}"),
            None => name.clone(),
        };
        let mut options = self.options.iter().map(option).collect::<Vec<_>>().join(",");
        if !options.is_empty() {
            options.push(' ');
        }
        format!("{options}{} {} {}\n", self.kind, self.blob, self.comment)
    }
}

/// Options of a text such as `no-pty,command="a, b"`: commas in quotes divide nothing.
pub fn parse_options(text: &str) -> Options {
    let mut quote = None;
    let parts = text.split(|c: char| match quote {
        Some(open) => {
            if c == open {
                quote = None;
            }
            false
        }
        None => {
            if matches!(c, '"' | '\'') {
                quote = Some(c);
            }
            c == ','
        }
    });
    parts
        .filter(|part| !part.is_empty())
        .map(|part| match part.split_once('=') {
            Some((name, value)) => (name.to_string(), Some(value.to_string())),
            None => (part.to_string(), None),
        })
        .collect()
}

/// A file's lines, being changed.
pub struct KeyFile {
    lines: Vec<Line>,
    changed: bool,
}

impl KeyFile {
    /// Reads a file. Of several lines with one key the last one counts, as for Ansible.
    pub fn parse(text: &str) -> Self {
        let mut lines: Vec<Line> = Vec::new();
        for line in text.split_inclusive('\n') {
            let Some(key) = Key::parse(line) else {
                lines.push(Line::Other(line.to_string()));
                continue;
            };
            lines.retain(|known| !known.is(&key.blob));
            lines.push(Line::Key(key));
        }
        Self { lines, changed: false }
    }

    /// Sees to it that this key is there as it is: another form of it is replaced, at the end.
    pub fn add(&mut self, key: Key) {
        let found = self.lines.iter().find_map(|line| match line {
            Line::Key(known) if known.blob == key.blob => Some(known.same(&key)),
            _ => None,
        });
        if found == Some(true) {
            return;
        }
        self.remove(&key.blob);
        if let Some(Line::Other(last)) = self.lines.last_mut()
            && !last.ends_with('\n')
        {
            last.push('\n');
        }
        self.lines.push(Line::Key(key));
        self.changed = true;
    }

    /// Sees to it that this key is not there, whatever its type, options and comment.
    pub fn remove(&mut self, blob: &str) {
        let before = self.lines.len();
        self.lines.retain(|line| !line.is(blob));
        self.changed |= self.lines.len() != before;
    }

    /// Removes all but these keys, comments too.
    pub fn only(&mut self, blobs: &[String]) {
        let before = self.lines.len();
        self.lines.retain(|line| blobs.iter().any(|blob| line.is(blob)));
        self.changed |= self.lines.len() != before;
    }

    /// The new text; None: nothing had to be done.
    pub fn text(&self) -> Option<String> {
        self.changed.then(|| self.lines.iter().map(Line::text).collect())
    }
}

impl Line {
    fn is(&self, blob: &str) -> bool {
        matches!(self, Self::Key(key) if key.blob == blob)
    }

    fn text(&self) -> String {
        match self {
            Self::Key(key) => key.text(),
            Self::Other(text) => text.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "ssh-ed25519 AAAAa one@host";
    const B: &str = "ssh-rsa AAAAb two words";

    fn key(line: &str) -> Key {
        Key::parse(line).unwrap()
    }

    #[test]
    fn lines_are_read() {
        let line = r#"no-pty,command="echo a, b",from='x,y' ssh-rsa AAAAb c d"#;
        let found = key(line);
        let options: Vec<_> =
            found.options.iter().map(|(k, v)| (k.as_str(), v.as_deref())).collect();
        let command = Some("\"echo a, b\"");
        assert_eq!(options, [("no-pty", None), ("command", command), ("from", Some("'x,y'"))]);
        assert_eq!(found.text(), format!("{line}\n"));
        for line in ["# a comment", "#x ssh-rsa AAAA", "", "nonsense", "ssh-rsa"] {
            assert!(Key::parse(line).is_none(), "{line}");
        }
    }

    #[test]
    fn a_key_is_added_once_and_replaced_when_it_differs() {
        let mut file = KeyFile::parse(&format!("# head\n\n{A}\n"));
        file.add(key(A));
        assert_eq!(file.text(), None);
        file.add(key(B));
        assert_eq!(file.text().unwrap(), format!("# head\n\n{A}\n{B}\n"));
        file.add(key("no-pty ssh-ed25519 AAAAa one@host"));
        assert_eq!(file.text().unwrap(), format!("# head\n\n{B}\nno-pty {A}\n"));
    }

    #[test]
    fn the_order_of_options_does_not_count() {
        let mut file = KeyFile::parse(&format!("no-pty,from=\"x\" {A}\n"));
        file.add(key(&format!("from=\"x\",no-pty {A}")));
        assert_eq!(file.text(), None);
    }

    #[test]
    fn keys_go_by_their_blob_and_exclusively() {
        let mut file = KeyFile::parse(&format!("{A}\n# c\n{B}"));
        file.remove("AAAAx");
        assert_eq!(file.text(), None);
        file.remove("AAAAb");
        assert_eq!(file.text().unwrap(), format!("{A}\n# c\n"));
        let mut file = KeyFile::parse(&format!("{A}\n# c\n{B}\n"));
        file.only(&["AAAAb".to_string()]);
        assert_eq!(file.text().unwrap(), format!("{B}\n"));
        let mut file = KeyFile::parse("odd");
        file.add(key(A));
        assert_eq!(file.text().unwrap(), format!("odd\n{A}\n"));
    }
}
