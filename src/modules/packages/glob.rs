//! Patterns as Python's `fnmatch` reads them: `*`, `?`, `[abc]`, `[a-z]`, `[!abc]`.

/// Whether a text has characters that make it a pattern.
pub fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[', ']', '!'])
}

/// The characters in front of a pattern's first special one.
pub fn literal_start(pattern: &str) -> &str {
    pattern.split(['*', '?', '[', ']', '!']).next().unwrap_or("")
}

/// Whether the whole text matches.
pub fn matches(text: &str, pattern: &str) -> bool {
    let (text, pattern): (Vec<char>, Vec<char>) =
        (text.chars().collect(), pattern.chars().collect());
    run(&text, &pattern)
}

/// One pass with a way back to the latest star: time grows with the product of both lengths at worst.
fn run(text: &[char], pattern: &[char]) -> bool {
    let (mut at, mut next) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while at < text.len() {
        if pattern.get(next) == Some(&'*') {
            star = Some((at, next + 1));
            next += 1;
            continue;
        }
        if let Some(after) = one(text[at], pattern, next) {
            (at, next) = (at + 1, after);
            continue;
        }
        let Some((from, behind)) = star else { return false };
        star = Some((from + 1, behind));
        (at, next) = (from + 1, behind);
    }
    pattern[next..].iter().all(|c| *c == '*')
}

/// Where the pattern goes on when its next part matches this character.
fn one(c: char, pattern: &[char], at: usize) -> Option<usize> {
    match pattern.get(at)? {
        '?' => Some(at + 1),
        '[' => match close(pattern, at) {
            Some(end) => in_set(c, &pattern[at + 1..end]).then_some(end + 1),
            None => (c == '[').then_some(at + 1),
        },
        other => (*other == c).then_some(at + 1),
    }
}

/// The bracket that ends a set; one right at its start belongs to it.
fn close(pattern: &[char], at: usize) -> Option<usize> {
    let mut end = at + 1;
    if pattern.get(end) == Some(&'!') {
        end += 1;
    }
    if pattern.get(end) == Some(&']') {
        end += 1;
    }
    pattern[end.min(pattern.len())..].iter().position(|c| *c == ']').map(|n| end + n)
}

fn in_set(c: char, set: &[char]) -> bool {
    let (negated, mut set) = match set {
        ['!', rest @ ..] => (true, rest),
        _ => (false, set),
    };
    let mut found = false;
    while let [first, rest @ ..] = set {
        if let ['-', last, behind @ ..] = rest {
            found |= (*first..=*last).contains(&c);
            set = behind;
        } else {
            found |= *first == c;
            set = rest;
        }
    }
    found != negated
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_pythons() {
        let table = [
            ("1.0-1", "1.0*", true),
            ("1.0-1", "1.0", false),
            ("apt", "apt*", true),
            ("libapt", "apt*", false),
            ("python3.11", "python3.1?", true),
            ("python3.11", "python3.[0-9]*", true),
            ("lib-b", "lib[!a-c]b", true),
            ("lib-b", "lib[a-c-]b", true),
            ("a]b", "a[]]b", true),
            ("a[b", "a[b", true),
            ("aXbXc", "a*b*c", true),
            ("aXbX", "a*b*c", false),
            ("", "*", true),
            ("", "?", false),
        ];
        for (text, pattern, wanted) in table {
            assert_eq!(matches(text, pattern), wanted, "{text} {pattern}");
        }
        assert!(is_pattern("a[") && !is_pattern("g++"));
        assert_eq!(literal_start("lib*-dev"), "lib");
    }
}
