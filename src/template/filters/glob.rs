//! Shell patterns as Python's fnmatch and glob read them.

use std::path::Path;

/// Whether a name matches `*`, `?`, `[...]` and `[!...]`.
pub fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    match_from(&pattern, &name)
}

fn match_from(pattern: &[char], name: &[char]) -> bool {
    let (mut p, mut n) = (0, 0);
    // Where to go on when the rest does not match: behind the last star, one character later.
    let mut retry: Option<(usize, usize)> = None;
    while n < name.len() {
        match step(&pattern[p..], name[n]) {
            Step::Star => {
                retry = Some((p + 1, n));
                p += 1;
            }
            Step::Matches(width) => {
                p += width;
                n += 1;
            }
            Step::Fails => match retry {
                None => return false,
                Some((after, from)) => {
                    retry = Some((after, from + 1));
                    (p, n) = (after, from + 1);
                }
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

enum Step {
    Star,
    Matches(usize),
    Fails,
}

fn step(pattern: &[char], c: char) -> Step {
    match pattern.first() {
        Some('*') => Step::Star,
        Some('?') => Step::Matches(1),
        Some('[') => match class(pattern) {
            Some((inside, width)) => {
                if class_has(inside, c) {
                    Step::Matches(width)
                } else {
                    Step::Fails
                }
            }
            None if c == '[' => Step::Matches(1),
            None => Step::Fails,
        },
        Some(own) if *own == c => Step::Matches(1),
        _ => Step::Fails,
    }
}

/// The inside of a bracket expression and its whole width; None when it is not closed.
fn class(pattern: &[char]) -> Option<(&[char], usize)> {
    let first = if pattern.get(1) == Some(&'!') { 2 } else { 1 };
    // A bracket that comes first is a member.
    let end = pattern.iter().skip(first + 1).position(|c| *c == ']')? + first + 1;
    Some((&pattern[1..end], end + 1))
}

fn class_has(inside: &[char], c: char) -> bool {
    let (negated, members) = match inside {
        ['!', rest @ ..] => (true, rest),
        all => (false, all),
    };
    let mut found = false;
    let mut rest = members;
    while let Some((first, tail)) = rest.split_first() {
        rest = match tail {
            ['-', last, tail @ ..] => {
                found |= (*first..=*last).contains(&c);
                tail
            }
            tail => {
                found |= *first == c;
                tail
            }
        };
    }
    found != negated
}

/// Whether a text has a character that makes it a pattern.
pub fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// The existing paths that a pattern matches, sorted; hidden names only for patterns with a dot.
pub fn paths(pattern: &str) -> Vec<String> {
    let mut found = vec![if pattern.starts_with('/') { "/".to_string() } else { String::new() }];
    let parts: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty()).collect();
    for part in &parts {
        found = found.iter().flat_map(|base| inside(base, part)).collect();
    }
    if parts.is_empty() || pattern.ends_with('/') {
        found.retain(|path| Path::new(path).is_dir());
    }
    found.sort();
    found
}

/// The paths in one directory whose name matches.
fn inside(base: &str, part: &str) -> Vec<String> {
    let joined = |name: &str| match base {
        "" => name.to_string(),
        base if base.ends_with('/') => format!("{base}{name}"),
        base => format!("{base}/{name}"),
    };
    if !is_pattern(part) {
        let path = joined(part);
        return std::fs::symlink_metadata(&path).map(|_| vec![path]).unwrap_or_default();
    }
    let directory = if base.is_empty() { "." } else { base };
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let visible = |name: &String| part.starts_with('.') || !name.starts_with('.');
    names.filter(visible).filter(|name| matches(part, name)).map(|name| joined(&name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_as_a_shell_does() {
        for (pattern, name, expected) in [
            ("*.conf", "a.conf", true),
            ("*.conf", "a.confx", false),
            ("a*b*c", "aXbYbc", true),
            ("?", "", false),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[]]", "]", true),
            ("[", "[", true),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn finds_paths() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.txt", "a.txt", ".hidden.txt", "c.rs"] {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        let base = dir.path().to_str().unwrap();
        assert_eq!(
            paths(&format!("{base}/*.txt")),
            [format!("{base}/a.txt"), format!("{base}/b.txt")]
        );
        assert!(paths(&format!("{base}/none/*")).is_empty());
    }
}
