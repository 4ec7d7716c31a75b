//! Methods of texts that give texts, numbers and truth.

use super::given::Given;
use super::{format, translate};
use crate::base::{Kind, Value};
use crate::template::eval::{Core, raise};
use crate::template::table::{Args, Stop};

/// Calls a method.
pub fn call(core: &Core, text: &str, name: &str, args: &Args) -> Result<Value, Stop> {
    if let Some(result) = case(text, name) {
        Given::new(&format!("str.{name}"), args, &[])?;
        return Ok(result);
    }
    match name {
        "center" | "ljust" | "rjust" => justify(text, name, args),
        "zfill" => {
            let given = Given::new("zfill", args, &["width"])?;
            Ok(Value::from(zfill(text, given.integer(0)?.unwrap_or(0))))
        }
        "count" | "find" | "rfind" | "index" | "rindex" => search(text, name, args),
        "startswith" | "endswith" => affix(text, name, args),
        "removeprefix" => {
            let given = Given::new(name, args, &["prefix"])?;
            let prefix = given.required_text(0)?;
            Ok(Value::from(text.strip_prefix(prefix).unwrap_or(text)))
        }
        "removesuffix" => {
            let given = Given::new(name, args, &["suffix"])?;
            let suffix = given.required_text(0)?;
            Ok(Value::from(text.strip_suffix(suffix).unwrap_or(text)))
        }
        "replace" => replace(text, args),
        "expandtabs" => {
            let given = Given::new(name, args, &["tabsize"])?;
            Ok(Value::from(expand_tabs(text, given.integer(0)?.unwrap_or(8))))
        }
        "encode" => encode(text, args),
        "format" => format::format(core, text, args, false),
        "format_map" => {
            let given = Given::new(name, args, &["mapping"])?;
            let map = super::entries_of(core, given.required(0)?)?;
            format::format(core, text, &Args { positional: Vec::new(), keyword: map }, true)
        }
        "maketrans" => translate::table(args),
        "translate" => translate::translate(text, args),
        _ => raise(format!("str.{name}() is not supported in templates")),
    }
}

/// Methods without arguments.
fn case(text: &str, name: &str) -> Option<Value> {
    let some = !text.is_empty();
    let all = |test: fn(char) -> bool| Value::from(some && text.chars().all(test));
    Some(match name {
        "lower" => Value::from(text.to_lowercase()),
        "casefold" => Value::from(text.to_lowercase().replace('ß', "ss")),
        "upper" => Value::from(text.to_uppercase()),
        "swapcase" => Value::from(swap_case(text)),
        "capitalize" => Value::from(capitalize(text)),
        "title" => Value::from(title(text)),
        "isalnum" => all(char::is_alphanumeric),
        "isalpha" => all(char::is_alphabetic),
        "isascii" => Value::from(text.is_ascii()),
        "isdecimal" => all(is_decimal),
        "isdigit" => all(is_digit),
        "isnumeric" => all(|c| c.is_numeric() || IDEOGRAPHS.contains(c)),
        "isspace" => all(char::is_whitespace),
        "isprintable" => Value::from(!text.chars().any(char::is_control)),
        "islower" => Value::from(
            text.chars().any(char::is_lowercase) && !text.chars().any(char::is_uppercase),
        ),
        "isupper" => Value::from(
            text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase),
        ),
        "istitle" => Value::from(text.chars().any(char::is_alphabetic) && title(text) == text),
        "isidentifier" => {
            let mut chars = text.chars();
            let first = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_');
            Value::from(first && chars.all(|c| c.is_alphanumeric() || c == '_'))
        }
        _ => return None,
    })
}

/// Ideographs that are numbers.
const IDEOGRAPHS: &str = "〇零一二三四五六七八九十百千万億兆壱弐参拾両";

/// The zeros of the scripts that count to ten with digits of their own.
const ZEROS: [u32; 37] = [
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66,
    0xde6, 0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90,
    0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
];

fn is_decimal(c: char) -> bool {
    ZEROS.iter().any(|zero| (*zero..zero + 10).contains(&u32::from(c)))
}

/// Decimal digits, and those that are raised, lowered or circled.
fn is_digit(c: char) -> bool {
    is_decimal(c)
        || matches!(c, '²' | '³' | '¹' | '⁰' | '⁴'..='⁹' | '₀'..='₉' | '①'..='⑨' | '⑴'..='⑼')
        || matches!(c, '⒈'..='⒐' | '⓪' | '⓵'..='⓽' | '⓿' | '❶'..='❾' | '➀'..='➈' | '➊'..='➒')
}

fn swap_case(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_uppercase() {
            out.extend(c.to_lowercase());
        } else {
            out.extend(c.to_uppercase());
        }
    }
    out
}

/// A character as the first of a word: `ß` is `Ss`.
fn titled(c: char) -> impl Iterator<Item = char> {
    let mut upper = c.to_uppercase();
    let first = upper.next();
    first.into_iter().chain(upper.flat_map(char::to_lowercase))
}

fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    let first: String = chars.next().into_iter().flat_map(titled).collect();
    first + &chars.as_str().to_lowercase()
}

fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for c in text.chars() {
        if inside {
            out.extend(c.to_lowercase());
        } else {
            out.extend(titled(c));
        }
        inside = c.is_alphabetic();
    }
    out
}

