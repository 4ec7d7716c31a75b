//! Host names with ports, as inventories and patterns write them.

use std::net::{Ipv4Addr, Ipv6Addr};

/// A host name, which may have ranges, and its port; None when the text is no such thing.
pub(super) fn parse(text: &str) -> Option<(&str, Option<u32>)> {
    let mut address = text;
    let mut port = None;
    for split in [bracketed_port, plain_port] {
        if let Some((host, number)) = split(address) {
            address = host;
            port = Some(number.parse().ok()?);
        }
    }
    (is_host_name(address) || is_ipv6(address)).then_some((address, port))
}

/// Whether the text is an IPv4 or IPv6 address: such a host's short name is its whole name.
pub(super) fn is_ip(text: &str) -> bool {
    let part = |part: &str| {
        (1..=3).contains(&part.len())
            && part.bytes().all(|b| b.is_ascii_digit())
            && part.parse::<u16>().is_ok_and(|n| n < 256)
    };
    let parts: Vec<&str> = text.split('.').collect();
    text.parse::<Ipv4Addr>().is_ok()
        || (parts.len() == 4 && parts.into_iter().all(part))
        || text.parse::<Ipv6Addr>().is_ok()
}

/// `[host]:port`.
fn bracketed_port(text: &str) -> Option<(&str, &str)> {
    let (host, port) = text.strip_prefix('[')?.rsplit_once("]:")?;
    (!host.is_empty() && is_number(port)).then_some((host, port))
}

/// `host:port`, where colons of the host are in ranges only.
fn plain_port(text: &str) -> Option<(&str, &str)> {
    let (host, port) = text.rsplit_once(':')?;
    if !is_number(port) {
        return None;
    }
    let mut rest = host;
    while let Some(at) = rest.find([':', '[', ']']) {
        let inside = rest[at..].strip_prefix('[')?;
        rest = &inside[inside.find(']')? + 1..];
    }
    Some((host, port))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Labels of word characters, hyphens and ranges; IPv4 addresses look the same.
fn is_host_name(text: &str) -> bool {
    !text.is_empty() && text.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let mut rest = label;
    let mut last = '-';
    while let Some(c) = rest.chars().next() {
        if c == '[' {
            let Some((range, after)) = rest[1..].split_once(']') else { return false };
            if !is_range(range, |end| is_number(end) || is_letter(end)) {
                return false;
            }
            (rest, last) = (after, ']');
            continue;
        }
        let good = c.is_alphanumeric() || c == '_' || (c == '-' && rest.len() < label.len());
        if !good {
            return false;
        }
        (rest, last) = (&rest[c.len_utf8()..], c);
    }
    !matches!(last, '-' | '_')
}

fn is_letter(text: &str) -> bool {
    text.len() == 1 && text.bytes().all(|b| b.is_ascii_alphabetic())
}

/// `begin:end` or `begin:end:step`, with both ends of one kind.
fn is_range(range: &str, is_end: impl Fn(&str) -> bool) -> bool {
    let parts: Vec<&str> = range.split(':').collect();
    let kinds = |a: &str, b: &str| is_end(a) && is_end(b) && is_letter(a) == is_letter(b);
    match parts[..] {
        [begin, end] => kinds(begin, end),
        [begin, end, step] => kinds(begin, end) && is_number(step),
        _ => false,
    }
}

/// An IPv6 address, in which a group may be a range of hexadecimal numbers.
fn is_ipv6(text: &str) -> bool {
    let hex = |end: &str| !end.is_empty() && end.bytes().all(|b| b.is_ascii_hexdigit());
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, range)) = rest.split_once('[') {
        let Some((range, after)) = range.split_once(']') else { return false };
        let parts: Vec<&str> = range.split(':').collect();
        let good = match parts[..] {
            [begin, end] => hex(begin) && hex(end),
            [begin, end, step] => hex(begin) && hex(end) && is_number(step),
            _ => false,
        };
        if !good || !(before.is_empty() || before.ends_with([':', '.'])) {
            return false;
        }
        plain.push_str(before);
        plain.push('0');
        rest = after;
    }
    plain.push_str(rest);
    plain.parse::<Ipv6Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn names_ports_and_ranges() {
        let cases = [
            ("web", Some(("web", None))),
            ("web:22", Some(("web", Some(22)))),
            ("10.0.0.1:2222", Some(("10.0.0.1", Some(2222)))),
            ("db-[a:c]:5309", Some(("db-[a:c]", Some(5309)))),
            ("web[01:03:2].ex", Some(("web[01:03:2].ex", None))),
            ("[::1]:22", Some(("::1", Some(22)))),
            ("fe80::[1:a]", Some(("fe80::[1:a]", None))),
            ("::1", Some(("::1", None))),
            ("[host]:22", Some(("host", Some(22)))),
            ("a_b", Some(("a_b", None))),
            ("a-", None),
            ("-a", None),
            ("a_", None),
            ("a:b", None),
            ("a:", None),
            ("a..b", None),
            ("a[1:b]", None),
            ("g[1]", None),
            ("g[1:]", None),
            ("web*", None),
            ("/path", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(parse(text), wanted, "{text}");
        }
    }
}
