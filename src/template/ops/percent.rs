//! `'%s' % value`

use crate::base::{Key, Kind, Value};
use crate::template::eval::{Core, raise};
use crate::template::methods::numbers::{self, Sign};
use crate::template::table::Stop;
use std::iter::Peekable;
use std::str::Chars;

/// One directive behind its `%`.
#[derive(Default)]
struct Directive {
    key: Option<String>,
    left: bool,
    zero: bool,
    alternate: bool,
    sign: Sign,
    width: usize,
    precision: Option<usize>,
}

struct Formatter<'a> {
    core: &'a Core<'a>,
    chars: Peekable<Chars<'a>>,
    args: Vec<Value>,
    mapping: Option<&'a Value>,
    next: usize,
    length: usize,
    out: String,
}

/// A text with its directives filled in.
pub fn format(core: &Core, text: &str, args: &Value) -> Result<Value, Stop> {
    let mapping = matches!(args.kind, Kind::Map(_)).then_some(args);
    let all = match &args.kind {
        Kind::Tuple(items) => items.to_vec(),
        _ => vec![args.clone()],
    };
    let mut formatter = Formatter {
        core,
        chars: text.chars().peekable(),
        args: all,
        mapping,
        next: 0,
        length: text.chars().count(),
        out: String::new(),
    };
    formatter.run()?;
    let unused = formatter.next < formatter.args.len();
    if unused && mapping.is_none() && !matches!(args.kind, Kind::List(_) if formatter.next > 0) {
        return raise("not all arguments converted during string formatting");
    }
    Ok(Value::from(formatter.out))
}

impl Formatter<'_> {
    fn run(&mut self) -> Result<(), Stop> {
        while let Some(c) = self.chars.next() {
            if c != '%' {
                self.out.push(c);
                continue;
            }
            let directive = self.directive()?;
            let Some(kind) = self.chars.next() else { return raise("incomplete format") };
            if kind == '%' {
                self.out.push('%');
                continue;
            }
            let value = self.argument(&directive)?;
            let text = self.convert(&directive, kind, &value)?;
            self.out.push_str(&text);
        }
        Ok(())
    }

    fn directive(&mut self) -> Result<Directive, Stop> {
        let mut directive = Directive::default();
        if self.chars.next_if_eq(&'(').is_some() {
            let mut key = String::new();
            loop {
                match self.chars.next() {
                    Some(')') => break,
                    Some(c) => key.push(c),
                    None => return raise("incomplete format key"),
                }
            }
            directive.key = Some(key);
        }
        while let Some(flag) = self.chars.next_if(|c| "#0- +".contains(*c)) {
            match flag {
                '#' => directive.alternate = true,
                '0' => directive.zero = true,
                '-' => directive.left = true,
                '+' => directive.sign = Sign::Always,
                _ if directive.sign == Sign::Always => {}
                _ => directive.sign = Sign::Blank,
            }
        }
        if let Some(width) = self.number()? {
            directive.left |= width < 0;
            directive.width = usize::try_from(width.abs()).unwrap_or(0);
        }
        if self.chars.next_if_eq(&'.').is_some() {
            let precision = self.number()?.unwrap_or(0);
            directive.precision = Some(usize::try_from(precision).unwrap_or(0));
        }
        while self.chars.next_if(|c| "hlL".contains(*c)).is_some() {}
        Ok(directive)
    }

    /// Digits or `*`.
    fn number(&mut self) -> Result<Option<i64>, Stop> {
        if self.chars.next_if_eq(&'*').is_some() {
            let value = self.positional()?;
            return match value.as_int() {
                Some(number) => Ok(Some(number)),
                None => raise("* wants int"),
            };
        }
        let mut digits = String::new();
        while let Some(digit) = self.chars.next_if(char::is_ascii_digit) {
            digits.push(digit);
        }
        match digits.parse::<i64>() {
            Ok(number) if number > 1_000_000 => raise("width too big"),
            Ok(number) => Ok(Some(number)),
            Err(_) => Ok(None),
        }
    }

    fn positional(&mut self) -> Result<Value, Stop> {
        let Some(value) = self.args.get(self.next).cloned() else {
            return raise("not enough arguments for format string");
        };
        self.next += 1;
        Ok(value)
    }

    fn argument(&mut self, directive: &Directive) -> Result<Value, Stop> {
        let Some(key) = &directive.key else { return self.positional() };
        let Some(map) = self.mapping.and_then(Value::as_map) else {
            return raise("format requires a mapping");
        };
        match map.get(&Key::from(key.as_str())) {
            Some(value) => Ok(value.clone()),
            None => raise(Value::from(key.as_str()).repr()),
        }
    }

    fn convert(&self, directive: &Directive, kind: char, value: &Value) -> Result<String, Stop> {
        let text = match kind {
            's' => self.core.text(value)?.to_string(),
            'r' | 'a' => self.core.deep(value)?.repr(),
            'c' => character(value)?,
            'd' | 'i' | 'u' | 'o' | 'x' | 'X' => return integer(directive, kind, value),
            'e' | 'E' | 'f' | 'F' | 'g' | 'G' => return real(directive, kind, value),
            other => {
                let code = other as u32;
                let index = self.length - self.chars.clone().count() - 1;
                return raise(format!(
                    "unsupported format character '{other}' ({code:#x}) at index {index}"
                ));
            }
        };
        let text: String = match directive.precision {
            Some(precision) if kind != 'c' => text.chars().take(precision).collect(),
            _ => text,
        };
        Ok(padded(directive, "", &text, false))
    }
}

