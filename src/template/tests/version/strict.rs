//! Versions as distutils' `StrictVersion` reads them: two or three numbers and `a1` or `b1`.

use std::cmp::Ordering;

type Version = ([u64; 3], Option<(char, u64)>);

fn read(text: &str) -> Result<Version, String> {
    let invalid = || format!("invalid version number '{text}'");
    let (numbers, suffix) = text.split_at(text.find(['a', 'b']).unwrap_or(text.len()));
    let number = |digits: &str| {
        if digits.bytes().all(|b| b.is_ascii_digit()) {
            digits.parse::<u64>().map_err(|_| invalid())
        } else {
            Err(invalid())
        }
    };
    let found: Vec<u64> = numbers.split('.').map(number).collect::<Result<_, _>>()?;
    let version = match found.as_slice() {
        [major, minor] => [*major, *minor, 0],
        [major, minor, patch] => [*major, *minor, *patch],
        _ => return Err(invalid()),
    };
    let mut chars = suffix.chars();
    let before = match chars.next() {
        Some(letter) => Some((letter, number(chars.as_str())?)),
        None => None,
    };
    Ok((version, before))
}

/// How two versions compare; `a` and `b` ones come before the plain one.
pub fn compare(a: &str, b: &str) -> Result<Ordering, String> {
    let ((a, before_a), (b, before_b)) = (read(a)?, read(b)?);
    let suffix = match (before_a, before_b) {
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (x, y) => x.cmp(&y),
    };
    Ok(a.cmp(&b).then(suffix))
}
