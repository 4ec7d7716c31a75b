//! Character encodings that Python names.

use crate::template::table::Stop;

/// What is supported; anything else is refused by name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Ascii,
    Latin1,
    Utf16(Order, bool),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Little,
    Big,
}

fn named(name: &str) -> Result<Encoding, Stop> {
    let plain = name.to_ascii_lowercase().replace(['_', ' '], "-");
    Ok(match plain.as_str() {
        "utf-8" | "utf8" | "u8" => Encoding::Utf8,
        "ascii" | "us-ascii" | "646" => Encoding::Ascii,
        "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" | "l1" => Encoding::Latin1,
        "utf-16" | "utf16" | "u16" => Encoding::Utf16(Order::Little, true),
        "utf-16-le" | "utf-16le" | "utf16-le" => Encoding::Utf16(Order::Little, false),
        "utf-16-be" | "utf-16be" | "utf16-be" => Encoding::Utf16(Order::Big, false),
        _ => return Err(Stop::fault(format!("unknown encoding: {name}"))),
    })
}

/// The bytes of a text.
pub fn encode(text: &str, encoding: &str) -> Result<Vec<u8>, Stop> {
    let most = match named(encoding)? {
        Encoding::Utf8 => return Ok(text.as_bytes().to_vec()),
        Encoding::Utf16(order, mark) => return Ok(encode_utf16(text, order, mark)),
        Encoding::Ascii => 0x7f,
        Encoding::Latin1 => 0xff,
    };
    let byte = |(i, c): (usize, char)| {
        u8::try_from(c as u32).ok().filter(|b| u32::from(*b) <= most).ok_or_else(|| {
            let shown = match c as u32 {
                n @ 0..=0xff => format!("\\x{n:02x}"),
                n => format!("\\u{n:04x}"),
            };
            Stop::fault(format!(
                "'{encoding}' codec can't encode character '{shown}' in position {i}: \
                 ordinal not in range({})",
                most + 1
            ))
        })
    };
    text.chars().enumerate().map(byte).collect()
}

fn encode_utf16(text: &str, order: Order, mark: bool) -> Vec<u8> {
    let bytes = |unit: u16| match order {
        Order::Little => unit.to_le_bytes(),
        Order::Big => unit.to_be_bytes(),
    };
    let mark = mark.then_some(0xfeff);
    mark.into_iter().chain(text.encode_utf16()).flat_map(bytes).collect()
}

/// The text of some bytes.
pub fn decode(bytes: &[u8], encoding: &str) -> Result<String, Stop> {
    let wrong = |what: &str| Stop::fault(format!("'{encoding}' codec can't decode bytes: {what}"));
    match named(encoding)? {
        Encoding::Utf8 => {
            let text = std::str::from_utf8(bytes).map_err(|e| {
                let (at, byte) = (e.valid_up_to(), bytes.get(e.valid_up_to()).copied());
                let byte = byte.unwrap_or(0);
                let text = format!("'utf-8' codec can't decode byte 0x{byte:02x} in position {at}");
                Stop::fault(text + ": the data is no text")
            })?;
            Ok(text.to_string())
        }
        Encoding::Ascii if !bytes.is_ascii() => Err(wrong("ordinal not in range(128)")),
        Encoding::Ascii | Encoding::Latin1 => Ok(bytes.iter().map(|b| char::from(*b)).collect()),
        Encoding::Utf16(order, marked) => {
            decode_utf16(bytes, order, marked).ok_or_else(|| wrong("truncated data"))
        }
    }
}

fn decode_utf16(bytes: &[u8], order: Order, marked: bool) -> Option<String> {
    let (order, bytes) = match (marked, bytes) {
        (true, [0xff, 0xfe, rest @ ..]) => (Order::Little, rest),
        (true, [0xfe, 0xff, rest @ ..]) => (Order::Big, rest),
        _ => (order, bytes),
    };
    if bytes.len() % 2 == 1 {
        return None;
    }
    let unit = |pair: &[u8]| match order {
        Order::Little => u16::from_le_bytes([pair[0], pair[1]]),
        Order::Big => u16::from_be_bytes([pair[0], pair[1]]),
    };
    let units: Vec<u16> = bytes.chunks_exact(2).map(unit).collect();
    String::from_utf16(&units).ok()
}