fn character(value: &Value) -> Result<String, Stop> {
    match &value.kind {
        Kind::Int(code) => match u32::try_from(*code).ok().and_then(char::from_u32) {
            Some(c) => Ok(c.to_string()),
            None => raise("%c arg not in range(0x110000)"),
        },
        Kind::Str(text) if text.chars().count() == 1 => Ok(text.to_string()),
        _ => raise(
            "%c requires an int or a unicode character, not ".to_string() + value.class_name(),
        ),
    }
}

fn integer(directive: &Directive, kind: char, value: &Value) -> Result<String, Stop> {
    let decimal = matches!(kind, 'd' | 'i' | 'u');
    let Some(number) = numbers::whole(value, decimal) else {
        let wanted = if decimal { "a real number" } else { "an integer" };
        let name = value.class_name();
        return raise(format!("%{kind} format: {wanted} is required, not {name}"));
    };
    let radix = match kind {
        'o' => 8,
        'x' | 'X' => 16,
        _ => 10,
    };
    let (negative, mut digits) = numbers::digits(&number, radix, kind == 'X');
    if let Some(precision) = directive.precision {
        digits = format!("{digits:0>precision$}");
    }
    let prefix = match (directive.alternate, kind) {
        (true, 'o') => "0o",
        (true, 'x') => "0x",
        (true, 'X') => "0X",
        _ => "",
    };
    let head = format!("{}{prefix}", directive.sign.text(negative));
    Ok(padded(directive, &head, &digits, true))
}

fn real(directive: &Directive, kind: char, value: &Value) -> Result<String, Stop> {
    let Some(number) = numbers::real(value) else {
        return raise(format!("must be real number, not {}", value.class_name()));
    };
    let precision = directive.precision.unwrap_or(6);
    let text = numbers::float_text(number.abs(), kind, precision, directive.alternate);
    let head = directive.sign.text(number.is_sign_negative() && !number.is_nan());
    Ok(padded(directive, head, &text, number.is_finite()))
}

fn padded(directive: &Directive, head: &str, body: &str, numeric: bool) -> String {
    let length = head.chars().count() + body.chars().count();
    let missing = directive.width.saturating_sub(length);
    if directive.left {
        return format!("{head}{body}{}", " ".repeat(missing));
    }
    if directive.zero && numeric {
        return format!("{head}{}{body}", "0".repeat(missing));
    }
    format!("{}{head}{body}", " ".repeat(missing))
}
