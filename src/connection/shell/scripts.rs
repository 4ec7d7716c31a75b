//! Our shell texts as they are sent: without comments.

use std::sync::OnceLock;

const PRELUDE: &str = include_str!("prelude.sh");
const SERVE: &str = include_str!("serve.sh");
const CHANGES: &str = include_str!("changes.sh");
const PLACES: &str = include_str!("places.sh");
const PIPE: &str = include_str!("pipe.sh");
const JAIL: &str = include_str!("../jail.sh");

/// What a shell runs first.
pub fn runtime() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| bare(PRELUDE) + &bare(SERVE))
}

/// What it needs before its first change.
pub fn changes() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| bare(CHANGES) + &bare(PLACES))
}

/// What runs a long program on a channel of its own.
pub fn pipe() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| bare(PIPE))
}

/// What enters a jail on its host.
pub fn jail() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| bare(JAIL))
}

/// Without whole-line comments and indentation. Our texts have no here-document and no quoted text in
/// which a line begins so, but for a list of words that may be indented or not.
fn bare(text: &str) -> String {
    let lines = text.lines().map(str::trim_start);
    let kept = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    kept.fold(String::new(), |all, line| all + line + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_not_sent() {
        assert_eq!(bare("# a\n  x # y\n\n  # z\nb\n"), "x # y\nb\n");
        assert!(!runtime().contains("RULES"));
    }
}
