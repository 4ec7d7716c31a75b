//! `'{}'.format(...)` and format specifications.

use super::numbers::{self, Sign};
use crate::base::{Key, Kind, Value};
use crate::template::eval::{Core, need, raise};
use crate::template::table::{Args, Stop};

struct Formatter<'a> {
    core: &'a Core<'a>,
    args: &'a Args,
    next: usize,
    only_names: bool,
}

/// A text with its fields filled in.
pub fn format(core: &Core, text: &str, args: &Args, only_names: bool) -> Result<Value, Stop> {
    let mut formatter = Formatter { core, args, next: 0, only_names };
    formatter.fill(text, 2).map(Value::from)
}

impl Formatter<'_> {
    fn fill(&mut self, text: &str, depth: usize) -> Result<String, Stop> {
        if depth == 0 && text.contains('{') {
            return raise("Max string recursion exceeded");
        }
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            out.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(behind) = rest.strip_prefix(brace) {
                out.push_str(brace);
                rest = behind;
                continue;
            }
            if brace == "}" {
                return raise("Single '}' encountered in format string");
            }
            if rest.is_empty() {
                return raise("Single '{' encountered in format string");
            }
            let Some(end) = field_end(rest) else {
                return raise("expected '}' before end of string");
            };
            out.push_str(&self.field(&rest[..end], depth)?);
            rest = &rest[end + 1..];
        }
        out.push_str(rest);
        Ok(out)
    }

    fn field(&mut self, field: &str, depth: usize) -> Result<String, Stop> {
        let (head, spec) = split_field(field).unwrap_or((field, ""));
        let (name, conversion) = match head.rsplit_once('!') {
            Some((name, conversion)) => (name, Some(conversion)),
            None => (head, None),
        };
        let value = self.lookup(name)?;
        let spec = self.fill(spec, depth - 1)?;
        let value = match conversion {
            None => value,
            Some("s") => Value::str(self.core.text(&value)?),
            Some("r" | "a") => Value::from(self.core.deep(&value)?.repr()),
            Some(other) => return raise(format!("Unknown conversion specifier {other}")),
        };
        if spec.is_empty() {
            return self.core.text(&value).map(|text| text.to_string());
        }
        format_spec(self.core, &value, &spec)
    }

    /// `name.attribute[item]`
    fn lookup(&mut self, path: &str) -> Result<Value, Stop> {
        let end = path.find(['.', '[']).unwrap_or(path.len());
        let (first, mut rest) = path.split_at(end);
        let mut value = self.argument(first)?;
        while !rest.is_empty() {
            if let Some(item) = rest.strip_prefix('[') {
                let Some((key, behind)) = item.split_once(']') else {
                    return raise("Missing ']' in format string");
                };
                let key = key.parse::<i64>().map_or_else(|_| Value::from(key), Value::from);
                value = need(self.core.item(&value, &key)?)?;
                rest = behind;
                continue;
            }
            let name = rest.trim_start_matches('.');
            let end = name.find(['.', '[']).unwrap_or(name.len());
            value = need(self.core.attribute(&value, &name[..end].into())?)?;
            rest = &name[end..];
        }
        need(value)
    }

    fn argument(&mut self, name: &str) -> Result<Value, Stop> {
        let index = if name.is_empty() {
            self.next += 1;
            Some(self.next - 1)
        } else {
            name.parse::<usize>().ok()
        };
        let Some(index) = index else {
            return match self.args.keyword.get(&Key::from(name)) {
                Some(value) => Ok(value.clone()),
                None => raise(Value::from(name).repr()),
            };
        };
        if self.only_names {
            return raise("Format string contains positional fields");
        }
        match self.args.positional.get(index) {
            Some(value) => Ok(value.clone()),
            None => {
                raise(format!("Replacement index {index} out of range for positional args tuple"))
            }
        }
    }
}