fn justify(text: &str, name: &str, args: &Args) -> Result<Value, Stop> {
    let given = Given::new(name, args, &["width", "fillchar"])?;
    given.required(0)?;
    let fill = match given.text(1)? {
        None => ' ',
        Some(fill) if fill.chars().count() == 1 => fill.chars().next().unwrap_or(' '),
        Some(_) => return raise("The fill character must be exactly one character long"),
    };
    let width = usize::try_from(given.integer(0)?.unwrap_or(0)).unwrap_or(0);
    let length = text.chars().count();
    let missing = width.saturating_sub(length);
    if missing > 10_000_000 {
        return raise("the width is too large");
    }
    let left = match name {
        "ljust" => 0,
        "rjust" => missing,
        // Python puts the odd blank to the left when the width is odd.
        _ => missing / 2 + (missing & width & 1),
    };
    let blanks = |count: usize| fill.to_string().repeat(count);
    Ok(Value::from(format!("{}{text}{}", blanks(left), blanks(missing - left))))
}

fn zfill(text: &str, width: i64) -> String {
    let missing = usize::try_from(width).unwrap_or(0).saturating_sub(text.chars().count());
    let zeros = "0".repeat(missing.min(10_000_000));
    match text.strip_prefix(['-', '+']) {
        Some(rest) => format!("{}{zeros}{rest}", &text[..1]),
        None => format!("{zeros}{text}"),
    }
}

/// The part of a text between two character positions, and where it starts in characters.
fn window(text: &str, start: Option<i64>, end: Option<i64>) -> Option<(&str, usize)> {
    let length = text.chars().count() as i64;
    let fit = |at: i64| if at < 0 { (at + length).max(0) } else { at };
    let start = fit(start.unwrap_or(0));
    let end = fit(end.unwrap_or(length)).min(length);
    if start > end {
        return None;
    }
    let byte = |at: i64| {
        text.char_indices().nth(usize::try_from(at).unwrap_or(0)).map_or(text.len(), |(i, _)| i)
    };
    Some((&text[byte(start)..byte(end)], usize::try_from(start).unwrap_or(0)))
}

fn search(text: &str, name: &str, args: &Args) -> Result<Value, Stop> {
    let given = Given::new(name, args, &["sub", "start", "end"])?;
    let part = given.required_text(0)?;
    let window = window(text, given.integer(1)?, given.integer(2)?);
    let (inside, offset) = window.unwrap_or(("", 0));
    if name == "count" {
        let count = match part {
            _ if window.is_none() => 0,
            "" => inside.chars().count() + 1,
            part => inside.matches(part).count(),
        };
        return Ok(Value::from(count as u64));
    }
    let found = if name.starts_with('r') { inside.rfind(part) } else { inside.find(part) };
    let found = found.filter(|_| window.is_some());
    match found {
        Some(at) => Ok(Value::from((inside[..at].chars().count() + offset) as u64)),
        None if name.ends_with("index") => raise("substring not found"),
        None => Ok(Value::from(-1)),
    }
}

fn affix(text: &str, name: &str, args: &Args) -> Result<Value, Stop> {
    let given = Given::new(name, args, &["prefix", "start", "end"])?;
    let wanted = given.required(0)?;
    let parts: Vec<&Value> = match &wanted.kind {
        Kind::Tuple(items) => items.iter().collect(),
        _ => vec![wanted],
    };
    let Some((inside, _)) = window(text, given.integer(1)?, given.integer(2)?) else {
        return Ok(Value::from(false));
    };
    for part in parts {
        let Some(part) = part.as_str() else {
            let given = part.type_name();
            return raise(format!("{name} first arg must be str or a tuple of str, not {given}"));
        };
        let found =
            if name == "startswith" { inside.starts_with(part) } else { inside.ends_with(part) };
        if found {
            return Ok(Value::from(true));
        }
    }
    Ok(Value::from(false))
}

fn replace(text: &str, args: &Args) -> Result<Value, Stop> {
    let given = Given::new("replace", args, &["old", "new", "count"])?;
    let (old, new) = (given.required_text(0)?, given.required_text(1)?);
    let count = given.integer(2)?.unwrap_or(-1);
    Ok(Value::from(match usize::try_from(count) {
        Ok(count) => text.replacen(old, new, count),
        Err(_) => text.replace(old, new),
    }))
}

fn expand_tabs(text: &str, size: i64) -> String {
    let size = usize::try_from(size).unwrap_or(0);
    let mut out = String::new();
    let mut column = 0;
    for c in text.chars() {
        match c {
            '\t' if size > 0 => {
                let blanks = size - column % size;
                out.push_str(&" ".repeat(blanks));
                column += blanks;
            }
            '\t' => {}
            '\n' | '\r' => {
                out.push(c);
                column = 0;
            }
            _ => {
                out.push(c);
                column += 1;
            }
        }
    }
    out
}

/// Bytes have no place in variables: the text stays text where its bytes are the same.
fn encode(text: &str, args: &Args) -> Result<Value, Stop> {
    let given = Given::new("encode", args, &["encoding", "errors"])?;
    let encoding = given.text(0)?.unwrap_or("utf-8").to_lowercase().replace('_', "-");
    match encoding.as_str() {
        "utf-8" | "utf8" => Ok(Value::from(text)),
        "ascii" | "us-ascii" | "latin-1" | "iso-8859-1" if text.is_ascii() => Ok(Value::from(text)),
        other => raise(format!("'{other}' codec can't encode this text in a template")),
    }
}
