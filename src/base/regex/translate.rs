//! Python's syntax of regular expressions in fancy-regex's.

use std::fmt::Write as _;

/// The same expression for fancy-regex.
///
/// # Errors
/// Escapes that Python does not know, and classes that are not closed.
pub fn translate(pattern: &str, multiline: bool) -> Result<String, String> {
    let chars: Vec<char> = pattern.chars().collect();
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut open = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        match chars[at] {
            '*' | '+' if at == 0 || matches!(chars[at - 1], '(' | '|') => {
                return Err(problem("nothing to repeat", at));
            }
            '\\' => escape(&chars, &mut at, &mut out, false)?,
            '[' => class(&chars, &mut at, &mut out)?,
            '{' => {
                let width = quantifier(&chars[at..], &mut out);
                at += width;
            }
            '}' => {
                out.push_str(r"\}");
                at += 1;
            }
            '$' if !multiline && !multiline_inside(&chars) => {
                // In Python it also matches before a newline at the very end.
                out.push_str(r"(?=\n?\z)");
                at += 1;
            }
            '(' if chars[at..].starts_with(&['(', '?', 'P', '=']) => {
                back_reference(&chars, &mut at, &mut out)?;
            }
            '(' if chars[at..].starts_with(&['(', '?', '#']) => {
                let end = chars[at..].iter().position(|c| *c == ')');
                at += end.ok_or_else(|| problem("missing ), unterminated comment", at))? + 1;
            }
            '(' => {
                open.push(at);
                flags(&chars, &mut at, &mut out);
            }
            c => {
                if c == ')' && open.pop().is_none() {
                    return Err(problem("unbalanced parenthesis", at));
                }
                out.push(c);
                at += 1;
            }
        }
    }
    match open.last() {
        Some(start) => Err(problem("missing ), unterminated subpattern", *start)),
        None => Ok(out),
    }
}

fn problem(what: &str, at: usize) -> String {
    format!("{what} at position {at}")
}

/// Whether an expression begins with a flag group of its own (`(?m)`) with the letter `m`.
pub fn is_multiline(pattern: &str) -> bool {
    let letters = pattern.strip_prefix("(?").and_then(|rest| rest.split_once(')'));
    letters.is_some_and(|(letters, _)| {
        letters.contains('m') && letters.chars().all(|c| c.is_ascii_alphabetic())
    })
}

/// Whether a flag group at the start asks for multi-line mode.
fn multiline_inside(chars: &[char]) -> bool {
    if !chars.starts_with(&['(', '?']) {
        return false;
    }
    let letters = chars[2..].iter().take_while(|c| c.is_ascii_alphabetic());
    let letters: Vec<char> = letters.copied().collect();
    letters.contains(&'m') && matches!(chars.get(2 + letters.len()), Some(')' | ':'))
}

/// An opening bracket with its flags; `a`, `u` and `L` are Python's own and are left out.
fn flags(chars: &[char], at: &mut usize, out: &mut String) {
    out.push('(');
    *at += 1;
    if chars.get(*at) != Some(&'?') {
        return;
    }
    let letters: Vec<char> =
        chars[*at + 1..].iter().take_while(|c| c.is_ascii_alphabetic()).copied().collect();
    let end = *at + 1 + letters.len();
    let is_flags = !letters.is_empty() && matches!(chars.get(end), Some(')' | ':' | '-'));
    if !is_flags || !letters.iter().any(|c| "auL".contains(*c)) {
        return;
    }
    out.push('?');
    out.extend(letters.iter().filter(|c| !"auL".contains(**c)));
    *at = end;
    if out.ends_with("(?") && chars.get(end) == Some(&')') {
        out.push(':');
    }
}

/// `(?P=name)`.
fn back_reference(chars: &[char], at: &mut usize, out: &mut String) -> Result<(), String> {
    let end = chars[*at..].iter().position(|c| *c == ')');
    let end = end.ok_or_else(|| problem("missing ), unterminated name", *at))? + *at;
    let name: String = chars[*at + 4..end].iter().collect();
    let _ = write!(out, r"\k<{name}>");
    *at = end + 1;
    Ok(())
}

