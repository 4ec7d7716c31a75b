//! A file of kernel settings: `name = value` in each line.

/// Whose rules a line is read by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// sysctl(8) of Linux: the value goes to the end of the line.
    Linux,
    /// sysctl(8) of FreeBSD: quotes and comments behind the value.
    FreeBsd,
}

/// The name and value of a line; None: it sets nothing.
fn setting(line: &str, dialect: Dialect) -> Option<(&str, String)> {
    let line = line.trim();
    if line.starts_with(['#', ';']) {
        return None;
    }
    let (name, value) = line.split_once('=')?;
    // A dash in front: errors of this line do not count.
    let name = name.trim().trim_start_matches('-').trim();
    let value = match dialect {
        Dialect::Linux => value.trim().to_string(),
        Dialect::FreeBsd => unquoted(value),
    };
    Some((name, value))
}

/// A value without its quotes and what stands behind a `#` outside of them.
fn unquoted(text: &str) -> String {
    let (mut value, mut open) = (String::new(), None::<char>);
    for c in text.trim().chars() {
        match (open, c) {
            (Some(quote), c) if c == quote => open = None,
            (None, '"' | '\'') => open = Some(c),
            (None, '#') => break,
            _ => value.push(c),
        }
    }
    value.trim().to_string()
}

/// The value that counts: that of the last line of this name.
pub fn value(text: &str, name: &str, dialect: Dialect) -> Option<String> {
    let settings = text.lines().filter_map(|line| setting(line, dialect));
    settings.rev().find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// The text with this value, or without the name: its first line is kept for it, the others go.
pub fn with(text: &str, name: &str, value: Option<&str>, dialect: Dialect) -> String {
    let mut line = value.map(|value| format!("{name}={value}\n"));
    let mut new = String::with_capacity(text.len() + 64);
    for old in text.split_inclusive('\n') {
        if setting(old, dialect).is_some_and(|(known, _)| known == name) {
            new.push_str(&line.take().unwrap_or_default());
        } else {
            new.push_str(old);
        }
    }
    if let Some(line) = line {
        if !new.is_empty() && !new.ends_with('\n') {
            new.push('\n');
        }
        new.push_str(&line);
    }
    new
}

/// Whether two values are the same to the kernel: blanks between parts do not count, nor how a number is written.
pub fn same(one: &str, other: &str) -> bool {
    let parts = |text: &str| text.split_whitespace().map(plain).collect::<Vec<_>>();
    parts(one) == parts(other)
}

/// A number in its plainest form, anything else as it is.
fn plain(part: &str) -> String {
    let hex = part.strip_prefix("0x").or_else(|| part.strip_prefix("0X"));
    let number = match hex {
        Some(digits) => i128::from_str_radix(digits, 16).ok(),
        None => part.parse::<i128>().ok(),
    };
    number.map_or_else(|| part.to_string(), |number| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::Dialect::{FreeBsd, Linux};
    use super::*;

    const TEXT: &str = "# c\na.b = 1\n;x\nc.d=2\na.b=3\nlast=4";

    #[test]
    fn the_last_line_counts_and_one_stays() {
        assert_eq!(value(TEXT, "a.b", Linux).as_deref(), Some("3"));
        // What Ansible's module made of it, but for the blanks of other lines.
        assert_eq!(with(TEXT, "a.b", Some("5"), Linux), "# c\na.b=5\n;x\nc.d=2\nlast=4");
        assert_eq!(with(TEXT, "n.n", Some("1"), Linux), format!("{TEXT}\nn.n=1\n"));
        assert_eq!(with(TEXT, "c.d", None, Linux), "# c\na.b = 1\n;x\na.b=3\nlast=4");
        assert_eq!(with("", "a", Some("1"), Linux), "a=1\n");
        assert_eq!(value("-a.b = 7\n", "a.b", Linux).as_deref(), Some("7"));
    }

    #[test]
    fn f32_quotes_and_blanks_are_read() {
        for line in ["net.inet.ip.forwarding = 1\n", "net.inet.ip.forwarding=\"1\" # on\n"] {
            assert_eq!(value(line, "net.inet.ip.forwarding", FreeBsd).as_deref(), Some("1"));
        }
        assert_eq!(value("a=1 # one", "a", Linux).as_deref(), Some("1 # one"));
        assert_eq!(value("junk\n", "junk", FreeBsd), None);
    }

    #[test]
    fn blanks_and_bases_do_not_differ() {
        assert!(same("4096\t87380  6291456", "4096 87380 6291456"));
        assert!(same("0x10", "16") && same("010", "10"));
        assert!(!same("1", "1 1") && !same("a", "A"));
    }
}
