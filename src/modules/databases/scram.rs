//! Passwords as PostgreSQL keeps them.

use crate::spec::Failure;
use crate::spec::input::hex;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// Rounds of a new verifier, as PostgreSQL makes them.
const ROUNDS: u32 = 4096;
/// Rounds above this are a host's attempt to keep us busy.
const MOST: u32 = 10_000_000;
const SCRAM: &str = "SCRAM-SHA-256$";

/// Whether a text is what PostgreSQL keeps, not a password.
pub fn is_kept(text: &str) -> bool {
    let md5 = text.strip_prefix("md5").is_some_and(|rest| {
        rest.len() == 32 && rest.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'))
    });
    md5 || parts(text).is_some()
}

/// Rounds, salt, stored key, server key.
fn parts(kept: &str) -> Option<(u32, Vec<u8>, Vec<u8>, Vec<u8>)> {
    let (head, keys) = kept.strip_prefix(SCRAM)?.split_once('$')?;
    let (rounds, salt) = head.split_once(':')?;
    let (stored, server) = keys.split_once(':')?;
    let bytes = |text: &str| STANDARD.decode(text).ok();
    let rounds = rounds.parse().ok().filter(|rounds| (1..=MOST).contains(rounds))?;
    Some((rounds, bytes(salt)?, bytes(stored)?, bytes(server)?))
}

fn mac(key: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(text);
    Some(mac.finalize().into_bytes().to_vec())
}

/// Stored key and server key.
fn keys(password: &str, salt: &[u8], rounds: u32) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut salted = Zeroizing::new([0_u8; 32]);
    pbkdf2::pbkdf2_hmac::<Sha256>(password.as_bytes(), salt, rounds, salted.as_mut_slice());
    let client = Zeroizing::new(mac(salted.as_slice(), b"Client Key")?);
    Some((Sha256::digest(client.as_slice()).to_vec(), mac(salted.as_slice(), b"Server Key")?))
}

fn md5(role: &str, password: &str) -> String {
    format!("md5{}", hex(&Md5::digest(format!("{password}{role}"))))
}

/// Whether what is kept of a role is this password (or this very text).
pub fn matches(kept: &str, role: &str, password: &str) -> bool {
    if kept == password || is_kept(password) {
        return kept == password;
    }
    match parts(kept) {
        Some((rounds, salt, stored, server)) => {
            keys(password, &salt, rounds) == Some((stored, server))
        }
        None => kept == md5(role, password),
    }
}

/// What PostgreSQL is to keep: made here, so that the password itself is in no statement and no log.
///
/// # Errors
/// There is no randomness.
pub fn keep(role: &str, password: &str, method: &str) -> Result<String, Failure> {
    if is_kept(password) {
        return Ok(password.to_string());
    }
    if method == "md5" {
        return Ok(md5(role, password));
    }
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|e| Failure::new(format!("no random bytes: {e}")))?;
    let keys = keys(password, &salt, ROUNDS);
    let (stored, server) = keys.ok_or_else(|| Failure::new("no key was made"))?;
    let [salt, stored, server] = [&salt[..], &stored, &server].map(|b| STANDARD.encode(b));
    Ok(format!("{SCRAM}{ROUNDS}:{salt}${stored}:{server}"))
}

#[cfg(test)]
mod unit {
    use super::*;

    /// RFC 7677's example: user `user`, password `pencil`.
    const RFC: &str = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

    #[test]
    fn the_standards_example_holds() {
        assert!(matches(RFC, "user", "pencil"));
        assert!(!matches(RFC, "user", "pencil "));
        assert!(matches(RFC, "user", RFC) && is_kept(RFC));
    }

    #[test]
    fn what_is_made_is_recognised() {
        for method in ["scram-sha-256", "md5"] {
            let kept = keep("bob", "s3cret", method).unwrap();
            assert!(matches(&kept, "bob", "s3cret") && !matches(&kept, "bob", "other"), "{kept}");
            assert!(is_kept(&kept) && !kept.contains("s3cret"));
        }
        assert_eq!(md5("postgres", "x"), format!("md5{}", hex(&Md5::digest("xpostgres"))));
        assert!(!is_kept("md5 is a word") && !is_kept("SCRAM-SHA-256$x"));
        assert!(!matches("SCRAM-SHA-256$99999999999:AA==$AA==:AA==", "a", "b"));
    }
}
