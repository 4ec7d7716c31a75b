//! Files of vm-bhyve: `key="value"` in each line.

use crate::modules::freebsd::loader;

/// Whether it is a key: such lines begin in the first column.
pub fn is_key(key: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    key.starts_with(|c: char| c.is_ascii_lowercase()) && key.chars().all(plain)
}

/// Why a value cannot be written: a `#` ends it, also between quotes.
pub fn refuse(value: &str) -> Option<String> {
    let odd = |c: &char| {
        !(*c == ' ' || c.is_ascii_graphic()) || matches!(c, '"' | '\\' | '$' | '`' | '#')
    };
    value.chars().find(odd).map(|c| format!("vm-bhyve cannot read {c:?} in a value"))
}

/// The value that counts; None: it is not set.
pub fn value(text: &str, key: &str) -> Option<String> {
    let lines = text.lines().rev();
    lines.into_iter().find_map(|line| {
        let behind = line.strip_prefix(key)?.strip_prefix('=')?;
        let behind = behind.split('#').next().unwrap_or_default().trim();
        Some(behind.trim_matches('"').to_string())
    })
}

/// The text with this value.
pub fn with(text: &str, key: &str, value: &str) -> String {
    loader::with(text, key, value)
}

/// The text without this key.
pub fn without(text: &str, key: &str) -> String {
    loader::without(text, key)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded: vm.txt, `cat /vm/t1/t1.conf`, and the file of `odd`.
    const T1: &str = "loader=\"bhyveload\"\ncpu=1\nmemory=256M\nuuid=\"79bfcb13-e6f7-11f1-81f7-589cfc00245c\"\n# Uncomment to enable the graphical console\n#graphics=\"yes\"\n";
    const ODD: &str = "loader=\"bhyveload\"\ncpu=1\nmemory=256M # comment\ndisk0_name=\"a#b.img\"\n";

    #[test]
    fn values_end_at_a_hash() {
        let of = |text: &str, key: &str| value(text, key);
        assert_eq!(of(T1, "memory").as_deref(), Some("256M"));
        assert_eq!((of(T1, "graphics"), of(T1, "uu")), (None, None));
        assert_eq!(of(ODD, "memory").as_deref(), Some("256M"));
        assert_eq!(of(ODD, "disk0_name").as_deref(), Some("a"), "as vm-bhyve reads it");
        assert!(refuse("a#b").is_some() && refuse("$x").is_some() && refuse("a\"").is_some());
        assert_eq!(refuse("1/0/0=6:0"), None);
    }

    #[test]
    fn other_lines_stay() {
        let new = with(T1, "cpu", "4");
        assert_eq!(new, T1.replace("cpu=1", "cpu=\"4\""));
        assert_eq!(without(&new, "cpu"), T1.replace("cpu=1\n", ""));
        assert!(is_key("network0_mac") && !is_key("0a") && !is_key("A") && !is_key("a b"));
    }
}