/// Where the field ends whose opening brace was read; braces may be nested.
fn field_end(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The field before its specification; a colon in brackets belongs to the name.
fn split_field(field: &str) -> Option<(&str, &str)> {
    let mut brackets = 0;
    for (at, c) in field.char_indices() {
        match c {
            '[' => brackets += 1,
            ']' => brackets -= 1,
            ':' if brackets <= 0 => return Some((&field[..at], &field[at + 1..])),
            _ => {}
        }
    }
    None
}

/// `[[fill]align][sign][#][0][width][grouping][.precision][type]`
#[derive(Default)]
struct Spec {
    fill: Option<char>,
    align: Option<char>,
    sign: Sign,
    alternate: bool,
    width: usize,
    grouping: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

/// A value as a format specification says.
pub fn format_spec(core: &Core, value: &Value, spec: &str) -> Result<String, Stop> {
    if let Kind::Time(time) = &value.kind {
        return super::strftime(time, spec).map(|text| text.text());
    }
    let parsed = parse(spec, value)?;
    let (head, body, numeric) = match &value.kind {
        Kind::Int(_) | Kind::Big(_) | Kind::Bool(_) | Kind::Float(_) => number(value, &parsed)?,
        Kind::Str(_) => {
            if let Some(kind) = parsed.kind.filter(|kind| *kind != 's') {
                return raise(format!("Unknown format code '{kind}' for object of type 'str'"));
            }
            let text = core.text(value)?;
            let limit = parsed.precision.unwrap_or(usize::MAX);
            (String::new(), text.chars().take(limit).collect(), false)
        }
        _ => {
            let name = value.type_name();
            return raise(format!("unsupported format string passed to {name}.__format__"));
        }
    };
    Ok(padded(&parsed, &head, &body, numeric))
}

fn parse(spec: &str, value: &Value) -> Result<Spec, Stop> {
    let mut parsed = Spec::default();
    let chars: Vec<char> = spec.chars().collect();
    let is_align = |c: Option<&char>| c.is_some_and(|c| "<>=^".contains(*c));
    let mut at = 0;
    if is_align(chars.get(1)) {
        (parsed.fill, parsed.align) = (chars.first().copied(), chars.get(1).copied());
        at = 2;
    } else if is_align(chars.first()) {
        parsed.align = chars.first().copied();
        at = 1;
    }
    let mut take = |wanted: &str| {
        let found = chars.get(at).copied().filter(|c| wanted.contains(*c));
        at += usize::from(found.is_some());
        found
    };
    parsed.sign = sign(take("+- "));
    take("z");
    parsed.alternate = take("#").is_some();
    if take("0").is_some() {
        parsed.fill = parsed.fill.or(Some('0'));
        parsed.align = parsed.align.or(Some('='));
    }
    let mut digits = String::new();
    while let Some(digit) = take("0123456789") {
        digits.push(digit);
    }
    parsed.width = digits.parse().unwrap_or(0).min(10_000_000);
    parsed.grouping = take(",_");
    if take(".").is_some() {
        let mut digits = String::new();
        while let Some(digit) = take("0123456789") {
            digits.push(digit);
        }
        match digits.parse::<usize>() {
            Ok(precision) => parsed.precision = Some(precision.min(1_000_000)),
            Err(_) => return raise("Format specifier missing precision"),
        }
    }
    parsed.kind = take("bcdeEfFgGnosxX%");
    if at != chars.len() {
        let name = value.type_name();
        return raise(format!("Invalid format specifier '{spec}' for object of type '{name}'"));
    }
    Ok(parsed)
}

fn sign(written: Option<char>) -> Sign {
    match written {
        Some('+') => Sign::Always,
        Some(' ') => Sign::Blank,
        _ => Sign::None,
    }
}

/// Sign and prefix, digits, and whether zeros may stand between.
fn number(value: &Value, spec: &Spec) -> Result<(String, String, bool), Stop> {
    let whole = numbers::whole(value, false);
    let kind = spec.kind.unwrap_or(if whole.is_some() { 'd' } else { 'r' });
    if "eEfFgG%r".contains(kind) {
        return Ok(real(value, spec, kind));
    }
    let Some(whole) = whole else {
        return raise(format!("Unknown format code '{kind}' for object of type 'float'"));
    };
    let (radix, prefix) = match kind {
        'b' => (2, "0b"),
        'o' => (8, "0o"),
        'x' => (16, "0x"),
        'X' => (16, "0X"),
        'c' => {
            let c = u32::try_from(&whole).ok().and_then(char::from_u32);
            return match c {
                Some(c) => Ok((String::new(), c.to_string(), false)),
                None => raise("%c arg not in range(0x110000)"),
            };
        }
        's' => return raise("Unknown format code 's' for object of type 'int'"),
        _ => (10, ""),
    };
    let (negative, digits) = numbers::digits(&whole, radix, kind == 'X');
    let digits = match spec.grouping {
        Some(separator) => numbers::grouped(&digits, separator, if radix == 10 { 3 } else { 4 }),
        None => digits,
    };
    let prefix = if spec.alternate { prefix } else { "" };
    Ok((format!("{}{prefix}", spec.sign.text(negative)), digits, true))
}

fn real(value: &Value, spec: &Spec, kind: char) -> (String, String, bool) {
    let number = numbers::real(value).unwrap_or(f64::NAN);
    let size = number.abs();
    let precision = spec.precision.unwrap_or(6);
    let body = match kind {
        '%' => format!("{}%", numbers::float_text(size * 100.0, 'f', precision, false)),
        'r' if spec.precision.is_none() => crate::base::value::float_text(size),
        'r' => numbers::float_text(size, 'g', precision, spec.alternate),
        _ => numbers::float_text(size, kind, precision, spec.alternate),
    };
    let body = match spec.grouping {
        Some(separator) => numbers::grouped(&body, separator, 3),
        None => body,
    };
    let head = spec.sign.text(number.is_sign_negative() && !number.is_nan()).to_string();
    (head, body, true)
}

fn padded(spec: &Spec, head: &str, body: &str, numeric: bool) -> String {
    let length = head.chars().count() + body.chars().count();
    let missing = spec.width.saturating_sub(length);
    let fill = |count: usize| spec.fill.unwrap_or(' ').to_string().repeat(count);
    match spec.align.unwrap_or(if numeric { '>' } else { '<' }) {
        '<' => format!("{head}{body}{}", fill(missing)),
        '^' => format!("{}{head}{body}{}", fill(missing / 2), fill(missing - missing / 2)),
        '=' => format!("{head}{}{body}", fill(missing)),
        _ => format!("{}{head}{body}", fill(missing)),
    }
}
