//! Methods of texts that take them apart and put them together.

use super::given::Given;
use crate::base::{Kind, Value};
use crate::template::eval::{Core, raise};
use crate::template::table::{Args, Stop};
use std::sync::Arc;

/// Calls a method; None when it is not one of these.
pub fn call(core: &Core, text: &str, name: &str, args: &Args) -> Result<Option<Value>, Stop> {
    Ok(Some(match name {
        "split" | "rsplit" => split(text, name, args)?,
        "splitlines" => {
            let given = Given::new(name, args, &["keepends"])?;
            lines(text, given.flag(0))
        }
        "partition" | "rpartition" => partition(text, name, args)?,
        "strip" | "lstrip" | "rstrip" => strip(text, name, args)?,
        "join" => join(core, text, args)?,
        _ => return Ok(None),
    }))
}

fn split(text: &str, name: &str, args: &Args) -> Result<Value, Stop> {
    let given = Given::new(name, args, &["sep", "maxsplit"])?;
    let limit = given.integer(1)?.unwrap_or(-1);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let separator = match given.get(0).map(|value| &value.kind) {
        None | Some(Kind::Null) => None,
        Some(Kind::Str(separator)) => Some(separator),
        Some(_) => {
            let found = given.get(0).map_or("NoneType", Value::type_name);
            return raise(format!("must be str or None, not {found}"));
        }
    };
    let from_right = name == "rsplit";
    let parts: Vec<&str> = match separator {
        Some(separator) if separator.is_empty() => return raise("empty separator"),
        Some(separator) if from_right => {
            let mut parts: Vec<&str> =
                text.rsplitn(limit.saturating_add(1), &**separator).collect();
            parts.reverse();
            parts
        }
        Some(separator) => text.splitn(limit.saturating_add(1), &**separator).collect(),
        None => words(text, limit, from_right),
    };
    Ok(Value::list(parts.into_iter().map(Value::from).collect()))
}

/// Words between blanks; the rest behind the last split keeps its blanks.
fn words(text: &str, limit: usize, from_right: bool) -> Vec<&str> {
    let mut rest = if from_right { text.trim_end() } else { text.trim_start() };
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let at = if from_right {
            rest.rfind(char::is_whitespace)
        } else {
            rest.find(char::is_whitespace)
        };
        let Some(at) = at.filter(|_| parts.len() < limit) else {
            parts.push(rest);
            break;
        };
        if from_right {
            let width = rest[at..].chars().next().map_or(1, char::len_utf8);
            parts.push(&rest[at + width..]);
            rest = rest[..at].trim_end();
        } else {
            parts.push(&rest[..at]);
            rest = rest[at..].trim_start();
        }
    }
    if from_right {
        parts.reverse();
    }
    parts
}

fn lines(text: &str, keep: bool) -> Value {
    let is_end = |c: char| {
        matches!(c, '\n' | '\r' | '\u{b}'..='\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}')
            || matches!(c, '\u{2028}' | '\u{2029}')
    };
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let Some(at) = rest.find(is_end) else {
            found.push(Value::from(rest));
            break;
        };
        let width = if rest[at..].starts_with("\r\n") {
            2
        } else {
            rest[at..].chars().next().map_or(1, char::len_utf8)
        };
        found.push(Value::from(&rest[..if keep { at + width } else { at }]));
        rest = &rest[at + width..];
    }
    Value::list(found)
}

fn partition(text: &str, name: &str, args: &Args) -> Result<Value, Stop> {
    let given = Given::new(name, args, &["sep"])?;
    let separator = given.required_text(0)?;
    if separator.is_empty() {
        return raise("empty separator");
    }
    let parts = if name == "partition" {
        match text.split_once(separator) {
            Some((before, after)) => [before, separator, after],
            None => [text, "", ""],
        }
    } else {
        match text.rsplit_once(separator) {
            Some((before, after)) => [before, separator, after],
            None => ["", "", text],
        }
    };
    Ok(Value::new(Kind::Tuple(Arc::new(parts.into_iter().map(Value::from).collect()))))
}

fn strip(text: &str, name: &str, args: &Args) -> Result<Value, Stop> {
    let given = Given::new(name, args, &["chars"])?;
    let chars = match given.get(0).filter(|value| !value.is_null()) {
        None => None,
        Some(value) => match value.as_str() {
            Some(chars) => Some(chars),
            None => return raise(format!("{name} arg must be None or str")),
        },
    };
    let cut = |c: char| chars.map_or(c.is_whitespace(), |chars| chars.contains(c));
    Ok(Value::from(match name {
        "strip" => text.trim_matches(cut),
        "lstrip" => text.trim_start_matches(cut),
        _ => text.trim_end_matches(cut),
    }))
}

fn join(core: &Core, text: &str, args: &Args) -> Result<Value, Stop> {
    let given = Given::new("join", args, &["iterable"])?;
    let items = match core.items(given.required(0)?) {
        Err(Stop::Fault(_)) => return raise("can only join an iterable"),
        other => other?,
    };
    let mut out = String::new();
    for (index, item) in items.iter().enumerate() {
        let Some(part) = item.as_str() else {
            let item = crate::template::eval::need(item.clone())?;
            let found = item.type_name();
            return raise(format!("sequence item {index}: expected str instance, {found} found"));
        };
        if index > 0 {
            out.push_str(text);
        }
        out.push_str(part);
    }
    Ok(Value::from(out))
}
