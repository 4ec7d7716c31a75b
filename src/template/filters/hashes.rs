//! Filters that compute digests, base64 and UUIDs.

use super::bind::{Bound, shown_text, text_of};
use super::builtin;
use super::encoding::{decode, encode};
use crate::base::Value;
use crate::template::table::{Args, Env, Filter, Stop};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512, Sha512_224, Sha512_256};
use std::fmt::Write as _;

pub(super) const FILTERS: &[Filter] = &[
    builtin(
        "hash",
        "ansible.builtin.hash",
        "Gives a digest: sha1, md5, sha224, sha256, sha384, sha512.",
        hash,
        &[
            ("'a' | hash('md5')", "'0cc175b9c0f1b6a831c399e269772661'"),
            ("'a' | hash", "'86f7e437faa5a7fce15d1ddcb9eaeaea377667b8'"),
        ],
    ),
    builtin(
        "md5",
        "ansible.builtin.md5",
        "Gives the MD5 digest.",
        |env, value, args| fixed(env, &value, args, "md5"),
        &[("'a' | md5", "'0cc175b9c0f1b6a831c399e269772661'")],
    ),
    builtin(
        "sha1",
        "ansible.builtin.sha1",
        "Gives the SHA-1 digest.",
        |env, value, args| fixed(env, &value, args, "sha1"),
        &[("'a' | sha1", "'86f7e437faa5a7fce15d1ddcb9eaeaea377667b8'")],
    ),
    builtin(
        "checksum",
        "ansible.builtin.checksum",
        "Gives the checksum that file results have: SHA-1.",
        |env, value, args| fixed(env, &value, args, "sha1"),
        &[("'a' | checksum", "'86f7e437faa5a7fce15d1ddcb9eaeaea377667b8'")],
    ),
    builtin(
        "b64encode",
        "ansible.builtin.b64encode",
        "Encodes a text as base64.",
        b64encode,
        &[("'abc' | b64encode", "'YWJj'"), ("'a' | b64encode(encoding='utf-16-le')", "'YQA='")],
    ),
    builtin(
        "b64decode",
        "ansible.builtin.b64decode",
        "Decodes base64 that holds text.",
        b64decode,
        &[("'YWJj' | b64decode", "'abc'"), ("'_-4=' | b64decode('latin-1', true) | length", "2")],
    ),
    builtin(
        "to_uuid",
        "ansible.builtin.to_uuid",
        "Gives the UUID (version 5) of a text in a namespace.",
        to_uuid,
        &[("'a' | to_uuid", "'9b6d1a0c-51b1-5093-93fc-cf09a700edff'")],
    ),
];

/// The digest of some bytes in hexadecimal digits; None for an unknown name.
pub fn digest(name: &str, data: &[u8]) -> Option<String> {
    let plain = name.to_ascii_lowercase().replace('-', "");
    Some(match plain.as_str() {
        "md5" => hex(&Md5::digest(data)),
        "sha1" => hex(&Sha1::digest(data)),
        "sha224" => hex(&Sha224::digest(data)),
        "sha256" => hex(&Sha256::digest(data)),
        "sha384" => hex(&Sha384::digest(data)),
        "sha512" => hex(&Sha512::digest(data)),
        "sha512_224" => hex(&Sha512_224::digest(data)),
        "sha512_256" => hex(&Sha512_256::digest(data)),
        _ => return None,
    })
}

/// Bytes in small hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn hash(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("get_hash", args, &["hashtype"], 0)?;
    let name = bound.text("hashtype", "sha1");
    let found = digest(&name, text_of(&value).as_bytes());
    found.map(Value::from).ok_or_else(|| Stop::fault(format!("unsupported hash type {name}")))
}

fn fixed(_: &dyn Env, value: &Value, args: &Args, name: &str) -> Result<Value, Stop> {
    Bound::of(name, args, &[], 0)?;
    Ok(Value::from(digest(name, text_of(value).as_bytes()).unwrap_or_default()))
}

fn b64encode(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("b64encode", args, &["encoding", "urlsafe"], 0)?;
    let bytes = encode(&text_of(&value), &bound.text("encoding", "utf-8"))?;
    Ok(Value::from(if bound.flag("urlsafe", false) {
        URL_SAFE.encode(bytes)
    } else {
        STANDARD.encode(bytes)
    }))
}

fn b64decode(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("b64decode", args, &["encoding", "urlsafe"], 0)?;
    let text = text_of(&value).into_owned();
    let text =
        if bound.flag("urlsafe", false) { text.replace('-', "+").replace('_', "/") } else { text };
    let bytes = base64_bytes(&text).map_err(Stop::fault)?;
    decode(&bytes, &bound.text("encoding", "utf-8")).map(Value::from)
}

/// Decodes as Python does: characters outside of the alphabet are skipped.
fn base64_bytes(text: &str) -> Result<Vec<u8>, String> {
    let is_digit = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/');
    let mut digits = String::new();
    let mut padding = 0;
    for c in text.chars() {
        if is_digit(&c) {
            digits.push(c);
            padding = 0;
        } else if c == '=' {
            padding += 1;
            if digits.len() % 4 >= 2 && digits.len() % 4 + padding >= 4 {
                break;
            }
        }
    }
    match digits.len() % 4 {
        0 => {}
        1 => {
            return Err(format!(
                "Invalid base64-encoded string: number of data characters ({}) cannot be 1 more \
                 than a multiple of 4",
                digits.len()
            ));
        }
        rest if rest + padding < 4 => return Err("Incorrect padding".into()),
        rest => digits.push_str(&"=".repeat(4 - rest)),
    }
    let lenient = base64::engine::GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        base64::engine::GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
    );
    lenient.decode(&digits).map_err(|e| e.to_string())
}

/// Ansible's own namespace.
const NAMESPACE: &str = "361E6D51-FAEC-444A-9079-341386DA8E2E";

fn to_uuid(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("to_uuid", args, &["namespace"], 0)?;
    let given = bound.text("namespace", NAMESPACE);
    let Some(namespace) = uuid_bytes(&given) else {
        let shown = bound.get("namespace").map(shown_text).unwrap_or_default();
        return Err(Stop::fault(format!(
            "Invalid value '{shown}' for 'namespace': badly formed hexadecimal UUID string"
        )));
    };
    let mut hasher = Sha1::new();
    hasher.update(namespace);
    hasher.update(text_of(&value).as_bytes());
    let mut bytes = hasher.finalize()[..16].to_vec();
    bytes[6] = (bytes[6] & 0x0f) | 0x50;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = hex(&bytes);
    let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
    Ok(Value::from(parts.join("-")))
}

fn uuid_bytes(text: &str) -> Option<Vec<u8>> {
    let text = text.replace("urn:", "").replace("uuid:", "");
    let digits = text.trim_matches(['{', '}']).replace('-', "");
    if digits.len() != 32 || !digits.is_ascii() {
        return None;
    }
    (0..16).map(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).ok()).collect()
}
