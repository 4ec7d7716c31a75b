//! Quoting for POSIX shells and csh login shells.

/// One shell word that stands for exactly these bytes, in every POSIX shell. NUL cannot be quoted and is dropped.
pub fn sh(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@%_-+=:,./".contains(c);
    let word = word.replace('\0', "");
    if !word.is_empty() && word.chars().all(plain) {
        return word;
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Words as one command line.
pub fn words<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> String {
    let quoted: Vec<String> = words.into_iter().map(|w| sh(w.as_ref())).collect();
    quoted.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_what_a_shell_would_read() {
        assert_eq!(sh("a-b_c/d.e"), "a-b_c/d.e");
        assert_eq!(sh(""), "''");
        assert_eq!(sh("it's $x"), "'it'\\''s $x'");
        assert_eq!(words(["ls", "a b"]), "ls 'a b'");
    }
}
