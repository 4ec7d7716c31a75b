//! Python literals: what the values of an INI inventory are read as (S-145).

use crate::base::{Key, Kind, Map, Origin, Value};
use num_bigint::BigInt;

/// The value of a Python literal; None when the text is none and so stays text. Texts are trusted
/// templates, tuples and sets become lists, `...` and imaginary numbers become text. Escapes by
/// Unicode name (`\N{...}`) are not known: such a text stays as it is.
pub(super) fn read(text: &str, origin: &Origin) -> Option<Value> {
    let mut reader = Reader { rest: text.trim_start_matches([' ', '\t']), origin, depth: 0 };
    let value = reader.items()?;
    reader.skip();
    reader.rest.is_empty().then_some(value)
}

struct Reader<'a> {
    rest: &'a str,
    origin: &'a Origin,
    depth: u8,
}

impl Reader<'_> {
    fn text(&self, text: impl Into<std::sync::Arc<str>>) -> Value {
        Value::template(text, Some(self.origin.clone()))
    }

    fn list(&self, items: Vec<Value>) -> Value {
        Value::list(items).at(self.origin.clone())
    }

    fn skip(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\x0c', '\n', '\r']);
        if self.rest.starts_with('#') {
            let end = self.rest.find('\n').unwrap_or(self.rest.len());
            self.rest = &self.rest[end..];
            if !self.rest.is_empty() {
                self.skip();
            }
        }
    }

    /// Whether the next sign is this one; it is taken then.
    fn take(&mut self, sign: char) -> bool {
        self.skip();
        let Some(rest) = self.rest.strip_prefix(sign) else { return false };
        self.rest = rest;
        true
    }

    /// One expression, or several with commas: a tuple.
    fn items(&mut self) -> Option<Value> {
        let first = self.expression()?;
        if !self.take(',') {
            return Some(first);
        }
        let mut items = vec![first];
        items.extend(self.until(|reader| reader.rest.is_empty() || reader.rest.starts_with(')'))?);
        Some(self.list(items))
    }

    /// Items with commas between and perhaps one behind, up to where `end` holds.
    fn until(&mut self, end: fn(&Self) -> bool) -> Option<Vec<Value>> {
        let mut items = Vec::new();
        loop {
            self.skip();
            if end(self) {
                return Some(items);
            }
            items.push(self.expression()?);
            self.skip();
            if !end(self) && !self.take(',') {
                return None;
            }
        }
    }

    fn expression(&mut self) -> Option<Value> {
        self.skip();
        let signed = self.rest.starts_with(['+', '-']);
        let minus = self.rest.starts_with('-');
        if signed {
            self.rest = &self.rest[1..];
        }
        let value = self.nested()?;
        if !signed {
            return Some(value);
        }
        match value.kind {
            Kind::Int(n) => {
                Some(Value::big(BigInt::from(if minus { -i128::from(n) } else { n.into() })))
            }
            Kind::Big(n) => Some(Value::big(if minus { -(*n).clone() } else { (*n).clone() })),
            Kind::Float(f) => Some(Value::from(if minus { -f } else { f })),
            _ => None,
        }
        .map(|value| value.at(self.origin.clone()))
    }

    fn nested(&mut self) -> Option<Value> {
        self.depth += 1;
        let value = if self.depth > 100 { None } else { self.atom() };
        self.depth -= 1;
        value
    }

    fn atom(&mut self) -> Option<Value> {
        self.skip();
        let first = self.rest.chars().next()?;
        match first {
            '(' => self.parenthesis(),
            '[' => {
                self.rest = &self.rest[1..];
                let items = self.until(|reader| reader.rest.starts_with(']'))?;
                self.take(']').then(|| self.list(items))
            }
            '{' => self.braces(),
            '.' if self.rest.starts_with("...") => {
                self.rest = &self.rest[3..];
                Some(self.text("..."))
            }
            '0'..='9' | '.' => self.number(),
            '\'' | '"' => self.strings(),
            c if c.is_alphabetic() => self.word(),
            _ => None,
        }
    }

    fn parenthesis(&mut self) -> Option<Value> {
        self.rest = &self.rest[1..];
        if self.take(')') {
            return Some(self.list(Vec::new()));
        }
        let value = self.items()?;
        self.take(')').then_some(value)
    }

    fn braces(&mut self) -> Option<Value> {
        self.rest = &self.rest[1..];
        if self.take('}') {
            return Some(Value::map(Map::new()).at(self.origin.clone()));
        }
        let first = self.expression()?;
        if !self.take(':') {
            return self.set(first);
        }
        let mut map = Map::new();
        map.insert(Key::of(&first)?, self.expression()?);
        while !self.take('}') {
            if !self.take(',') {
                return None;
            }
            if self.take('}') {
                break;
            }
            let key = self.expression()?;
            if !self.take(':') {
                return None;
            }
            map.insert(Key::of(&key)?, self.expression()?);
        }
        Some(Value::map(map).at(self.origin.clone()))
    }

    fn set(&mut self, first: Value) -> Option<Value> {
        let mut items = vec![first];
        if self.take(',') {
            items.extend(self.until(|reader| reader.rest.starts_with('}'))?);
        }
        let mut distinct: Vec<Value> = Vec::new();
        for item in items {
            Key::of(&item)?;
            if !distinct.contains(&item) {
                distinct.push(item);
            }
        }
        self.take('}').then(|| self.list(distinct))
    }

    fn word(&mut self) -> Option<Value> {
        let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_');
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        if rest.starts_with(['\'', '"']) {
            return self.strings();
        }
        self.rest = rest;
        let value = match word {
            "True" => Value::from(true),
            "False" => Value::from(false),
            "None" => Value::NULL,
            "set" if self.take('(') && self.take(')') => Value::list(Vec::new()),
            _ => return None,
        };
        Some(value.at(self.origin.clone()))
    }

    fn number(&mut self) -> Option<Value> {
        let (length, kind) = number_length(self.rest)?;
        let (token, rest) = self.rest.split_at(length);
        if rest.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.') {
            return None;
        }
        self.rest = rest;
        let plain = token.replace('_', "");
        let value = match kind {
            Number::Imaginary => return Some(self.text(plain.to_lowercase())),
            Number::Float => Value::from(plain.parse::<f64>().ok()?),
            Number::Radix(radix) => Value::big(BigInt::parse_bytes(&plain.as_bytes()[2..], radix)?),
            Number::Int => Value::big(plain.parse().ok()?),
        };
        Some(value.at(self.origin.clone()))
    }

    /// Neighbouring string literals are one string.
    fn strings(&mut self) -> Option<Value> {
        let mut whole = String::new();
        let mut of_bytes = None;
        loop {
            let end = self.rest.find(['\'', '"'])?;
            let prefix = self.rest[..end].to_ascii_lowercase();
            if !matches!(&*prefix, "" | "r" | "u" | "b" | "br" | "rb") {
                return None;
            }
            let bytes = prefix.contains('b');
            if *of_bytes.get_or_insert(bytes) != bytes {
                return None;
            }
            self.rest = &self.rest[end..];
            let body = self.quoted()?;
            if bytes && !body.is_ascii() {
                return None;
            }
            whole.push_str(&if prefix.contains('r') { body } else { unescape(&body, bytes)? });
            self.skip();
            let more = self.rest.trim_start_matches(|c: char| c.is_ascii_alphabetic());
            if !more.starts_with(['\'', '"']) {
                break;
            }
        }
        if of_bytes == Some(true) {
            return Some(Value::str(whole).at(self.origin.clone()));
        }
        Some(self.text(whole))
    }

    /// The raw text between quotes.
    fn quoted(&mut self) -> Option<String> {
        let quote = &self.rest[..1];
        let triple = quote.repeat(3);
        let close = if self.rest.starts_with(&triple) { triple } else { quote.to_string() };
        let text = &self.rest[close.len()..];
        let mut at = 0;
        while !text[at..].starts_with(&close) {
            let c = text[at..].chars().next()?;
            if c == '\n' && close.len() == 1 {
                return None;
            }
            at += c.len_utf8();
            if c == '\\' {
                at += text[at..].chars().next()?.len_utf8();
            }
        }
        self.rest = &text[at + close.len()..];
        Some(text[..at].to_string())
    }
}

