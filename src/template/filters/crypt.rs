//! Password hashes in the forms that `/etc/shadow` and `master.passwd` hold.

use md5::{Digest, Md5};
use sha_crypt::{Params, sha256_crypt, sha512_crypt};

const ALPHABET: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// `count` characters for the lowest bits of `bits`, lowest first.
fn encode(out: &mut String, mut bits: u32, count: usize) {
    for _ in 0..count {
        out.push(char::from(ALPHABET[(bits & 0x3f) as usize]));
        bits >>= 6;
    }
}

/// Three bytes of a digest, highest first, as four characters.
fn group(out: &mut String, digest: &[u8], places: [usize; 3]) {
    let [high, middle, low] = places.map(|place| u32::from(digest[place]));
    encode(out, high << 16 | middle << 8 | low, 4);
}

/// A salt text made of random bytes, as libxcrypt makes one: three bytes give four characters, and
/// a last group is only begun while bytes remain behind it.
pub fn salt_text(bytes: &[u8], most: usize) -> String {
    let mut salt = String::new();
    for three in bytes.chunks_exact(3) {
        let used = salt.len() / 4 * 3;
        if used + 3 >= bytes.len() || salt.len() >= most {
            break;
        }
        let [low, middle, high] = [0, 1, 2].map(|i| u32::from(three[i]));
        encode(&mut salt, low | middle << 8 | high << 16, 4);
    }
    salt
}

/// SHA-512 crypt: `$6$`.
pub fn sha512(password: &[u8], salt: &str, rounds: u32) -> Option<String> {
    let digest = sha512_crypt(password, salt.as_bytes(), Params::new(rounds).ok()?);
    let mut out = String::new();
    let mut places = [0, 21, 42];
    for _ in 0..21 {
        group(&mut out, &digest, places);
        let [a, b, c] = places;
        places = [b + 1, c + 1, a + 1];
    }
    encode(&mut out, u32::from(digest[63]), 2);
    Some(format!("$6${}{salt}${out}", rounds_text(rounds)))
}

/// SHA-256 crypt: `$5$`.
pub fn sha256(password: &[u8], salt: &str, rounds: u32) -> Option<String> {
    let digest = sha256_crypt(password, salt.as_bytes(), Params::new(rounds).ok()?);
    let mut out = String::new();
    let mut places = [0, 10, 20];
    for _ in 0..10 {
        group(&mut out, &digest, places);
        let [a, b, c] = places;
        places = [c + 1, a + 1, b + 1];
    }
    encode(&mut out, u32::from(digest[31]) << 8 | u32::from(digest[30]), 3);
    Some(format!("$5${}{salt}${out}", rounds_text(rounds)))
}

fn rounds_text(rounds: u32) -> String {
    if rounds == 5000 { String::new() } else { format!("rounds={rounds}$") }
}

/// MD5 crypt: `$1$`. Weak, for old systems.
pub fn md5(password: &[u8], salt: &str) -> String {
    let salt = salt.as_bytes();
    let inner = Md5::new().chain_update(password).chain_update(salt).chain_update(password);
    let inner = inner.finalize();
    let mut hasher = Md5::new().chain_update(password).chain_update(b"$1$").chain_update(salt);
    for chunk in password.chunks(16) {
        hasher.update(&inner[..chunk.len()]);
    }
    let mut left = password.len();
    while left > 0 {
        hasher.update(if left & 1 == 1 { &[0] } else { &password[..1] });
        left >>= 1;
    }
    let mut digest = hasher.finalize();
    for round in 0..1000 {
        let mut hasher = Md5::new();
        hasher.update(if round & 1 == 1 { password } else { &digest });
        if round % 3 != 0 {
            hasher.update(salt);
        }
        if round % 7 != 0 {
            hasher.update(password);
        }
        hasher.update(if round & 1 == 1 { &digest } else { password });
        digest = hasher.finalize();
    }
    let mut out = String::new();
    for places in [[0, 6, 12], [1, 7, 13], [2, 8, 14], [3, 9, 15], [4, 10, 5]] {
        group(&mut out, &digest, places);
    }
    encode(&mut out, u32::from(digest[11]), 2);
    format!("$1${}${out}", String::from_utf8_lossy(salt))
}

/// bcrypt with a cost of 4 to 31; `ident` is `2a`, `2b` or `2y`.
pub fn bcrypt(password: &[u8], salt: [u8; 16], cost: u32, ident: &str) -> Option<String> {
    let version = match ident {
        "2a" => bcrypt::Version::TwoA,
        "2b" => bcrypt::Version::TwoB,
        "2y" => bcrypt::Version::TwoY,
        _ => return None,
    };
    Some(bcrypt::hash_with_salt(password, cost, salt).ok()?.format_for_version(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Values of the reference implementations.
    #[test]
    fn hashes_are_those_of_crypt() {
        assert_eq!(
            sha512(b"Hello world!", "saltstring", 5000).unwrap(),
            "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"
        );
        assert_eq!(
            sha256(b"Hello world!", "saltstring", 5000).unwrap(),
            "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"
        );
        assert_eq!(md5(b"Hello world!", "saltstri"), "$1$saltstri$YMyguxXMBpd2TEZ.vS/3q1");
    }

    #[test]
    fn salts_are_made_as_libxcrypt_makes_them() {
        assert_eq!(salt_text(b"mysalt", 16), "hZrQ");
        assert_eq!(salt_text(b"abc", 16), "");
        assert_eq!(salt_text(&[0; 16], 16).len(), 16);
    }
}