/// A brace: a count if it is one to Python, else itself. Gives its width.
fn quantifier(chars: &[char], out: &mut String) -> usize {
    let inner: String = chars[1..].iter().take_while(|c| **c != '}').collect();
    let width = inner.chars().count() + 2;
    let closed = chars.get(width - 1) == Some(&'}');
    let (low, high) = inner.split_once(',').unwrap_or((&inner, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let has_comma = inner.contains(',');
    if !closed || !digits(low) || !digits(high) || (low.is_empty() && !has_comma) {
        out.push_str(r"\{");
        return 1;
    }
    let low = if low.is_empty() { "0" } else { low };
    let count = if has_comma { format!("{low},{high}") } else { low.to_string() };
    let _ = write!(out, "{{{count}}}");
    width
}

/// One escape, inside or outside of a class.
fn escape(chars: &[char], at: &mut usize, out: &mut String, inside: bool) -> Result<(), String> {
    let Some(c) = chars.get(*at + 1).copied() else {
        return Err(problem("bad escape (end of pattern)", *at));
    };
    let start = *at;
    *at += 2;
    match c {
        '0'..='9' => number(chars, at, out, inside),
        'd' | 'D' | 'w' | 'W' | 's' | 'S' | 'n' | 'r' | 't' | 'f' | 'v' | 'a' => {
            out.extend(['\\', c]);
        }
        'b' if inside => out.push_str(r"\x08"),
        'b' | 'B' | 'A' if !inside => out.extend(['\\', c]),
        'Z' if !inside => out.push_str(r"\z"),
        'x' => hex(chars, at, out, 2, start)?,
        'u' => hex(chars, at, out, 4, start)?,
        'U' => hex(chars, at, out, 8, start)?,
        c if c.is_ascii_alphabetic() => return Err(problem(&format!("bad escape \\{c}"), start)),
        c => literal(c, out),
    }
    Ok(())
}

/// A character that stands for itself.
fn literal(c: char, out: &mut String) {
    // Not all punctuation may be escaped: `\<` and `\>` are word edges.
    if r"\.+*?()|[]{}^$#&-~".contains(c) {
        out.push('\\');
    }
    if c.is_whitespace() {
        let _ = write!(out, r"\x{{{:x}}}", c as u32);
        return;
    }
    out.push(c);
}

fn hex(
    chars: &[char],
    at: &mut usize,
    out: &mut String,
    width: usize,
    start: usize,
) -> Result<(), String> {
    let digits: String = chars.iter().skip(*at).take(width).collect();
    if digits.len() != width || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        let letter = chars[start + 1];
        return Err(problem(&format!("incomplete escape \\{letter}{digits}"), start));
    }
    *at += width;
    let _ = write!(out, r"\x{{{digits}}}");
    Ok(())
}

/// An octal character or, outside of a class, a group.
fn number(chars: &[char], at: &mut usize, out: &mut String, inside: bool) {
    let digits: String =
        chars[*at - 1..].iter().take_while(|c| c.is_ascii_digit()).take(3).collect();
    let octal = digits.len() == 3 && digits.bytes().all(|b| b < b'8');
    if inside || digits.starts_with('0') || octal {
        let digits: String = digits.chars().take_while(|c| *c < '8').collect();
        let code = u32::from_str_radix(&digits, 8).unwrap_or(0);
        *at += digits.len().saturating_sub(1);
        let _ = write!(out, r"\x{{{code:x}}}");
        return;
    }
    let digits = &digits[..digits.len().min(2)];
    *at += digits.len() - 1;
    // Behind the group a digit may stand for itself.
    let _ = write!(out, r"(?:\{digits})");
}

/// A class: what fancy-regex reads as nesting or set operations is plain text to Python.
fn class(chars: &[char], at: &mut usize, out: &mut String) -> Result<(), String> {
    let start = *at;
    out.push('[');
    *at += 1;
    if chars.get(*at) == Some(&'^') {
        out.push('^');
        *at += 1;
    }
    if chars.get(*at) == Some(&']') {
        out.push_str(r"\]");
        *at += 1;
    }
    while let Some(c) = chars.get(*at) {
        match c {
            ']' => {
                out.push(']');
                *at += 1;
                return Ok(());
            }
            '\\' => escape(chars, at, out, true)?,
            '[' | '&' | '~' => {
                out.extend(['\\', *c]);
                *at += 1;
            }
            '-' => {
                dash(chars, *at, out);
                *at += 1;
            }
            c if c.is_whitespace() => {
                literal(*c, out);
                *at += 1;
            }
            c => {
                out.push(*c);
                *at += 1;
            }
        }
    }
    Err(problem("unterminated character set", start))
}

/// A dash is a range between two members, and itself at the edges and behind a class escape.
fn dash(chars: &[char], at: usize, out: &mut String) {
    let last = chars.get(at + 1) == Some(&']');
    let first = matches!(out.chars().last(), Some('[' | '^'))
        && !out.ends_with(r"\[")
        && !out.ends_with(r"\^");
    let set = ["\\d", "\\w", "\\s", "\\D", "\\W", "\\S"].iter().any(|set| out.ends_with(set));
    if last || first || set || chars.get(at + 1) == Some(&'-') {
        out.push('\\');
    }
    out.push('-');
}
