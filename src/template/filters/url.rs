//! The parts of a URL, as Python's urlsplit finds them.

use std::fmt::Write as _;

/// A URL in parts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Url<'a> {
    /// In small letters; empty when there is none.
    pub scheme: String,
    /// User, host and port.
    pub netloc: &'a str,
    /// The path.
    pub path: &'a str,
    /// Behind the question mark.
    pub query: &'a str,
    /// Behind the number sign.
    pub fragment: &'a str,
}

/// Cuts a URL into its parts.
///
/// # Errors
/// Brackets that do not match.
pub fn split(text: &str) -> Result<Url<'_>, String> {
    let text = text.trim_start_matches(|c: char| c <= ' ');
    let (scheme, rest) = match text.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => (scheme.to_ascii_lowercase(), rest),
        _ => (String::new(), text),
    };
    let mut url = Url { scheme, ..Url::default() };
    let mut rest = rest;
    if let Some(tail) = rest.strip_prefix("//") {
        let end = tail.find(['/', '?', '#']).unwrap_or(tail.len());
        (url.netloc, rest) = tail.split_at(end);
        if url.netloc.contains('[') != url.netloc.contains(']') {
            return Err("Invalid IPv6 URL".into());
        }
    }
    if let Some((before, fragment)) = rest.split_once('#') {
        (rest, url.fragment) = (before, fragment);
    }
    if let Some((before, query)) = rest.split_once('?') {
        (rest, url.query) = (before, query);
    }
    url.path = rest;
    Ok(url)
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

impl<'a> Url<'a> {
    fn user(&self) -> Option<(&'a str, Option<&'a str>)> {
        let (user, _) = self.netloc.rsplit_once('@')?;
        Some(match user.split_once(':') {
            Some((name, password)) => (name, Some(password)),
            None => (user, None),
        })
    }

    /// The user's name.
    pub fn username(&self) -> Option<&'a str> {
        self.user().map(|(name, _)| name)
    }

    /// The user's password.
    pub fn password(&self) -> Option<&'a str> {
        self.user().and_then(|(_, password)| password)
    }

    /// Host and port as written.
    fn place(&self) -> (&'a str, &'a str) {
        let place = self.netloc.rsplit_once('@').map_or(self.netloc, |(_, place)| place);
        if let Some((_, inner)) = place.split_once('[') {
            let (host, port) = inner.split_once(']').unwrap_or((inner, ""));
            return (host, port.strip_prefix(':').unwrap_or(""));
        }
        place.split_once(':').unwrap_or((place, ""))
    }

    /// The host in small letters; an address zone keeps its case.
    pub fn hostname(&self) -> Option<String> {
        let (host, _) = self.place();
        let (name, zone) = host.split_once('%').map_or((host, None), |(n, z)| (n, Some(z)));
        let zone = zone.map(|zone| format!("%{zone}")).unwrap_or_default();
        (!host.is_empty()).then(|| name.to_lowercase() + &zone)
    }

    /// The port.
    ///
    /// # Errors
    /// What is no number up to 65535.
    pub fn port(&self) -> Result<Option<i64>, String> {
        let (_, port) = self.place();
        if port.is_empty() {
            return Ok(None);
        }
        if !port.bytes().all(|b| b.is_ascii_digit()) {
            return Err(format!("Port could not be cast to integer value as '{port}'"));
        }
        match port.parse::<i64>() {
            Ok(number) if number <= 65535 => Ok(Some(number)),
            _ => Err("Port out of range 0-65535".into()),
        }
    }
}

/// Percent-encodes all but letters, digits, `_.-~` and the `safe` ones.
pub fn quote(text: &str, safe: &str) -> String {
    let plain =
        |b: u8| b.is_ascii_alphanumeric() || b"_.-~".contains(&b) || safe.as_bytes().contains(&b);
    let mut out = String::new();
    for byte in text.bytes() {
        if plain(byte) {
            out.push(char::from(byte))
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Decodes percent signs, and pluses as blanks.
pub fn unquote_plus(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        let code = code.filter(|c| c.bytes().all(|b| b.is_ascii_hexdigit()));
        let (byte, width) = match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => (byte, 3),
            None if bytes[at] == b'+' => (b' ', 1),
            None => (bytes[at], 1),
        };
        out.push(byte);
        at += width;
    }
    String::from_utf8_lossy(&out).into_owned()
}
