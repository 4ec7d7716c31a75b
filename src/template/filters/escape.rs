//! Filters that quote text for HTML and shells.

use super::bind::{Bound, shown, text_of};
use super::iterate::need_mapping;
use super::text::is_space;
use super::{builtin, jinja};
use crate::base::{Kind, Value, quote};
use crate::template::table::{Args, Env, Filter, Stop};

pub(super) const FILTERS: &[Filter] = &[
    jinja(
        "escape",
        "Escapes HTML's special characters.",
        escape,
        &[("'<a & \"b\">' | escape", "'&lt;a &amp; &#34;b&#34;&gt;'")],
    ),
    jinja("e", "Escapes HTML's special characters.", escape, &[("\"it's\" | e", "'it&#39;s'")]),
    jinja(
        "forceescape",
        "Escapes HTML's special characters.",
        escape,
        &[("'<' | forceescape", "'&lt;'")],
    ),
    jinja(
        "safe",
        "Gives the text as it is; nothing here escapes by itself.",
        safe,
        &[("'<' | safe", "'<'")],
    ),
    jinja(
        "striptags",
        "Takes out HTML tags and comments, and joins blanks.",
        striptags,
        &[("'<p>a  <b>b</b> &lt;</p>' | striptags", "'a b <'")],
    ),
    jinja(
        "xmlattr",
        "Writes a dict as XML attributes, leaving out what is none.",
        xmlattr,
        &[("{'id': 'a\"', 'n': 1, 'x': none} | xmlattr", "' id=\"a&#34;\" n=\"1\"'")],
    ),
    builtin(
        "quote",
        "ansible.builtin.quote",
        "Quotes a text as one word for a POSIX shell.",
        quote_word,
        &[("'a b' | quote", "\"'a b'\""), ("none | quote", "\"''\"")],
    ),
];

/// `text` with HTML's special characters as entities.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\'' => out.push_str("&#39;"),
            '"' => out.push_str("&#34;"),
            c => out.push(c),
        }
    }
    out
}

fn escape(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    Bound::of("escape", args, &[], 0)?;
    Ok(Value::from(escaped(&text_of(&value))))
}

fn safe(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    Bound::of("do_mark_safe", args, &[], 0)?;
    match value.kind {
        Kind::Str(_) => Ok(value),
        _ => Ok(Value::from(value.text())),
    }
}

fn quote_word(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    Bound::of("quote", args, &[], 0)?;
    if value.is_null() {
        return Ok(Value::from("''"));
    }
    let text = text_of(&value);
    // The same words stay bare as with Python's shlex; inner quotes are written its way.
    let plain = |c: char| c.is_ascii_alphanumeric() || "@%_-+=:,./".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return Ok(Value::from(quote::sh(&text)));
    }
    Ok(Value::from(format!("'{}'", text.replace('\'', "'\"'\"'"))))
}

fn xmlattr(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("do_xmlattr", args, &["autospace"], 0)?;
    let map = need_mapping(&value, |_| {
        format!("'{}' object has no attribute 'items'", value.type_name())
    })?;
    let mut written = Vec::new();
    for (key, item) in map.iter() {
        if item.is_null() || item.is_undefined() {
            continue;
        }
        let name = key.value().text();
        if name.contains(|c: char| is_space(c) || "/>=".contains(c)) {
            let shown = shown(&key.value());
            return Err(Stop::fault(format!("Invalid character in attribute name: {shown}")));
        }
        written.push(format!("{}=\"{}\"", escaped(&name), escaped(&text_of(item))));
    }
    let mut text = written.join(" ");
    if bound.flag("autospace", true) && !text.is_empty() {
        text.insert(0, ' ');
    }
    Ok(Value::from(text))
}

fn striptags(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    Bound::of("do_striptags", args, &[], 0)?;
    let bare = without(&without(&text_of(&value), "<!--", "-->"), "<", ">");
    let words: Vec<&str> = bare.split(is_space).filter(|word| !word.is_empty()).collect();
    Ok(Value::from(unescaped(&words.join(" "))))
}

/// `text` without all that stands between `open` and `close`.
fn without(text: &str, open: &str, close: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(open) {
        let Some(end) = rest[start..].find(close) else { break };
        out.push_str(&rest[..start]);
        rest = &rest[start + end + close.len()..];
    }
    out + rest
}

/// Numeric references and the entities of XML and Latin text as characters; others stay.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.find(';').filter(|end| *end < 12);
        let found = end.and_then(|end| Some((entity(&rest[1..end])?, end + 1)));
        let (c, width) = found.unwrap_or(('&', 1));
        out.push(c);
        rest = &rest[width..];
    }
    out + rest
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "copy" => '©',
        "reg" => '®',
        "hellip" => '…',
        "ndash" => '–',
        "mdash" => '—',
        "laquo" => '«',
        "raquo" => '»',
        "euro" => '€',
        "auml" => 'ä',
        "ouml" => 'ö',
        "uuml" => 'ü',
        "Auml" => 'Ä',
        "Ouml" => 'Ö',
        "Uuml" => 'Ü',
        "szlig" => 'ß',
        _ => return None,
    })
}
