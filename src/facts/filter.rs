//! `filter`: which facts are returned, by shell patterns.

use crate::base::Map;

/// The facts whose names match one of the patterns; a pattern without `ansible_`, `facter` or `ohai` at its
/// start is tried with `ansible_` too. No pattern, or an empty one: all.
pub fn filter(facts: Map, patterns: &[String]) -> Map {
    if patterns.is_empty() {
        return facts;
    }
    let wanted = |name: &str| patterns.iter().any(|pattern| wants(pattern, name));
    facts.into_iter().filter(|(key, _)| key.as_str().is_some_and(wanted)).collect()
}

fn wants(pattern: &str, name: &str) -> bool {
    let prefixed = ["ansible_", "facter", "ohai"].iter().any(|start| pattern.starts_with(start));
    pattern.is_empty()
        || matches(pattern, name)
        || (!prefixed && matches(&format!("ansible_{pattern}"), name))
}

/// Whether a name matches a pattern as Python's fnmatch has it: `*`, `?`, `[abc]`, `[a-z]`, `[!abc]`.
fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n, mut star) = (0, 0, None);
    loop {
        if pattern.get(p) == Some(&'*') {
            star = Some((p + 1, n));
            p += 1;
            continue;
        }
        if p == pattern.len() && n == name.len() {
            return true;
        }
        let step = name.get(n).and_then(|c| one(&pattern[p..], *c));
        match (step, star) {
            (Some(width), _) => (p, n) = (p + width, n + 1),
            (None, Some((after, from))) if from < name.len() => {
                star = Some((after, from + 1));
                (p, n) = (after, from + 1);
            }
            (None, _) => return false,
        }
    }
}

/// The width of the pattern's first part when it matches the character.
fn one(pattern: &[char], c: char) -> Option<usize> {
    match pattern.first()? {
        '?' => Some(1),
        '[' => match class(pattern) {
            Some(end) => in_class(&pattern[1..end], c).then_some(end + 1),
            None => (c == '[').then_some(1),
        },
        own => (*own == c).then_some(1),
    }
}

/// Where a bracket expression ends; a bracket that comes first is a member.
fn class(pattern: &[char]) -> Option<usize> {
    let first = if pattern.get(1) == Some(&'!') { 3 } else { 2 };
    (first..pattern.len()).find(|at| pattern[*at] == ']')
}

fn in_class(inside: &[char], c: char) -> bool {
    let (negated, mut rest) = match inside {
        ['!', rest @ ..] => (true, rest),
        all => (false, all),
    };
    let mut found = false;
    while let Some(first) = rest.first() {
        if let ['-', last, ..] = rest[1..] {
            found |= (*first..=last).contains(&c);
            rest = &rest[3..];
        } else {
            found |= *first == c;
            rest = &rest[1..];
        }
    }
    found != negated
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Key, Value};

    fn kept(patterns: &[&str]) -> Vec<String> {
        let names = [
            "ansible_kernel",
            "ansible_kernel_version",
            "ansible_arch",
            "facter_x",
            "module_setup",
        ];
        let facts = names.iter().map(|n| (Key::from(*n), Value::from(1))).collect();
        let patterns: Vec<String> = patterns.iter().map(|p| (*p).to_string()).collect();
        filter(facts, &patterns).keys().filter_map(|k| k.as_str().map(str::to_string)).collect()
    }

    #[test]
    fn patterns_choose_names() {
        assert_eq!(kept(&[]).len(), 5);
        assert_eq!(kept(&["*"]).len(), 5);
        assert_eq!(kept(&["ansible_kernel"]), ["ansible_kernel"]);
        assert_eq!(kept(&["kernel*"]), ["ansible_kernel", "ansible_kernel_version"]);
        assert_eq!(kept(&["a*_arch", "facter_?"]), ["ansible_arch", "facter_x"]);
        assert_eq!(kept(&["*_[!a-w]"]), ["facter_x"]);
        assert_eq!(kept(&["module_[st]etup"]), ["module_setup"]);
        assert_eq!(kept(&["nothing"]), Vec::<String>::new());
    }
}
