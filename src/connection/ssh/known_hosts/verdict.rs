//! Whether an offered key is the host's, as OpenSSH decides it.

use super::file::Entry;
use super::line::Marker;
use russh::keys::ssh_key::public::KeyData;

/// What the files say about a key.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It is the host's.
    Known,
    /// The host is known by other keys only; the last of them.
    Changed(Entry),
    /// It is revoked.
    Revoked(Entry),
    /// Nothing is known about the host.
    New,
}

/// Judges a plain key.
pub fn plain(entries: &[Entry], key: &KeyData) -> Verdict {
    if let Some(entry) = revoked(entries, key) {
        return Verdict::Revoked(entry);
    }
    let mut own = entries.iter().filter(|entry| entry.marker == Marker::Plain);
    if own.clone().any(|entry| entry.key.key_data() == key) {
        return Verdict::Known;
    }
    own.next_back().map_or(Verdict::New, |entry| Verdict::Changed(entry.clone()))
}

/// The line that revokes a key.
pub fn revoked(entries: &[Entry], key: &KeyData) -> Option<Entry> {
    let mut revoked = entries.iter().filter(|entry| entry.marker == Marker::Revoked);
    revoked.find(|entry| entry.key.key_data() == key).cloned()
}

/// Whether an authority for the host has this key.
pub fn trusts(entries: &[Entry], authority: &KeyData) -> bool {
    let mut authorities = entries.iter().filter(|entry| entry.marker == Marker::Authority);
    authorities.any(|entry| entry.key.key_data() == authority)
}
