//! ssh's patterns: `*`, `?`, lists with commas and negation.

/// Whether a text matches a pattern of `*` and `?`.
pub fn matches(text: &str, pattern: &str) -> bool {
    let (text, pattern) = (text.as_bytes(), pattern.as_bytes());
    let (mut t, mut p) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if p < pattern.len() && pattern[p] == b'*' {
            star = Some((p, t));
            p += 1;
        } else if p < pattern.len() && (pattern[p] == b'?' || pattern[p] == text[t]) {
            p += 1;
            t += 1;
        } else if let Some((at, from)) = star {
            star = Some((at, from + 1));
            (p, t) = (at + 1, from + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

/// Whether a text matches a list: one pattern matches and no `!` pattern does.
pub fn matches_any<'a>(text: &str, patterns: impl IntoIterator<Item = &'a str>) -> bool {
    let mut found = false;
    for pattern in patterns {
        match pattern.strip_prefix('!') {
            Some(denied) if matches(text, denied) => return false,
            Some(_) => {}
            None => found |= matches(text, pattern),
        }
    }
    found
}

/// The same for a list with commas.
pub fn matches_list(text: &str, list: &str) -> bool {
    matches_any(text, list.split(','))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_ssh() {
        assert!(matches("web1.example.org", "web?.*"));
        assert!(matches("", "*"));
        assert!(!matches("", "?"));
        assert!(matches("aXbXc", "*X*c"));
        assert!(!matches("web10", "web?"));
        assert!(matches_list("a", "*,!b"));
        assert!(!matches_list("b", "*,!b"));
        assert!(!matches_list("a", "!b"));
    }
}
