//! Filters that lay out text: indents, comments, cuts, line breaks.

use super::bind::{Bound, int_of, shown, text_of};
use super::text::lines;
use super::wrap::{Wrap, wrap};
use super::{builtin, jinja};
use crate::base::{Diagnostic, Kind, Value};
use crate::template::table::{Args, Env, Filter, Stop};

pub(super) const FILTERS: &[Filter] = &[
    jinja(
        "indent",
        "Indents all lines but the first by some blanks or a text.",
        indent,
        &[
            (r"'a\nb' | indent(2)", r"'a\n  b'"),
            (r"'a\n\nb' | indent(2, first=true)", r"'  a\n\n  b'"),
            (r"'a\n\nb' | indent(2, blank=true)", r"'a\n  \n  b'"),
            (r"'a\nb' | indent('> ')", r"'a\n> b'"),
        ],
    ),
    jinja(
        "wordwrap",
        "Breaks lines at a width.",
        wordwrap,
        &[(r"'aa bb cc' | wordwrap(5)", r"'aa bb\ncc'")],
    ),
    jinja(
        "truncate",
        "Cuts a text that is more than `leeway` characters too long.",
        truncate,
        &[
            ("'foo bar baz qux' | truncate(9)", "'foo...'"),
            ("'foo bar baz qux' | truncate(9, true)", "'foo ba...'"),
            ("'foo bar baz qux' | truncate(11)", "'foo bar baz qux'"),
        ],
    ),
    builtin(
        "comment",
        "ansible.builtin.comment",
        "Makes the lines a comment of some language.",
        comment,
        &[
            ("'a' | comment", r"'#\n# a\n#'"),
            ("'a' | comment('c')", r"'//\n// a\n//'"),
            ("'a' | comment('cblock')", r"'/*\n *\n * a\n *\n */'"),
            ("'a' | comment(decoration='; ', prefix='', postfix='')", r"'; a\n'"),
        ],
    ),
];

fn indent(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("do_indent", args, &["width", "first", "blank"], 0)?;
    let Kind::Str(text) = &value.kind else {
        let kind = value.type_name();
        return Err(Stop::fault(format!("unsupported operand type(s) for +=: '{kind}' and 'str'")));
    };
    let by = match bound.get("width") {
        None => "    ".to_string(),
        Some(Value { kind: Kind::Str(by), .. }) => by.to_string(),
        Some(Value { kind: Kind::Float(_), .. }) => {
            return Err(Stop::fault("can't multiply sequence by non-int of type 'float'"));
        }
        Some(width) => " ".repeat(int_of(width)?.max(0) as usize),
    };
    // The added newline keeps a last empty line.
    let text = format!("{text}\n");
    let blank = bound.flag("blank", false);
    let indented: Vec<String> = lines(&text)
        .into_iter()
        .enumerate()
        .map(|(i, line)| {
            if i > 0 && (blank || !line.is_empty()) {
                format!("{by}{line}")
            } else {
                line.to_string()
            }
        })
        .collect();
    let first = if bound.flag("first", false) { by.as_str() } else { "" };
    Ok(Value::from(format!("{first}{}", indented.join("\n"))))
}

fn wordwrap(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    const NAMES: &[&str] = &["width", "break_long_words", "wrapstring", "break_on_hyphens"];
    let bound = Bound::of("do_wordwrap", args, NAMES, 0)?;
    let options = Wrap {
        width: bound.int("width", 79)?.max(1) as usize,
        long_words: bound.flag("break_long_words", true),
        hyphens: bound.flag("break_on_hyphens", true),
    };
    let glue = bound.some("wrapstring").map_or_else(|| "\n".into(), Value::text);
    let text = text_of(&value);
    let wrapped: Vec<String> =
        lines(&text).into_iter().map(|line| wrap(line, options).join(&glue)).collect();
    Ok(Value::from(wrapped.join(&glue)))
}

fn truncate(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("do_truncate", args, &["length", "killwords", "end", "leeway"], 0)?;
    let length = bound.int("length", 255)?;
    let end = bound.text("end", "...");
    let leeway = bound.some_int("leeway")?.unwrap_or(5);
    let end_length = end.chars().count() as i64;
    if length < end_length {
        return Err(Stop::fault(format!("expected length >= {end_length}, got {length}")));
    }
    if leeway < 0 {
        return Err(Stop::fault(format!("expected leeway >= 0, got {leeway}")));
    }
    let text = text_of(&value);
    if text.chars().count() as i64 <= length + leeway {
        return Ok(Value::from(text.into_owned()));
    }
    let head: String = text.chars().take((length - end_length) as usize).collect();
    let cut = if bound.flag("killwords", false) {
        head.as_str()
    } else {
        head.rsplit_once(' ').map_or(head.as_str(), |(kept, _)| kept)
    };
    Ok(Value::from(format!("{cut}{end}")))
}

/// What a comment is made of.
struct Style<'a> {
    beginning: &'a str,
    decoration: &'a str,
    end: &'a str,
}

fn style(name: &str) -> Option<Style<'static>> {
    let (beginning, decoration, end) = match name {
        "plain" => ("", "# ", ""),
        "erlang" => ("", "% ", ""),
        "c" => ("", "// ", ""),
        "cblock" => ("/*", " * ", " */"),
        "xml" => ("<!--", " - ", "-->"),
        _ => return None,
    };
    Some(Style { beginning, decoration, end })
}

const COMMENT: &[&str] = &[
    "style",
    "newline",
    "beginning",
    "prefix",
    "prefix_count",
    "decoration",
    "postfix",
    "postfix_count",
    "end",
];

fn comment(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("comment", args, COMMENT, 0)?;
    let name = bound.text("style", "plain");
    let Some(style) = style(&name) else {
        let shown = bound.get("style").map(shown).unwrap_or_default();
        let error = Diagnostic::new(format!("Invalid style {shown}."))
            .hint("Available styles: plain, erlang, c, cblock, xml");
        return Err(Stop::Fault(error));
    };
    let newline = bound.text("newline", "\n");
    let decoration = bound.text("decoration", style.decoration);
    let bare = decoration.trim_end();
    let beginning = bound.text("beginning", style.beginning);
    let (prefix, postfix) = (bound.text("prefix", bare), bound.text("postfix", bare));
    let (before, after) = (bound.int("prefix_count", 1)?, bound.int("postfix_count", 1)?);
    let end = bound.text("end", style.end);

    let mut out = String::new();
    if !beginning.is_empty() {
        out.extend([&*beginning, &*newline]);
    }
    if !prefix.is_empty() {
        let line =
            if prefix == newline { newline.to_string() } else { format!("{prefix}{newline}") };
        out.push_str(&line.repeat(before.max(0) as usize));
    }
    let text = text_of(&value).replace(&*newline, &format!("{newline}{decoration}"));
    let text = format!("{decoration}{text}");
    out.push_str(&text.replace(&format!("{decoration}{newline}"), &format!("{bare}{newline}")));
    out.push_str(&format!("{newline}{postfix}").repeat(after.max(0) as usize));
    if !end.is_empty() {
        out.extend([&*newline, &*end]);
    }
    Ok(Value::from(out))
}
