//! What a YAML node is: the tag that is written on it, or the one YAML 1.1 gives its plain text.

use super::timestamp;

/// The types that the loader can build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag<'a> {
    Null,
    Bool,
    Int,
    Float,
    Time,
    Binary,
    Str,
    Seq,
    Map,
    Set,
    /// `!!omap` and `!!pairs`: a list of pairs.
    Pairs,
    /// A plain `<<`: merges as a key, is nothing as a value.
    Merge,
    /// A plain `=`: text as a key, is nothing as a value.
    Default,
    /// Ansible's `!unsafe`.
    Unsafe,
    /// Ansible's `!vault`, with the name that was written.
    Vault(&'a str),
    /// Nothing we know.
    Other(&'a str),
}

const STANDARD: &str = "tag:yaml.org,2002:";

impl<'a> Tag<'a> {
    /// The type of a tag as the parser spells it out.
    pub(super) fn named(name: &'a str, ansible: bool) -> Self {
        match name {
            "!unsafe" if ansible => return Self::Unsafe,
            "!vault" | "!vault-encrypted" if ansible => return Self::Vault(name),
            _ => {}
        }
        match name.strip_prefix(STANDARD).unwrap_or("") {
            "null" => Self::Null,
            "bool" => Self::Bool,
            "int" => Self::Int,
            "float" => Self::Float,
            "timestamp" => Self::Time,
            "binary" => Self::Binary,
            "str" | "python/unicode" => Self::Str,
            "seq" => Self::Seq,
            "map" | "python/dict" => Self::Map,
            "set" => Self::Set,
            "omap" | "pairs" => Self::Pairs,
            "merge" => Self::Merge,
            "value" => Self::Default,
            _ => Self::Other(name),
        }
    }

    /// The type of a plain scalar, by the rules of YAML 1.1 as `PyYAML` reads them.
    pub(super) fn of_plain(text: &str) -> Self {
        match text {
            "" | "~" | "null" | "Null" | "NULL" => Self::Null,
            "<<" => Self::Merge,
            "=" => Self::Default,
            _ if truth(text).is_some() => Self::Bool,
            _ if !text.starts_with(['-', '+', '.']) && !starts_with_digit(text) => Self::Str,
            _ if is_float(text) => Self::Float,
            _ if is_int(text) => Self::Int,
            _ if timestamp::is_timestamp(text) => Self::Time,
            _ => Self::Str,
        }
    }
}

/// The boolean that a plain text is in YAML 1.1: three spellings each, `y` and `n` are text.
pub(super) fn truth(text: &str) -> Option<bool> {
    match text {
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['-', '+']).unwrap_or(text)
}

/// Digits and underscores behind a first digit.
fn is_digits(text: &str) -> bool {
    starts_with_digit(text) && is_loose(text)
}

/// Digits and underscores, also none.
fn is_loose(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || b == b'_')
}

/// `:30:05` behind the first number of a sexagesimal.
fn is_minutes<'a>(mut parts: impl Iterator<Item = &'a str>) -> bool {
    parts.all(|part| match part.as_bytes() {
        [d] => d.is_ascii_digit(),
        [tens, ones] => (b'0'..=b'5').contains(tens) && ones.is_ascii_digit(),
        _ => false,
    })
}

fn is_sexagesimal(text: &str) -> bool {
    text.split_once(':')
        .is_some_and(|(first, rest)| is_digits(first) && is_minutes(rest.split(':')))
}

fn is_float(text: &str) -> bool {
    let number = unsigned(text);
    if matches!(number, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    if let Some(fraction) = text.strip_prefix('.') {
        return is_digits(without_exponent(fraction));
    }
    let Some((whole, fraction)) = number.split_once('.') else { return false };
    if is_sexagesimal(whole) {
        return is_loose(fraction);
    }
    is_digits(whole) && is_loose(without_exponent(fraction))
}

/// The text before `e+05`; the sign of the exponent is required in YAML 1.1.
fn without_exponent(text: &str) -> &str {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return text };
    let digits = exponent.strip_prefix(['-', '+']).unwrap_or("");
    let whole = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if whole { mantissa } else { text }
}

fn is_int(text: &str) -> bool {
    let number = unsigned(text);
    let all = |digits: &str, allowed: fn(u8) -> bool| {
        !digits.is_empty() && digits.bytes().all(|b| b == b'_' || allowed(b))
    };
    if let Some(binary) = number.strip_prefix("0b") {
        return all(binary, |b| b == b'0' || b == b'1');
    }
    if let Some(hex) = number.strip_prefix("0x") {
        return all(hex, |b| b.is_ascii_hexdigit());
    }
    if let Some(octal) = number.strip_prefix('0') {
        return octal.is_empty() || all(octal, |b| (b'0'..=b'7').contains(&b));
    }
    is_digits(number) || is_sexagesimal(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_has_the_types_of_yaml_1_1() {
        let cases = [
            ("yes", Tag::Bool),
            ("y", Tag::Str),
            ("Off", Tag::Bool),
            ("oN", Tag::Str),
            ("~", Tag::Null),
            ("nULL", Tag::Str),
            ("0644", Tag::Int),
            ("0888", Tag::Str),
            ("0o17", Tag::Str),
            ("0x1F", Tag::Int),
            ("-0b1_0", Tag::Int),
            ("1_000", Tag::Int),
            ("_1", Tag::Str),
            ("12:30", Tag::Int),
            ("12:60", Tag::Str),
            ("00:30", Tag::Str),
            ("1:30.5", Tag::Float),
            ("1.", Tag::Float),
            (".5", Tag::Float),
            ("+.5", Tag::Str),
            ("-.inf", Tag::Float),
            ("-.nan", Tag::Str),
            ("1e3", Tag::Str),
            ("1.0e3", Tag::Str),
            ("1.0e+3", Tag::Float),
            ("1.2.3", Tag::Str),
            (".", Tag::Str),
            ("-", Tag::Str),
            ("2002-12-14", Tag::Time),
            ("2002-1-1", Tag::Str),
            ("<<", Tag::Merge),
            ("=", Tag::Default),
            ("hello", Tag::Str),
        ];
        for (text, tag) in cases {
            assert_eq!(Tag::of_plain(text), tag, "{text}");
        }
    }
}
