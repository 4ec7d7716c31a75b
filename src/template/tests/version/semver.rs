//! Semantic Versioning 2.0.0.

use std::cmp::Ordering;

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Identifier<'a> {
    Number(u64),
    Text(&'a str),
}

struct Version<'a> {
    core: [u64; 3],
    before: Vec<Identifier<'a>>,
}

fn number(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (plain && (text.len() == 1 || !text.starts_with('0'))).then(|| text.parse().ok())?
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn identifier(text: &str) -> Option<Identifier<'_>> {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        number(text).map(Identifier::Number)
    } else {
        is_word(text).then_some(Identifier::Text(text))
    }
}

fn read(text: &str) -> Option<Version<'_>> {
    let (rest, build) = text.split_once('+').map_or((text, None), |(r, b)| (r, Some(b)));
    if !build.is_none_or(|build| build.split('.').all(is_word)) {
        return None;
    }
    let (core, before) = rest.split_once('-').map_or((rest, None), |(c, b)| (c, Some(b)));
    let core: Vec<u64> = core.split('.').map(number).collect::<Option<_>>()?;
    let before = match before {
        Some(before) => before.split('.').map(identifier).collect::<Option<_>>()?,
        None => Vec::new(),
    };
    Some(Version { core: core.try_into().ok()?, before })
}

/// How two versions compare; build data does not count.
pub fn compare(a: &str, b: &str) -> Result<Ordering, String> {
    let invalid = |text: &str| format!("invalid semantic version '{text}'");
    let x = read(a).ok_or_else(|| invalid(a))?;
    let y = read(b).ok_or_else(|| invalid(b))?;
    let before = match (x.before.is_empty(), y.before.is_empty()) {
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        _ => x.before.cmp(&y.before),
    };
    Ok(x.core.cmp(&y.core).then(before))
}
