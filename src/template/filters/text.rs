//! Filters on text.

use super::attribute::Path;
use super::bind::{Bound, because, text_of};
use super::iterate::{items, lazy_items, length};
use super::{builtin, jinja};
use crate::base::{Kind, Value};
use crate::template::table::{Args, Env, Filter, Stop};

pub(super) const FILTERS: &[Filter] = &[
    jinja("upper", "Gives the text in capitals.", upper, &[("'aß' | upper", "'ASS'")]),
    jinja("lower", "Gives the text in small letters.", lower, &[("'AbC' | lower", "'abc'")]),
    jinja(
        "capitalize",
        "Makes the first character a capital and the others small.",
        capitalize,
        &[("'fOO bar' | capitalize", "'Foo bar'")],
    ),
    jinja(
        "title",
        "Begins each word with a capital.",
        title,
        &[("'foo-bar (baz)' | title", "'Foo-Bar (Baz)'")],
    ),
    jinja("string", "Gives the text form.", string, &[("[1, none] | string", "'[1, None]'")]),
    jinja(
        "trim",
        "Takes blanks, or the given characters, from both ends.",
        trim,
        &[("'  a ' | trim", "'a'"), ("'xxaxx' | trim('x')", "'a'")],
    ),
    jinja(
        "replace",
        "Replaces a text by another, at most `count` times.",
        replace,
        &[("'aaa' | replace('a', 'b')", "'bbb'"), ("'aaa' | replace('a', 'b', 2)", "'bba'")],
    ),
    jinja("center", "Pads on both sides to a width.", center, &[("'ab' | center(5)", "'  ab '")]),
    jinja("wordcount", "Counts the words.", wordcount, &[("'a bc, d' | wordcount", "3")]),
    jinja(
        "length",
        "Counts characters, items or keys.",
        count,
        &[("'äb' | length", "2"), ("{'a': 1} | length", "1")],
    ),
    jinja("count", "Counts characters, items or keys.", count, &[("[1, 2] | count", "2")]),
    jinja(
        "join",
        "Joins the texts of the items, or of an attribute of each.",
        join,
        &[
            ("[1, 'b'] | join('-')", "'1-b'"),
            ("[{'n': 'x'}, {'n': 'y'}] | join(',', attribute='n')", "'x,y'"),
        ],
    ),
    jinja(
        "reverse",
        "Gives a text or the items the other way round.",
        reverse,
        &[("'abc' | reverse", "'cba'"), ("[1, 2] | reverse", "[2, 1]")],
    ),
    jinja(
        "format",
        "Fills in a printf-style text.",
        format,
        &[("'%s-%02d' | format('a', 3)", "'a-03'"), ("'%(x)s' | format(x=1)", "'1'")],
    ),
    builtin(
        "split",
        "ansible.builtin.split",
        "Splits a text at a separator, or at blanks.",
        split,
        &[
            ("'a,b,c' | split(',')", "['a', 'b', 'c']"),
            ("' a  b ' | split", "['a', 'b']"),
            ("'a,b,c' | split(',', 1)", "['a', 'b,c']"),
        ],
    ),
];

/// Whether Python counts the character as a blank.
pub fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

/// Lines without their ends, at all line ends that Python's `splitlines` knows.
pub fn lines(text: &str) -> Vec<&str> {
    let is_end = |c: char| {
        matches!(
            c,
            '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some(end) = rest.find(is_end) {
        lines.push(&rest[..end]);
        let width = match &rest[end..] {
            tail if tail.starts_with("\r\n") => 2,
            tail => tail.chars().next().map_or(1, char::len_utf8),
        };
        rest = &rest[end + width..];
    }
    if !rest.is_empty() {
        lines.push(rest);
    }
    lines
}

fn none(call: &str, args: &Args) -> Result<(), Stop> {
    Bound::of(call, args, &[], 0).map(|_| ())
}

fn upper(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    none("upper", args)?;
    Ok(Value::from(text_of(&value).to_uppercase()))
}

fn lower(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    none("lower", args)?;
    Ok(Value::from(text_of(&value).to_lowercase()))
}

fn string(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    none("string", args)?;
    match value.kind {
        Kind::Str(_) => Ok(value),
        _ => Ok(Value::from(value.text())),
    }
}

fn capitalize(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    none("capitalize", args)?;
    Ok(Value::from(capitalized(&text_of(&value))))
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return String::new() };
    title_case(first) + &chars.as_str().to_lowercase()
}

/// The form of a letter at the beginning of a word.
fn title_case(c: char) -> String {
    match c {
        'Ǆ' | 'ǆ' => return "ǅ".into(),
        'Ǉ' | 'ǉ' => return "ǈ".into(),
        'Ǌ' | 'ǌ' => return "ǋ".into(),
        'Ǳ' | 'ǳ' => return "ǲ".into(),
        _ => {}
    }
    let mut upper = c.to_uppercase();
    let first = upper.next().map(String::from).unwrap_or_default();
    first + &upper.flat_map(char::to_lowercase).collect::<String>()
}