enum Number {
    Int,
    Radix(u32),
    Float,
    Imaginary,
}

/// Length and kind of the number that a text starts with.
fn number_length(text: &str) -> Option<(usize, Number)> {
    let lower = text.get(..2).unwrap_or_default().to_ascii_lowercase();
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if lower == prefix {
            let body = text[2..].strip_prefix('_').unwrap_or(&text[2..]);
            let digits = digits(body, radix);
            let end = text.len() - body.len() + digits;
            return (digits > 0).then_some((end, Number::Radix(radix)));
        }
    }
    let whole = digits(text, 10);
    let mut end = whole;
    let mut float = false;
    if text[end..].starts_with('.') {
        float = true;
        let fraction = digits(&text[end + 1..], 10);
        if whole + fraction == 0 {
            return None;
        }
        end += 1 + fraction;
    }
    if text[end..].starts_with(['e', 'E']) {
        let sign = usize::from(text[end + 1..].starts_with(['+', '-']));
        let exponent = digits(&text[end + 1 + sign..], 10);
        if exponent > 0 {
            float = true;
            end += 1 + sign + exponent;
        }
    }
    if text[end..].starts_with(['j', 'J']) {
        return Some((end + 1, Number::Imaginary));
    }
    if float {
        return Some((end, Number::Float));
    }
    let zeros = text[..end].chars().all(|c| c == '0' || c == '_');
    (zeros || !text.starts_with('0')).then_some((end, Number::Int))
}

/// Length of a run of digits with single underscores between.
fn digits(text: &str, radix: u32) -> usize {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(|b| char::from(*b).is_digit(radix));
    let mut end = 0;
    loop {
        if is_digit(end) {
            end += 1;
        } else if end > 0 && bytes.get(end) == Some(&b'_') && is_digit(end + 1) {
            end += 2;
        } else {
            return end;
        }
    }
}

fn unescape(body: &str, bytes: bool) -> Option<String> {
    let mut out = String::new();
    let mut rest = body;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let c = rest[at + 1..].chars().next()?;
        rest = &rest[at + 1 + c.len_utf8()..];
        let wide = match c {
            'x' => 2,
            'u' if !bytes => 4,
            'U' if !bytes => 8,
            _ => 0,
        };
        if wide > 0 {
            let code = u32::from_str_radix(rest.get(..wide)?, 16).ok()?;
            out.push(char::from_u32(code)?);
            rest = &rest[wide..];
            continue;
        }
        match c {
            '\n' => {}
            '\\' | '\'' | '"' => out.push(c),
            'a' => out.push('\x07'),
            'b' => out.push('\x08'),
            'f' => out.push('\x0c'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'v' => out.push('\x0b'),
            'N' if !bytes => return None,
            '0'..='7' => {
                let more = rest.len() - rest.trim_start_matches(|d: char| d.is_digit(8)).len();
                let (tail, after) = rest.split_at(more.min(2));
                out.push(char::from_u32(u32::from_str_radix(&format!("{c}{tail}"), 8).ok()?)?);
                rest = after;
            }
            c => out.extend(['\\', c]),
        }
    }
    out.push_str(rest);
    Some(out)
}
