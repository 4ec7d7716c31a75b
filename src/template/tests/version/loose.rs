//! Versions as distutils' `LooseVersion` reads them.

use num_bigint::BigInt;
use std::cmp::Ordering;

/// A part of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Number(BigInt),
    Text(String),
}

/// Digits are numbers, runs of small letters words, dots nothing; all else stays in one piece.
fn parts(text: &str) -> Vec<Part> {
    let class = |c: char| match c {
        '0'..='9' => 1,
        'a'..='z' => 2,
        '.' => 3,
        _ => 4,
    };
    let mut pieces: Vec<(u8, String)> = Vec::new();
    for c in text.chars() {
        match pieces.last_mut() {
            Some((kind, piece)) if *kind == class(c) && *kind != 3 => piece.push(c),
            _ => pieces.push((class(c), c.to_string())),
        }
    }
    let part = |(kind, piece): (u8, String)| match (kind, piece.parse()) {
        (3, _) => None,
        (1, Ok(number)) => Some(Part::Number(number)),
        _ => Some(Part::Text(piece)),
    };
    pieces.into_iter().filter_map(part).collect()
}

/// How two versions compare.
///
/// # Errors
/// A number against a word, as in Python.
pub fn compare(a: &str, b: &str) -> Result<Ordering, String> {
    let (a, b) = (parts(a), parts(b));
    for (x, y) in a.iter().zip(&b) {
        let order = match (x, y) {
            (Part::Number(x), Part::Number(y)) => x.cmp(y),
            (Part::Text(x), Part::Text(y)) => x.cmp(y),
            (x, y) => {
                let name =
                    |part: &Part| if matches!(part, Part::Number(_)) { "int" } else { "str" };
                return Err(format!(
                    "'<' not supported between instances of '{}' and '{}'",
                    name(x),
                    name(y)
                ));
            }
        };
        if order != Ordering::Equal {
            return Ok(order);
        }
    }
    Ok(a.len().cmp(&b.len()))
}