fn title(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    none("title", args)?;
    let begins = |c: char| is_space(c) || "-({[<".contains(c);
    let mut out = String::new();
    for word in text_of(&value).split_inclusive(begins) {
        out.push_str(&capitalized(word));
    }
    Ok(Value::from(out))
}

fn trim(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("trim", args, &["chars"], 0)?;
    let text = text_of(&value);
    let trimmed = match bound.some("chars") {
        Some(chars) => {
            let chars = text_of(chars);
            text.trim_matches(|c| chars.contains(c)).to_string()
        }
        None => text.trim_matches(is_space).to_string(),
    };
    Ok(Value::from(trimmed))
}

fn replace(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("do_replace", args, &["old", "new", "count"], 2)?;
    let (old, new) = (bound.text("old", ""), bound.text("new", ""));
    let text = text_of(&value);
    let replaced = match bound.some_int("count")? {
        Some(count) if count >= 0 => text.replacen(&*old, &new, count as usize),
        _ => text.replace(&*old, &new),
    };
    Ok(Value::from(replaced))
}

fn center(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("center", args, &["width"], 0)?;
    let width = bound.int("width", 80)?;
    let text = text_of(&value);
    let have = text.chars().count() as i64;
    if width <= have {
        return Ok(Value::from(text.into_owned()));
    }
    let pad = width - have;
    let left = pad / 2 + (pad & width & 1);
    let side = |n: i64| " ".repeat(n as usize);
    Ok(Value::from(format!("{}{text}{}", side(left), side(pad - left))))
}

fn wordcount(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    none("wordcount", args)?;
    let text = text_of(&value);
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    Ok(Value::from(words.filter(|word| !word.is_empty()).count() as i64))
}

fn count(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    none("length", args)?;
    length(&value).map(|n| Value::from(n as i64))
}

fn join(env: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("join", args, &["d", "attribute"], 0)?;
    let glue = bound.text("d", "");
    let path = Path::of(bound.get("attribute"));
    let mut out = String::new();
    for (i, item) in lazy_items(&value)?.iter().enumerate() {
        out.push_str(if i > 0 { &glue } else { "" });
        let item = path.get(env, item, None)?;
        out.push_str(&text_of(super::bind::defined(&item)?));
    }
    Ok(Value::from(out))
}

fn reverse(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    none("reverse", args)?;
    if let Kind::Str(text) = &value.kind {
        return Ok(Value::from(text.chars().rev().collect::<String>()));
    }
    let items = items(&value).map_err(|stop| match stop {
        Stop::Fault(why) => because("argument must be iterable", why.message),
        other => other,
    })?;
    Ok(Value::list(items.iter().rev().cloned().collect()))
}

fn format(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    if !args.positional.is_empty() && !args.keyword.is_empty() {
        return Err(Stop::fault("can't handle positional and keyword arguments at the same time"));
    }
    let text = text_of(&value);
    let given = if args.keyword.is_empty() {
        Value::new(Kind::Tuple(std::sync::Arc::new(args.positional.clone())))
    } else {
        Value::map(args.keyword.clone())
    };
    super::printf::format(&text, &given).map(Value::from)
}

fn split(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("split", args, &["sep", "maxsplit"], 0)?;
    let Kind::Str(text) = &value.kind else {
        return Err(Stop::fault(format!(
            "descriptor 'split' for 'str' objects doesn't apply to a '{}' object",
            value.type_name()
        )));
    };
    let most = usize::try_from(bound.int("maxsplit", -1)?).unwrap_or(usize::MAX - 1);
    let Some(separator) = bound.some("sep") else {
        return Ok(Value::from(split_blanks(text, most)));
    };
    match separator.as_str() {
        Some("") => Err(Stop::fault("empty separator")),
        Some(sep) => Ok(Value::from(text.splitn(most + 1, sep).collect::<Vec<_>>())),
        None => {
            let kind = separator.type_name();
            Err(Stop::fault(format!("must be str or None, not {kind}")))
        }
    }
}

/// Words between runs of blanks; behind `most` splits the rest stays whole.
pub fn split_blanks(text: &str, most: usize) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text.trim_start_matches(is_space);
    while !rest.is_empty() && words.len() < most {
        let end = rest.find(is_space).unwrap_or(rest.len());
        words.push(&rest[..end]);
        rest = rest[end..].trim_start_matches(is_space);
    }
    if !rest.is_empty() {
        words.push(rest.trim_end_matches(|c| most > 0 && words.is_empty() && is_space(c)));
    }
    words
}
