//! Filters that read and write JSON.

use super::bind::{Bound, defined, undefined};
use super::iterate::mapping;
use super::json_read::read;
use super::order::sorted;
use super::{builtin, jinja};
use crate::base::value::{Layout, to_json as dump};
use crate::base::{Key, Kind, Time, Value};
use crate::template::table::{Args, Env, Filter, Stop};

pub(super) const FILTERS: &[Filter] = &[
    builtin(
        "to_json",
        "ansible.builtin.to_json",
        "Writes JSON as Python does.",
        to_json,
        &[
            ("{'b': 1, 'a': [none, true]} | to_json", r#"'{"b": 1, "a": [null, true]}'"#),
            ("{'a': 1} | to_json(separators=(',', ':'))", r#"'{"a":1}'"#),
            ("'ä' | to_json(ensure_ascii=false)", r#"'"ä"'"#),
        ],
    ),
    builtin(
        "to_nice_json",
        "ansible.builtin.to_nice_json",
        "Writes JSON with sorted keys, indented by four blanks.",
        to_nice_json,
        &[
            ("{'b': 1, 'a': 2} | to_nice_json", r#"'{\n    "a": 2,\n    "b": 1\n}'"#),
            ("[1] | to_nice_json(indent=2)", r"'[\n  1\n]'"),
        ],
    ),
    jinja(
        "tojson",
        "Writes JSON that is safe inside HTML.",
        tojson,
        &[("{'b': '<', 'a': 1} | tojson", r#"'{"a": 1, "b": "\\u003c"}'"#)],
    ),
    builtin(
        "from_json",
        "ansible.builtin.from_json",
        "Reads JSON.",
        from_json,
        &[(r#"'{"a": [1, 2.0, null]}' | from_json"#, "{'a': [1, 2.0, none]}")],
    ),
];

/// How JSON is laid out, as the arguments of Python's `json.dumps` say.
#[derive(Clone)]
struct Style {
    indent: Option<String>,
    comma: String,
    colon: String,
    sort_keys: bool,
    ensure_ascii: bool,
    skip_keys: bool,
}

const NAMES: &[&str] = &[
    "profile",
    "vault_to_text",
    "preprocess_unsafe",
    "indent",
    "sort_keys",
    "ensure_ascii",
    "separators",
    "skipkeys",
    "allow_nan",
];
const NICE: &[&str] =
    &["indent", "sort_keys", "ensure_ascii", "separators", "skipkeys", "allow_nan"];

fn style(bound: &Bound) -> Result<Style, Stop> {
    let indent = match bound.some("indent") {
        None => None,
        Some(Value { kind: Kind::Str(text), .. }) => Some(text.to_string()),
        Some(width) => Some(" ".repeat(super::bind::int_of(width)?.max(0) as usize)),
    };
    let comma = if indent.is_some() { "," } else { ", " };
    let (comma, colon) = match bound.some("separators") {
        None => (comma.to_string(), ": ".to_string()),
        Some(pair) => match pair.as_list() {
            Some([comma, colon]) => (comma.text(), colon.text()),
            _ => return Err(Stop::fault("separators must be a pair of texts")),
        },
    };
    Ok(Style {
        indent,
        comma,
        colon,
        sort_keys: bound.flag("sort_keys", false),
        ensure_ascii: bound.flag("ensure_ascii", true),
        skip_keys: bound.flag("skipkeys", false),
    })
}

fn to_json(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("to_json", args, NAMES, 0)?;
    if let Some(profile) = bound.some("profile")
        && profile.as_str() != Some("tagless")
    {
        return Err(Stop::fault(format!("the profile {} is not supported", profile.repr())));
    }
    written(&value, &style(&bound)?)
}

fn to_nice_json(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("to_nice_json", args, NICE, 0)?;
    let mut style = style(&bound)?;
    if bound.get("indent").is_none() {
        style.indent = Some(" ".repeat(4));
    }
    style.sort_keys = bound.flag("sort_keys", true);
    (style.comma, style.colon) = (",".into(), ": ".into());
    written(&value, &style)
}

fn tojson(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("do_tojson", args, &["indent"], 0)?;
    let style = Style { sort_keys: true, ..style(&bound)? };
    let text = written(&value, &style)?.text();
    let text = text.replace('<', "\\u003c").replace('>', "\\u003e");
    Ok(Value::from(text.replace('&', "\\u0026").replace('\'', "\\u0027")))
}

fn written(value: &Value, style: &Style) -> Result<Value, Stop> {
    let mut out = String::new();
    write(&mut out, value, style, 0)?;
    Ok(Value::from(out))
}

fn write(out: &mut String, value: &Value, style: &Style, depth: usize) -> Result<(), Stop> {
    match &value.kind {
        Kind::Undefined(why) => return Err(undefined(&why.message)),
        Kind::List(items) | Kind::Tuple(items) => {
            let parts = items.iter().map(|item| (None, item.clone())).collect();
            return write_parts(out, ('[', ']'), parts, style, depth);
        }
        Kind::Map(_) | Kind::Object(_) => {}
        Kind::Time(time) => out.push_str(&dump(&Value::from(iso(value, time)), layout(style))),
        _ => out.push_str(&dump(value, layout(style))),
    }
    match mapping(value)? {
        Some(map) => write_parts(out, ('{', '}'), entries(&map, style)?, style, depth),
        None if matches!(value.kind, Kind::Object(_)) => {
            let kind = value.type_name();
            Err(Stop::fault(format!("Object of type {kind} is not JSON serializable")))
        }
        None => Ok(()),
    }
}

fn layout(style: &Style) -> Layout {
    Layout { ensure_ascii: style.ensure_ascii, ..Layout::DUMPS }
}

/// Dates as ISO 8601 writes them.
fn iso(value: &Value, time: &Time) -> String {
    match time {
        Time::DateTime(..) => value.text().replacen(' ', "T", 1),
        _ => value.text(),
    }
}

fn entries(map: &crate::base::Map, style: &Style) -> Result<Vec<(Option<Key>, Value)>, Stop> {
    let order = if style.sort_keys {
        sorted(&map.keys().map(Key::value).collect::<Vec<_>>(), false)?
    } else {
        (0..map.len()).collect()
    };
    let entry = |i: usize| map.get_index(i).map(|(k, v)| (Some(k.clone()), v.clone()));
    let plain = |(key, _): &(Option<Key>, Value)| !style.skip_keys || key.is_some();
    Ok(order.into_iter().filter_map(entry).filter(plain).collect())
}

fn write_parts(
    out: &mut String,
    brackets: (char, char),
    parts: Vec<(Option<Key>, Value)>,
    style: &Style,
    depth: usize,
) -> Result<(), Stop> {
    out.push(brackets.0);
    let newline = |out: &mut String, depth: usize| {
        if let Some(indent) = &style.indent {
            out.push('\n');
            out.push_str(&indent.repeat(depth));
        }
    };
    for (i, (key, value)) in parts.iter().enumerate() {
        out.push_str(if i > 0 { &style.comma } else { "" });
        newline(out, depth + 1);
        if let Some(key) = key {
            out.push_str(&dump(&Value::from(key.json_text()), layout(style)));
            out.push_str(&style.colon);
        }
        write(out, value, style, depth + 1)?;
    }
    if !parts.is_empty() {
        newline(out, depth);
    }
    out.push(brackets.1);
    Ok(())
}

fn from_json(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    Bound::of("from_json", args, &[], 0)?;
    let Kind::Str(text) = &defined(&value)?.kind else {
        let kind = value.type_name();
        let text = format!("the JSON object must be str, bytes or bytearray, not {kind}");
        return Err(Stop::fault(text));
    };
    read(text).map_err(Stop::fault)
}
