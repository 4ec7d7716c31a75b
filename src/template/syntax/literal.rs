//! String literals: what Python's escapes mean.

/// The strings of a stretch of source that holds one or more literals side by side. With `raw`,
/// backslashes are kept as they are: text of a playbook had them processed by YAML already.
pub fn decode(source: &str, raw: bool) -> Result<String, String> {
    let mut out = String::new();
    let mut chars = source.char_indices();
    while let Some((start, quote)) = chars.next() {
        if quote != '\'' && quote != '"' {
            continue;
        }
        let from = start + 1;
        let mut end = source.len();
        while let Some((at, c)) = chars.next() {
            if c == '\\' {
                chars.next();
            } else if c == quote {
                end = at;
                break;
            }
        }
        let inner = &source[from..end];
        if raw {
            out.push_str(inner);
        } else {
            out.push_str(&unescape(inner)?);
        }
    }
    Ok(out)
}

/// The text that Python reads from the inside of a string literal.
pub fn unescape(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = escape(&rest[at + 1..], &mut out)?;
    }
    out.push_str(rest);
    Ok(out)
}

/// Reads one escape behind its backslash; gives what follows it.
fn escape<'a>(rest: &'a str, out: &mut String) -> Result<&'a str, String> {
    let Some(c) = rest.chars().next() else {
        return Err("\\ at end of string".to_string());
    };
    let simple = match c {
        '\n' => return Ok(&rest[1..]),
        '\\' | '\'' | '"' => c,
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        'x' => return hex(rest, 2, "\\xXX", out),
        'u' => return hex(rest, 4, "\\uXXXX", out),
        'U' => return hex(rest, 8, "\\UXXXXXXXX", out),
        '0'..='7' => return Ok(octal(rest, out)),
        other => {
            out.push('\\');
            other
        }
    };
    out.push(simple);
    Ok(&rest[c.len_utf8()..])
}

fn octal<'a>(rest: &'a str, out: &mut String) -> &'a str {
    let length = rest.bytes().take(3).take_while(|b| (b'0'..=b'7').contains(b)).count();
    let code = u32::from_str_radix(&rest[..length], 8).unwrap_or(0);
    out.push(char::from_u32(code).unwrap_or('\u{fffd}'));
    &rest[length..]
}

fn hex<'a>(rest: &'a str, length: usize, form: &str, out: &mut String) -> Result<&'a str, String> {
    let truncated = || format!("(unicode error) truncated {form} escape");
    let digits = rest.get(1..=length).ok_or_else(truncated)?;
    let code = u32::from_str_radix(digits, 16).map_err(|_| truncated())?;
    let tail = &rest[length + 1..];
    if let Some(c) = char::from_u32(code) {
        out.push(c);
        return Ok(tail);
    }
    // A surrogate pair, as JavaScript and JSON write characters beyond the first plane.
    let low = tail.strip_prefix("\\u").and_then(|low| low.get(..4));
    let low = low.and_then(|low| u32::from_str_radix(low, 16).ok());
    if let (0xd800..0xdc00, Some(low @ 0xdc00..0xe000)) = (code, low) {
        let joined = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        out.push(char::from_u32(joined).unwrap_or('\u{fffd}'));
        return Ok(&tail[6..]);
    }
    Err("(unicode error) illegal Unicode character".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_pythons() {
        assert_eq!(unescape(r"a\tb\\c\x41\101\u00e9\d\'").unwrap(), "a\tb\\cAA\u{e9}\\d'");
        assert_eq!(unescape(r"\1").unwrap(), "\u{1}");
        assert!(unescape(r"\x4").is_err());
    }

    #[test]
    fn literals_side_by_side_are_one() {
        assert_eq!(decode(r#"'a\n' "b""#, false).unwrap(), "a\nb");
        assert_eq!(decode(r"'\1'", true).unwrap(), r"\1");
        assert_eq!(decode(r"'it\'s'", true).unwrap(), r"it\'s");
    }
}
