//! The filter `password_hash`.

use super::bind::{Bound, because, text_of};
use super::crypt;
use super::twister::Random;
use super::{builtin, impure};
use crate::base::{Kind, Value};
use crate::template::table::{Args, Env, Filter, Stop};

pub(super) const FILTERS: &[Filter] = &[impure(builtin(
    "password_hash",
    "ansible.builtin.password_hash",
    "Hashes a password for the user database: sha512, sha256, bcrypt (blowfish) or md5.",
    password_hash,
    &[
        (
            "'x' | password_hash('sha512', 'mysalt', rounds=5000)",
            "'$6$hZrQ$IqCjmmPxPHXot8B8h9PXHw8zLBjBkjRZSRkoTPE1ENy8Wb2hQphE3IixsPwqAd4ifJPYQiZ/hyb5riZtWd0Gb0'",
        ),
        ("'x' | password_hash('sha256', rounds=1000) | length", "75"),
    ],
))];

/// One way to hash.
struct Algorithm {
    name: &'static str,
    ident: &'static str,
    salt_size: usize,
    exact: bool,
    rounds: Option<i64>,
}

fn algorithm(name: &str) -> Option<Algorithm> {
    let (name, ident, salt_size, rounds) = match name {
        "md5" | "md5_crypt" => ("md5_crypt", "1", 8, None),
        "blowfish" | "bcrypt" => ("bcrypt", "2b", 22, Some(12)),
        "sha256" | "sha256_crypt" => ("sha256_crypt", "5", 16, Some(535_000)),
        "sha512" | "sha512_crypt" => ("sha512_crypt", "6", 16, Some(656_000)),
        _ => return None,
    };
    Some(Algorithm { name, ident, salt_size, exact: name == "bcrypt", rounds })
}

/// What a hash is made with.
pub struct Recipe<'a> {
    /// `sha512`, `sha256`, `bcrypt`, `blowfish`, `md5` or the long names.
    pub hash: &'a str,
    /// The seed of the salt; a random one when None.
    pub salt: Option<&'a str>,
    /// Its length when it is random.
    pub salt_size: Option<i64>,
    /// Rounds; for bcrypt the cost.
    pub rounds: Option<i64>,
    /// The variant of bcrypt.
    pub ident: Option<&'a str>,
}

fn password_hash(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    const NAMES: &[&str] = &["hashtype", "salt", "salt_size", "rounds", "ident"];
    let bound = Bound::of("get_encrypted_password", args, NAMES, 0)?;
    let hash = bound.text("hashtype", "sha512");
    let salt = bound.some("salt").map(text_of);
    let ident = bound.some("ident").map(text_of).filter(|ident| !ident.is_empty());
    let salt_size = match bound.some("salt_size") {
        None => None,
        Some(Value { kind: Kind::Int(n), .. }) => Some(*n).filter(|n| *n != 0),
        Some(_) => return Err(Stop::fault("salt_size must be an integer")),
    };
    let recipe = Recipe {
        hash: &hash,
        salt: salt.as_deref(),
        salt_size,
        rounds: bound.some_int("rounds")?.filter(|n| *n != 0),
        ident: ident.as_deref(),
    };
    hashed(&text_of(&value), &recipe).map(Value::from)
}

/// The hash of a password.
pub fn hashed(password: &str, recipe: &Recipe) -> Result<String, Stop> {
    let Some(algorithm) = algorithm(recipe.hash) else {
        let name = recipe.hash;
        let text = format!("crypt does not support '{name}' algorithm");
        return Err(Stop::fault(text));
    };
    let seed = seed(&algorithm, recipe)?;
    let name = algorithm.name;
    let unfit = || {
        let message = format!("Failed to generate salt for '{name}' algorithm");
        because(message, "crypt_gensalt failed: unable to generate salt")
    };
    let ident = recipe.ident.unwrap_or(algorithm.ident);
    if name != "bcrypt" && ident != algorithm.ident {
        return Err(unfit());
    }
    let rounds = recipe.rounds.or(algorithm.rounds);
    // Three bytes are the least that libxcrypt makes a salt of.
    if seed.len() < 3 {
        return Err(unfit());
    }
    let password = password.split('\0').next().unwrap_or_default().as_bytes();
    let sha_rounds = rounds.unwrap_or(5000).clamp(1000, 999_999_999) as u32;
    let made = match name {
        "bcrypt" => {
            let cost = rounds.and_then(|n| u32::try_from(n).ok()).filter(|n| (4..=31).contains(n));
            let salt = seed.get(..16).and_then(|s| <[u8; 16]>::try_from(s).ok());
            let (cost, salt) = cost.zip(salt).ok_or_else(unfit)?;
            crypt::bcrypt(password, salt, cost, ident)
        }
        "md5_crypt" => match rounds {
            None | Some(1000) => Some(crypt::md5(password, &crypt::salt_text(&seed, 8))),
            Some(_) => None,
        },
        "sha256_crypt" => crypt::sha256(password, &crypt::salt_text(&seed, 16), sha_rounds),
        _ => crypt::sha512(password, &crypt::salt_text(&seed, 16), sha_rounds),
    };
    made.ok_or_else(unfit)
}

/// The bytes that the salt is made of.
fn seed(algorithm: &Algorithm, recipe: &Recipe) -> Result<Vec<u8>, Stop> {
    let size = recipe.salt_size.unwrap_or(algorithm.salt_size as i64);
    check_size(algorithm, size)?;
    let Some(salt) = recipe.salt else {
        let mut random = Random::new(None)?;
        return (0..size).map(|_| random.below(256).map(|b| b as u8)).collect();
    };
    let salt = match salt {
        "" => random_text(size as usize)?,
        salt => salt.to_string(),
    };
    if !salt.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '/') {
        return Err(Stop::fault("invalid characters in salt"));
    }
    check_size(algorithm, salt.len() as i64)?;
    Ok(salt.into_bytes())
}

fn check_size(algorithm: &Algorithm, size: i64) -> Result<(), Stop> {
    let expected = algorithm.salt_size as i64;
    let text = match algorithm.exact {
        true if size != expected => format!("expected {expected}"),
        false if size > expected || size < 0 => format!("expected at most {expected}"),
        _ => return Ok(()),
    };
    Err(Stop::fault(format!("invalid salt size supplied ({size}), {text}")))
}

/// Random characters that a salt may have.
pub fn random_text(length: usize) -> Result<String, Stop> {
    let chars: Vec<char> =
        ('a'..='z').chain('A'..='Z').chain('0'..='9').chain(['.', '/']).collect();
    let mut random = Random::new(None)?;
    (0..length).map(|_| random.choice(&chars).copied()).collect()
}
