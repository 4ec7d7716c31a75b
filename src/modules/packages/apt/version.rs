//! The order of Debian's versions: `[epoch:]upstream[-revision]`.

use std::cmp::Ordering;

/// Which of two versions is later.
pub fn compare(a: &str, b: &str) -> Ordering {
    let ((epoch_a, upstream_a, revision_a), (epoch_b, upstream_b, revision_b)) =
        (split(a), split(b));
    epoch_a
        .cmp(&epoch_b)
        .then_with(|| part(upstream_a, upstream_b))
        .then_with(|| part(revision_a, revision_b))
}

fn split(version: &str) -> (u64, &str, &str) {
    let (epoch, rest) = match version.split_once(':') {
        Some((epoch, rest)) => (epoch.parse().unwrap_or(0), rest),
        None => (0, version),
    };
    let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, "0"));
    (epoch, upstream, revision)
}

/// Compares runs of other characters and runs of digits by turns.
fn part(mut a: &str, mut b: &str) -> Ordering {
    while !a.is_empty() || !b.is_empty() {
        let (text_a, rest_a) = cut(a, |c| !c.is_ascii_digit());
        let (text_b, rest_b) = cut(b, |c| !c.is_ascii_digit());
        let (digits_a, behind_a) = cut(rest_a, |c| c.is_ascii_digit());
        let (digits_b, behind_b) = cut(rest_b, |c| c.is_ascii_digit());
        let order = texts(text_a, text_b).then_with(|| numbers(digits_a, digits_b));
        if order != Ordering::Equal {
            return order;
        }
        (a, b) = (behind_a, behind_b);
    }
    Ordering::Equal
}

fn cut(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

fn numbers(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// `~` stands before the end, the end before letters, letters before all else.
fn texts(a: &str, b: &str) -> Ordering {
    let weight = |c: Option<char>| match c {
        Some('~') => -1,
        None => 0,
        Some(c) if c.is_ascii_alphabetic() => i64::from(u32::from(c)),
        Some(c) => i64::from(u32::from(c)) + 256,
    };
    let (mut a, mut b) = (a.chars(), b.chars());
    loop {
        let (x, y) = (a.next(), b.next());
        let order = weight(x).cmp(&weight(y));
        if order != Ordering::Equal || x.is_none() {
            return order;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_dpkgs() {
        let versions = [
            "0.9~~",
            "0.9~~a",
            "0.9~",
            "0.9",
            "0.9-1",
            "0.9a",
            "0.9+b1",
            "0.10",
            "1.0~rc1-1",
            "1.0-0ubuntu1",
            "1.0-1",
            "1.0-1+b2",
            "1.0-1.1",
            "1.0-10",
            "1.0.1-1",
            "1:0.1",
            "2:0.1",
        ];
        for pair in versions.windows(2) {
            assert_eq!(compare(pair[0], pair[1]), Ordering::Less, "{pair:?}");
            let words = ["--compare-versions", pair[0], "lt", pair[1]];
            let said = std::process::Command::new("dpkg").args(words).status().unwrap();
            assert!(said.success(), "dpkg says otherwise: {pair:?}");
            assert_eq!(compare(pair[1], pair[0]), Ordering::Greater);
        }
        for (a, b) in [("1.0", "1.0-0"), ("0:1", "1"), ("1.01", "1.1"), ("1.0-1", "1.0-01")] {
            assert_eq!(compare(a, b), Ordering::Equal, "{a} {b}");
        }
    }
}
