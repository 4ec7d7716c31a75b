//! JSON as Python's json module reads it, with its error texts.

use crate::base::{Key, Map, Value};
use num_bigint::BigInt;
use std::sync::Arc;

/// Nesting that is still read; Python stops at its recursion limit.
const DEPTH: usize = 900;

/// A word and its value.
type Word = (&'static str, fn() -> Value);

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

/// The value of a JSON text; the error is Python's, with line, column and character.
pub fn read(text: &str) -> Result<Value, String> {
    if text.starts_with('\u{feff}') {
        return Err(problem(text, "Unexpected UTF-8 BOM (decode using utf-8-sig)", 0));
    }
    let mut reader = Reader { text, at: 0, depth: 0 };
    reader.blanks();
    let value = reader.value()?;
    reader.blanks();
    if reader.at == text.len() { Ok(value) } else { Err(problem(text, "Extra data", reader.at)) }
}

fn problem(text: &str, what: &str, at: usize) -> String {
    let before = &text[..at.min(text.len())];
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |i| i + 1);
    let column = before[start..].chars().count() + 1;
    format!("{what}: line {line} column {column} (char {})", before.chars().count())
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn fail<T>(&self, what: &str, at: usize) -> Result<T, String> {
        Err(problem(self.text, what, at))
    }

    fn value(&mut self) -> Result<Value, String> {
        const WORDS: [Word; 6] = [
            ("null", || Value::NULL),
            ("true", || Value::from(true)),
            ("false", || Value::from(false)),
            ("NaN", || Value::from(f64::NAN)),
            ("Infinity", || Value::from(f64::INFINITY)),
            ("-Infinity", || Value::from(f64::NEG_INFINITY)),
        ];
        if let Some((word, make)) = WORDS.iter().find(|(word, _)| self.rest().starts_with(word)) {
            self.at += word.len();
            return Ok(make());
        }
        match self.peek() {
            Some(b'"') => self.string().map(Value::str),
            Some(b'[') => self.nested(Self::list),
            Some(b'{') => self.nested(Self::dict),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.fail("Expecting value", self.at),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Value, String>) -> Result<Value, String> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err("maximum recursion depth exceeded while decoding a JSON document".into());
        }
        self.at += 1;
        self.blanks();
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn list(&mut self) -> Result<Value, String> {
        let mut items = Vec::new();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::list(items));
        }
        loop {
            items.push(self.value()?);
            self.blanks();
            let at = self.at;
            self.at += 1;
            match self.text.as_bytes().get(at) {
                Some(b']') => return Ok(Value::list(items)),
                Some(b',') => self.blanks(),
                _ => return self.fail("Expecting ',' delimiter", at),
            }
            if self.peek() == Some(b']') {
                return self.fail("Illegal trailing comma before end of array", at);
            }
        }
    }

    fn dict(&mut self) -> Result<Value, String> {
        const NAME: &str = "Expecting property name enclosed in double quotes";
        let mut map = Map::new();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::map(map));
        }
        if self.peek() != Some(b'"') {
            return self.fail(NAME, self.at);
        }
        loop {
            let key = self.string()?;
            self.blanks();
            if self.peek() != Some(b':') {
                return self.fail("Expecting ':' delimiter", self.at);
            }
            self.at += 1;
            self.blanks();
            map.insert(Key::from(key), self.value()?);
            self.blanks();
            let at = self.at;
            self.at += 1;
            match self.text.as_bytes().get(at) {
                Some(b'}') => return Ok(Value::map(map)),
                Some(b',') => self.blanks(),
                _ => return self.fail("Expecting ',' delimiter", at),
            }
            match self.peek() {
                Some(b'"') => {}
                Some(b'}') => return self.fail("Illegal trailing comma before end of object", at),
                _ => return self.fail(NAME, self.at),
            }
        }
    }

    fn string(&mut self) -> Result<Arc<str>, String> {
        let start = self.at;
        self.at += 1;
        let mut out = String::new();
        loop {
            let plain = self.rest().find(|c: char| c == '"' || c == '\\' || c < ' ');
            let Some(plain) = plain else {
                return self.fail("Unterminated string starting at", start);
            };
            out.push_str(&self.text[self.at..self.at + plain]);
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out.into());
                }
                Some(b'\\') => self.escape(start, &mut out)?,
                _ => return self.fail("Invalid control character at", self.at),
            }
        }
    }

    fn escape(&mut self, start: usize, out: &mut String) -> Result<(), String> {
        let at = self.at;
        let Some(c) = self.rest().chars().nth(1) else {
            return self.fail("Unterminated string starting at", start);
        };
        self.at += 1 + c.len_utf8();
        out.push(match c {
            '"' | '\\' | '/' => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => self.unicode()?,
            _ => return self.fail("Invalid \\escape", at),
        });
        Ok(())
    }

    fn unicode(&mut self) -> Result<char, String> {
        let high = self.hex()?;
        let low = self.rest().strip_prefix("\\u").filter(|_| (0xd800..0xdc00).contains(&high));
        if low.is_some() {
            self.at += 2;
            let low = self.hex()?;
            if (0xdc00..0xe000).contains(&low) {
                let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or('\u{fffd}'));
            }
            self.at -= 6;
        }
        // A lone surrogate has no place in Rust's text.
        Ok(char::from_u32(high).unwrap_or('\u{fffd}'))
    }

    fn hex(&mut self) -> Result<u32, String> {
        let digits = self.rest().get(..4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let Some(code) = digits.and_then(|d| u32::from_str_radix(d, 16).ok()) else {
            return self.fail("Invalid \\uXXXX escape", self.at - 1);
        };
        self.at += 4;
        Ok(code)
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Result<Value, String> {
        let start = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => {
                self.digits();
            }
            _ => return self.fail("Expecting value", start),
        }
        let whole = self.at;
        self.fraction();
        self.exponent();
        let text = &self.text[start..self.at];
        if self.at == whole {
            return match text.parse::<BigInt>() {
                Ok(number) => Ok(Value::big(number)),
                Err(_) => self.fail("Expecting value", start),
            };
        }
        Ok(Value::from(text.parse::<f64>().unwrap_or(f64::NAN)))
    }

    fn fraction(&mut self) {
        let start = self.at;
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                self.at = start;
            }
        }
    }

    fn exponent(&mut self) {
        let start = self.at;
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'-' | b'+')));
            if self.digits() == 0 {
                self.at = start;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_json() {
        let value =
            read(" {\"a\": [1, -2.5e1, \"\\u00e4\\ud83d\\ude00\", null], \"a\": true} ").unwrap();
        assert_eq!(value.repr(), "{'a': True}");
        assert_eq!(
            read("[1.0, 18446744073709551616]").unwrap().repr(),
            "[1.0, 18446744073709551616]"
        );
    }

    #[test]
    fn errors_are_pythons() {
        let cases = [
            ("", "Expecting value: line 1 column 1 (char 0)"),
            ("[1,]", "Illegal trailing comma before end of array: line 1 column 3 (char 2)"),
            (
                "{'a': 1}",
                "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
            ),
            ("{\"a\" 1}", "Expecting ':' delimiter: line 1 column 6 (char 5)"),
            ("[1 2]", "Expecting ',' delimiter: line 1 column 4 (char 3)"),
            ("1\n2", "Extra data: line 2 column 1 (char 2)"),
            ("\"a", "Unterminated string starting at: line 1 column 1 (char 0)"),
            ("\"\\x\"", "Invalid \\escape: line 1 column 2 (char 1)"),
        ];
        for (text, message) in cases {
            assert_eq!(read(text).unwrap_err(), message, "{text}");
        }
    }
}
