//! The text form of a vault: a header line, then hexadecimal lines of 80 letters.

use super::Error;
use super::cipher::Sealed;
use std::fmt::Write as _;

const HEADER: &str = "$ANSIBLE_VAULT";
const WIDTH: usize = 80;

/// The id that is not written down.
pub(super) const DEFAULT_ID: &str = "default";

/// Whether these bytes are a vault: ASCII that begins with the header.
pub fn is_vault(data: impl AsRef<[u8]>) -> bool {
    let data = data.as_ref();
    data.starts_with(HEADER.as_bytes()) && data.is_ascii()
}

/// A vault taken apart.
pub(super) struct Envelope {
    /// The id that its header names.
    pub id: Option<String>,
    pub sealed: Sealed,
}

/// Takes a vault apart.
pub(super) fn parse(text: &str) -> Result<Envelope, Error> {
    if !is_vault(text) {
        return Err(Error::NotVault);
    }
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().trim().split(';').collect();
    let (Some(_version), Some(cipher)) = (header.get(1), header.get(2)) else {
        return Err(Error::Envelope);
    };
    if cipher.trim() != "AES256" {
        return Err(Error::Cipher(cipher.trim().to_string()));
    }
    let id = header.get(3).map(|id| id.trim().to_string());
    let body: String = lines.collect();
    let inner = unhex(body.as_bytes())?;
    let mut parts = inner.splitn(3, |byte| *byte == b'\n');
    let (Some(salt), Some(mac), Some(ciphertext)) = (parts.next(), parts.next(), parts.next())
    else {
        return Err(Error::Text);
    };
    let sealed = Sealed { salt: unhex(salt)?, mac: unhex(mac)?, ciphertext: unhex(ciphertext)? };
    Ok(Envelope { id, sealed })
}

/// Puts a vault together; format 1.2 only for ids other than `default`. Ends with a newline.
pub(super) fn write(sealed: &Sealed, id: Option<&str>) -> String {
    let inner = [hex(&sealed.salt), hex(&sealed.mac), hex(&sealed.ciphertext)].join("\n");
    let body = hex(inner.as_bytes());
    let mut text = match id.filter(|id| *id != DEFAULT_ID && !id.is_empty()) {
        Some(id) => format!("{HEADER};1.2;AES256;{id}\n"),
        None => format!("{HEADER};1.1;AES256\n"),
    };
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(WIDTH));
        text.push_str(line);
        text.push('\n');
        rest = more;
    }
    text
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let written = write!(out, "{byte:02x}");
        debug_assert!(written.is_ok(), "a String takes all text");
        out
    })
}

fn unhex(text: &[u8]) -> Result<Vec<u8>, Error> {
    if !text.len().is_multiple_of(2) {
        return Err(Error::Hex);
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).ok_or(Error::Hex);
    text.chunks_exact(2).map(|pair| Ok((digit(pair[0])? * 16 + digit(pair[1])?) as u8)).collect()
}
