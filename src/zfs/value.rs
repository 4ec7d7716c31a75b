//! Values of properties by their meaning: sizes in bytes, other words for the same thing.

use super::property::{self, Kind};

/// What `filesystem_limit=none` reads as with `-p`.
const NO_LIMIT: &str = "18446744073709551615";

/// Bytes of a size as ZFS reads it: digits, perhaps a fraction, a unit of `B K M G T P E Z` (powers of 1024) that may be
/// followed by `B` or `iB`.
#[must_use]
pub fn bytes(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.to_ascii_uppercase();
    let letter = unit.chars().next().unwrap_or('B');
    let rest = unit.get(1..).unwrap_or_default();
    let known = rest.is_empty() || (letter != 'B' && matches!(rest, "B" | "IB"));
    let power = "BKMGTPEZ".find(letter).filter(|_| known)?;
    if power == 7 {
        // A whole ZiB is more than a size can be.
        return None;
    }
    let factor = 1_u64 << (10 * power);
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(factor);
    }
    let fraction: f64 = number.parse().ok()?;
    let value = fraction * factor as f64;
    (fraction.is_finite() && value < u64::MAX as f64).then_some(value as u64)
}

/// A size for people: the largest unit that it is a whole number of.
#[must_use]
pub fn human(bytes: u64) -> String {
    for (power, unit) in [(60, 'E'), (50, 'P'), (40, 'T'), (30, 'G'), (20, 'M'), (10, 'K')] {
        if bytes != 0 && bytes.is_multiple_of(1_u64 << power) {
            return format!("{}{unit}", bytes >> power);
        }
    }
    bytes.to_string()
}

/// Whether two values of a property mean the same. `current` is what `zfs get -p` printed; `-` is no value.
#[must_use]
pub fn same(name: &str, wanted: &str, current: &str) -> bool {
    if wanted == current {
        return true;
    }
    match property::kind(name) {
        Kind::Size => size(wanted).is_some_and(|wanted| size(current) == Some(wanted)),
        Kind::Count => count(wanted).is_some_and(|wanted| count(current) == Some(wanted)),
        Kind::Path => path(wanted) == path(current),
        Kind::Word => words_agree(name, wanted, current),
        Kind::Text => false,
    }
}

/// Bytes; `none` is 0.
fn size(text: &str) -> Option<u64> {
    if text == "none" { Some(0) } else { bytes(text) }
}

/// A number; inner None: there is no limit.
fn count(text: &str) -> Option<Option<u64>> {
    match text {
        "none" | NO_LIMIT => Some(None),
        _ => bytes(text).map(Some),
    }
}

/// A path without what does not matter in it.
fn path(text: &str) -> String {
    let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty()).collect();
    let root = if text.starts_with('/') { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}

fn words_agree(name: &str, wanted: &str, current: &str) -> bool {
    let (wanted, current) = (wanted.to_ascii_lowercase(), current.to_ascii_lowercase());
    if wanted == current {
        return true;
    }
    match name {
        // `on` is the algorithm that the host's version has chosen.
        "encryption" => wanted == "on" && current.starts_with("aes-"),
        // What `on` means differs between versions; either way it reads back as one of these.
        "xattr" => (wanted == "on") != (current == "on") && wanted != "off" && current != "off",
        _ => usual(name, &wanted) == usual(name, &current),
    }
}

/// The name that a value reads back as.
fn usual<'a>(name: &str, value: &'a str) -> &'a str {
    match (name, value) {
        ("compression", "gzip-6") => "gzip",
        ("compression", "zstd-3") => "zstd",
        ("compression", "zstd-fast-1") => "zstd-fast",
        ("acltype", "posixacl") => "posix",
        ("acltype", "noacl") => "off",
        ("volmode", "geom") => "full",
        ("defer_destroy", "yes") => "on",
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_zfs_reads_them() {
        for (text, wanted) in [
            ("0", Some(0)),
            ("512", Some(512)),
            ("512B", Some(512)),
            ("1k", Some(1024)),
            ("64K", Some(65_536)),
            ("1G", Some(1 << 30)),
            ("1GB", Some(1 << 30)),
            ("1GiB", Some(1 << 30)),
            ("1.5T", Some(3 << 39)),
            ("15E", Some(15 << 60)),
            ("18446744073709551615", Some(u64::MAX)),
            ("16E", None),
            ("1Z", None),
            ("1X", None),
            ("1Gi", None),
            ("1BB", None),
            ("-1", None),
            ("", None),
            ("G", None),
            ("1.2.3G", None),
            ("none", None),
        ] {
            assert_eq!(bytes(text), wanted, "{text:?}");
        }
        assert_eq!(human(1 << 30), "1G");
        assert_eq!(human(1536 << 20), "1536M");
        assert_eq!((human(0).as_str(), human(1000).as_str()), ("0", "1000"));
    }

    #[test]
    fn values_are_compared_by_meaning() {
        for (name, wanted, current) in [
            ("quota", "1G", "1073741824"),
            ("quota", "none", "0"),
            ("refreservation", "0", "none"),
            ("recordsize", "128k", "131072"),
            ("volsize", "1024K", "1048576"),
            ("userquota@bob", "1.5G", "1610612736"),
            ("filesystem_limit", "none", "18446744073709551615"),
            ("snapshot_limit", "1K", "1024"),
            ("compression", "gzip-6", "gzip"),
            ("compression", "zstd", "zstd-3"),
            ("mountpoint", "/srv/data/", "/srv//data"),
            ("mountpoint", "/", "/"),
            ("encryption", "on", "aes-256-gcm"),
            ("acltype", "posixacl", "posix"),
            ("normalization", "formC", "formc"),
            ("xattr", "on", "sa"),
            ("xattr", "dir", "on"),
            ("volmode", "geom", "full"),
            ("copies", "2", "2"),
            ("a:b", "1G", "1G"),
        ] {
            assert!(same(name, wanted, current), "{name}: {wanted} and {current}");
        }
    }

    #[test]
    fn what_only_looks_alike_differs() {
        for (name, wanted, current) in [
            ("quota", "1G", "1000000000"),
            ("quota", "junk", "0"),
            ("filesystem_limit", "0", "18446744073709551615"),
            ("compression", "on", "lz4"),
            ("compression", "gzip-9", "gzip"),
            ("mountpoint", "none", "/none"),
            ("mountpoint", "/", "none"),
            ("encryption", "on", "off"),
            ("encryption", "aes-256-ccm", "aes-256-gcm"),
            ("xattr", "sa", "dir"),
            ("xattr", "on", "off"),
            ("a:b", "1G", "1073741824"),
            ("a:b", "On", "on"),
            ("sharenfs", "on", "-"),
        ] {
            assert!(!same(name, wanted, current), "{name}: {wanted} and {current}");
        }
    }
}
