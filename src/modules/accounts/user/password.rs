//! Hashes of passwords, and the marks that lock them.

use crate::spec::Failure;
use crate::spec::Os;

/// Values that disable a password on purpose.
const DISABLED: [&str; 3] = ["*", "!", "*************"];

/// A hash without the marks of a lock.
pub fn unlocked(os: Os, hash: &str) -> &str {
    match os {
        Os::FreeBsd => hash.strip_prefix("*LOCKED*").unwrap_or(hash),
        _ => hash.trim_start_matches('!'),
    }
}

/// Whether a hash has the marks of a lock.
pub fn is_locked(os: Os, hash: &str) -> bool {
    match os {
        Os::FreeBsd => hash.starts_with("*LOCKED*"),
        _ => hash.starts_with('!'),
    }
}

/// Refuses what would break the line it is sent in.
///
/// # Errors
/// The hash holds a colon or a control character.
pub fn check(hash: &str) -> Result<(), Failure> {
    if hash.contains(|c: char| c == ':' || c.is_control()) {
        return Err(Failure::new("the password's hash must not hold colons or control characters"));
    }
    Ok(())
}

/// Whether a text looks as if it was no hash.
pub fn suspicious(hash: &str) -> bool {
    if hash.is_empty() || DISABLED.contains(&hash) {
        return false;
    }
    let fields: Vec<&str> = hash.split('$').collect();
    if fields.len() < 3 || hash.contains(['*', '!', ':']) {
        return true;
    }
    let last = fields[fields.len() - 1];
    let odd = |c: char| !c.is_ascii_alphanumeric() && !"./=".contains(c);
    let length = match fields[1] {
        "1" => Some(22),
        "5" | "y" => Some(43),
        "6" => Some(86),
        _ => None,
    };
    last.contains(odd) || length.is_some_and(|length| last.len() != length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_of_both_systems() {
        assert_eq!(unlocked(Os::Linux, "!!$6$a$b"), "$6$a$b");
        assert_eq!(unlocked(Os::FreeBsd, "*LOCKED**"), "*");
        assert_eq!(unlocked(Os::FreeBsd, "*"), "*");
        assert!(is_locked(Os::Linux, "!") && !is_locked(Os::Linux, "*"));
        assert!(is_locked(Os::FreeBsd, "*LOCKED*$6$a$b") && !is_locked(Os::FreeBsd, "*"));
    }

    #[test]
    fn what_is_no_hash() {
        let sha512 = format!("$6$abcdefgh${}", "x".repeat(86));
        for hash in ["", "*", "!", sha512.as_str()] {
            assert!(!suspicious(hash), "{hash}");
        }
        for hash in ["geheim", "$6$short", "$6$abcdefgh$short", "$6$a$b!"] {
            assert!(suspicious(hash), "{hash}");
        }
        assert!(check("a:b").is_err() && check("a\nroot:x").is_err() && check(&sha512).is_ok());
    }
}
