//! One line of a `known_hosts` file.

use super::super::config::pattern;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use russh::keys::PublicKey;
use sha1::Sha1;

/// What a line says about its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// The host's own key.
    Plain,
    /// The key of an authority that signs host keys.
    Authority,
    /// Never to be accepted.
    Revoked,
}

/// The fields of a line; the key is still text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    pub marker: Marker,
    pub hosts: &'a str,
    key: &'a str,
}

impl<'a> Line<'a> {
    /// None for blank lines, comments, unknown markers and lines without a key.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim_matches([' ', '\t', '\r']);
        if text.is_empty() || text.starts_with('#') {
            return None;
        }
        let (marker, rest) = match text.split_once([' ', '\t']) {
            Some(("@cert-authority", rest)) => (Marker::Authority, rest),
            Some(("@revoked", rest)) => (Marker::Revoked, rest),
            _ if text.starts_with('@') => return None,
            _ => (Marker::Plain, text),
        };
        let (hosts, key) = rest.trim_start_matches([' ', '\t']).split_once([' ', '\t'])?;
        Some(Self { marker, hosts, key })
    }

    /// Whether it is about this name (lower case, with the port in its form `[name]:port`).
    pub(super) fn names(&self, name: &str) -> bool {
        match self.hosts.strip_prefix("|1|") {
            Some(hashed) => hashed_is(hashed, name).unwrap_or(false),
            None => pattern::matches_list(name, &self.hosts.to_lowercase()),
        }
    }

    /// Its key without comment; None if it is of no kind that we know.
    pub(super) fn key(&self) -> Option<PublicKey> {
        let mut fields = self.key.split([' ', '\t']).filter(|field| !field.is_empty());
        let text = format!("{} {}", fields.next()?, fields.next()?);
        PublicKey::from_openssh(&text).ok()
    }
}

fn hashed_is(hashed: &str, name: &str) -> Option<bool> {
    let (salt, hash) = hashed.split_once('|')?;
    let (salt, hash) = (STANDARD.decode(salt).ok()?, STANDARD.decode(hash).ok()?);
    let mut mac = Hmac::<Sha1>::new_from_slice(&salt).ok()?;
    mac.update(name.as_bytes());
    Some(mac.verify_slice(&hash).is_ok())
}

/// A name as `HashKnownHosts` writes it.
pub(super) fn hashed(name: &str) -> Option<String> {
    let mut salt = [0u8; 20];
    getrandom::fill(&mut salt).ok()?;
    let mut mac = Hmac::<Sha1>::new_from_slice(&salt).ok()?;
    mac.update(name.as_bytes());
    let hash = mac.finalize().into_bytes();
    Some(format!("|1|{}|{}", STANDARD.encode(salt), STANDARD.encode(hash)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti";

    #[test]
    fn fields_may_be_parted_by_tabs_and_have_comments() {
        let text = format!("\t@revoked\ta,b\t{KEY} a comment\r");
        let line = Line::parse(&text).unwrap();
        assert_eq!((line.marker, line.hosts), (Marker::Revoked, "a,b"));
        assert!(line.key().is_some());
        assert!(Line::parse("# a ssh-ed25519 AAAA").is_none());
        assert!(Line::parse("@other a ssh-ed25519 AAAA").is_none());
        assert!(Line::parse("a 1024 35 123").unwrap().key().is_none());
    }

    #[test]
    fn names_are_patterns_or_hashes() {
        let text = format!("[*.Example.org]:2222,!bad {KEY}");
        let line = Line::parse(&text).unwrap();
        assert!(line.names("[a.example.org]:2222"));
        assert!(!line.names("a.example.org"));
        let text = format!("{} {KEY}", hashed("[h]:22").unwrap());
        let line = Line::parse(&text).unwrap();
        assert!(line.names("[h]:22") && !line.names("h"));
    }
}
