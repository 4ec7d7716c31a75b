//! Python's replacement templates.

use super::{Found, Regex};

/// A replacement in parts.
pub struct Template(Vec<Part>);

enum Part {
    Text(String),
    Group(usize),
    Named(String),
}

impl Template {
    /// Reads `\1`, `\g<1>`, `\g<name>` and the usual escapes.
    ///
    /// # Errors
    /// Python's: unknown escapes and groups.
    pub fn of(text: &str, regex: &Regex) -> Result<Self, String> {
        let chars: Vec<char> = text.chars().collect();
        let mut parts = vec![Part::Text(String::new())];
        let mut at = 0;
        while at < chars.len() {
            let part = match chars[at] {
                '\\' => escape(&chars, &mut at, regex)?,
                c => {
                    at += 1;
                    Part::Text(c.to_string())
                }
            };
            match (parts.last_mut(), part) {
                (Some(Part::Text(before)), Part::Text(text)) => before.push_str(&text),
                (_, part) => parts.push(part),
            }
        }
        Ok(Self(parts))
    }

    /// The text for one match; groups that took no part are empty.
    pub fn fill(&self, found: &Found, out: &mut String) {
        for part in &self.0 {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Group(index) => out.push_str(found.group(*index).unwrap_or_default()),
                Part::Named(name) => out.push_str(found.named(name).unwrap_or_default()),
            }
        }
    }
}

fn escape(chars: &[char], at: &mut usize, regex: &Regex) -> Result<Part, String> {
    let start = *at;
    let problem = |what: &str, at: usize| Err(format!("{what} at position {at}"));
    let Some(c) = chars.get(*at + 1).copied() else {
        return problem("bad escape (end of pattern)", start);
    };
    *at += 2;
    let text = match c {
        'g' => return named(chars, at, regex),
        '0'..='9' => return number(chars, at, regex),
        'n' => "\n",
        'r' => "\r",
        't' => "\t",
        'a' => "\x07",
        'b' => "\x08",
        'f' => "\x0c",
        'v' => "\x0b",
        '\\' => "\\",
        c if c.is_ascii_alphabetic() => return problem(&format!("bad escape \\{c}"), start),
        c => return Ok(Part::Text(format!("\\{c}"))),
    };
    Ok(Part::Text(text.to_string()))
}

/// `\g<...>`.
fn named(chars: &[char], at: &mut usize, regex: &Regex) -> Result<Part, String> {
    if chars.get(*at) != Some(&'<') {
        return Err(format!("missing < at position {at}"));
    }
    let end = chars[*at..].iter().position(|c| *c == '>');
    let end = end.ok_or_else(|| format!("missing >, unterminated name at position {}", *at + 1))?;
    let name: String = chars[*at + 1..*at + end].iter().collect();
    let position = *at + 1;
    *at += end + 1;
    if let Ok(index) = name.parse::<usize>() {
        return group(index, position, regex);
    }
    if regex.has_group(&name) {
        Ok(Part::Named(name))
    } else {
        Err(format!("unknown group name '{name}'"))
    }
}

fn group(index: usize, position: usize, regex: &Regex) -> Result<Part, String> {
    if index <= regex.groups() {
        Ok(Part::Group(index))
    } else {
        Err(format!("invalid group reference {index} at position {position}"))
    }
}

/// A group of one or two digits, or an octal character.
fn number(chars: &[char], at: &mut usize, regex: &Regex) -> Result<Part, String> {
    let position = *at - 1;
    let digits: String =
        chars[position..].iter().take_while(|c| c.is_ascii_digit()).take(3).collect();
    let octal = digits.len() == 3 && digits.bytes().all(|b| b < b'8');
    if digits.starts_with('0') || octal {
        let digits: String = digits.chars().take_while(|c| *c < '8').collect();
        *at = position + digits.len();
        let code = u32::from_str_radix(&digits, 8).unwrap_or(0);
        return Ok(Part::Text(char::from_u32(code).map(String::from).unwrap_or_default()));
    }
    let digits = &digits[..digits.len().min(2)];
    *at = position + digits.len();
    group(digits.parse().unwrap_or(0), position, regex)
}
