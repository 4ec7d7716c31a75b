//! Bytes of a file as text and back, without loss.

/// Encodings that texts of files may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8; bytes that are none survive as they are.
    Utf8,
    /// One byte a character, up to U+00FF.
    Latin1,
    /// Seven bits; other bytes survive as they are.
    Ascii,
}

/// Bytes that are no text stand at the very end of the last plane, which no text uses.
const ODD: u32 = 0x10_FF00;

impl Encoding {
    /// The encoding that Python calls so.
    ///
    /// # Errors
    /// A text for the user.
    pub fn named(name: &str) -> Result<Self, String> {
        let plain: String = name.to_lowercase().replace([' ', '_'], "-");
        match plain.as_str() {
            "utf-8" | "utf8" | "u8" | "utf" | "cp65001" => Ok(Self::Utf8),
            "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" | "8859" | "cp819" | "l1" => {
                Ok(Self::Latin1)
            }
            "ascii" | "us-ascii" | "646" => Ok(Self::Ascii),
            _ => {
                Err(format!("the encoding '{name}' is not supported: utf-8, latin-1 and ascii are"))
            }
        }
    }

    /// The text.
    pub fn decode(self, bytes: &[u8]) -> String {
        match self {
            Self::Latin1 => bytes.iter().map(|byte| char::from(*byte)).collect(),
            Self::Ascii => bytes
                .iter()
                .map(|byte| if *byte < 0x80 { char::from(*byte) } else { odd(*byte) })
                .collect(),
            Self::Utf8 => decode_utf8(bytes),
        }
    }

    /// A decoded text as people may see it: what is no text is a mark.
    pub fn shown(text: &str) -> String {
        let is_odd = |c: char| u32::from(c) >= ODD + 0x80;
        text.chars().map(|c| if is_odd(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
    }

    /// The bytes of a text.
    ///
    /// # Errors
    /// A character that the encoding does not have.
    pub fn encode(self, text: &str) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::with_capacity(text.len());
        for c in text.chars() {
            let code = u32::from(c);
            match self {
                _ if code >= ODD + 0x80 => bytes.push((code - ODD) as u8),
                Self::Utf8 => bytes.extend(c.encode_utf8(&mut [0; 4]).as_bytes()),
                Self::Latin1 if code < 0x100 => bytes.push(code as u8),
                Self::Ascii if code < 0x80 => bytes.push(code as u8),
                Self::Latin1 => return Err(format!("latin-1 has no character {c:?}")),
                Self::Ascii => return Err(format!("ascii has no character {c:?}")),
            }
        }
        Ok(bytes)
    }
}

/// The character that stands for a byte from 0x80 on.
fn odd(byte: u8) -> char {
    char::from_u32(ODD + u32::from(byte)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn decode_utf8(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if u32::from(c) >= ODD + 0x80 {
                // A character that stands for a byte here is four odd bytes.
                text.extend(c.encode_utf8(&mut [0; 4]).bytes().map(odd));
            } else {
                text.push(c);
            }
        }
        text.extend(chunk.invalid().iter().map(|byte| odd(*byte)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_bytes_survive() {
        let all: Vec<u8> = (0..=255).collect();
        let odd = "a\u{10ff80}\u{10fffd}ä\0".as_bytes();
        for encoding in [Encoding::Utf8, Encoding::Latin1, Encoding::Ascii] {
            for bytes in [all.as_slice(), odd, b"\xff\xfe\xc3", b""] {
                assert_eq!(encoding.encode(&encoding.decode(bytes)).unwrap(), bytes);
            }
        }
    }

    #[test]
    fn characters_are_what_the_encoding_says() {
        assert_eq!(Encoding::Latin1.decode(b"\xe4"), "ä");
        assert_eq!(Encoding::Latin1.encode("ä").unwrap(), b"\xe4");
        assert!(Encoding::Latin1.encode("б").is_err());
        assert!(Encoding::Ascii.encode("ä").is_err());
        assert_eq!(Encoding::Utf8.decode("ä".as_bytes()), "ä");
        assert_eq!(Encoding::shown(&Encoding::Utf8.decode(b"a\xffb")), "a\u{fffd}b");
        assert_eq!(Encoding::named("ISO-8859-1"), Ok(Encoding::Latin1));
        assert!(Encoding::named("utf-16").unwrap_err().contains("'utf-16' is not supported"));
    }
}
