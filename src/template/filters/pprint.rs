//! The filter `pprint`: values laid out as Python's pprint does.

use super::bind::Bound;
use super::iterate::mapping;
use super::jinja;
use super::order::sorted;
use crate::base::{Key, Kind, Value};
use crate::template::table::{Args, Env, Filter, Stop};

pub(super) const FILTERS: &[Filter] = &[jinja(
    "pprint",
    "Writes a value as Python would, over several lines when it is long.",
    pprint,
    &[("{'b': 1, 'a': 'x'} | pprint", r#""{'a': 'x', 'b': 1}""#)],
)];

const WIDTH: usize = 80;

fn pprint(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    Bound::of("do_pprint", args, &[], 0)?;
    let mut out = String::new();
    layout(&mut out, &ordered(&value)?, 0, 0);
    Ok(Value::from(out))
}

/// The value with the keys of all its dicts sorted; those that have no order stay.
fn ordered(value: &Value) -> Result<Value, Stop> {
    if let Some(items) = value.as_list() {
        let items: Result<Vec<Value>, Stop> = items.iter().map(ordered).collect();
        return Ok(match value.kind {
            Kind::Tuple(_) => super::tuple(items?),
            _ => Value::list(items?),
        });
    }
    let Some(map) = mapping(value)? else { return Ok(value.clone()) };
    let keys: Vec<Value> = map.keys().map(Key::value).collect();
    let order = sorted(&keys, false).unwrap_or_else(|_| (0..keys.len()).collect());
    let mut made = crate::base::Map::new();
    for (key, item) in order.into_iter().filter_map(|i| map.get_index(i)) {
        made.insert(key.clone(), ordered(item)?);
    }
    Ok(Value::map(made))
}

/// Writes `value` at a column; `allowance` characters must still fit behind it.
fn layout(out: &mut String, value: &Value, column: usize, allowance: usize) {
    let flat = value.repr();
    if flat.chars().count() + column + allowance <= WIDTH {
        out.push_str(&flat);
        return;
    }
    match &value.kind {
        Kind::List(items) => layout_items(out, "[", items, "]", column, allowance),
        Kind::Tuple(items) if items.len() == 1 => {
            layout_items(out, "(", items, ",)", column, allowance);
        }
        Kind::Tuple(items) => layout_items(out, "(", items, ")", column, allowance),
        Kind::Map(map) => layout_map(out, map, column, allowance),
        Kind::Str(text) => layout_text(out, text, column, allowance),
        _ => out.push_str(&flat),
    }
}

fn layout_items(
    out: &mut String,
    open: &str,
    items: &[Value],
    close: &str,
    column: usize,
    allowance: usize,
) {
    out.push_str(open);
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push_str(&format!(",\n{}", " ".repeat(column + 1)));
        }
        let after = if i + 1 == items.len() { allowance + close.len() } else { 1 };
        layout(out, item, column + 1, after);
    }
    out.push_str(close);
}

fn layout_map(out: &mut String, map: &crate::base::Map, column: usize, allowance: usize) {
    out.push('{');
    for (i, (key, item)) in map.iter().enumerate() {
        if i > 0 {
            out.push_str(&format!(",\n{}", " ".repeat(column + 1)));
        }
        let name = key.value().repr();
        let after = if i + 1 == map.len() { allowance + 1 } else { 1 };
        out.push_str(&format!("{name}: "));
        layout(out, item, column + 3 + name.chars().count(), after);
    }
    out.push('}');
}

/// A long text in pieces between words; brackets around it only at the outermost level.
fn layout_text(out: &mut String, text: &str, column: usize, allowance: usize) {
    let outermost = column == 0 && out.is_empty();
    let (column, allowance) = match outermost {
        true => (column + 1, allowance + 1),
        false => (column, allowance),
    };
    let mut pieces = Vec::new();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    for (i, line) in lines.iter().enumerate() {
        let room = (WIDTH - column.min(WIDTH))
            .saturating_sub(usize::from(i + 1 == lines.len()) * allowance);
        if Value::from(*line).repr().chars().count() <= room {
            pieces.push(Value::from(*line).repr());
        } else {
            cut(
                &mut pieces,
                line,
                WIDTH.saturating_sub(column),
                if i + 1 == lines.len() { allowance } else { 0 },
            );
        }
    }
    if pieces.len() == 1 {
        out.push_str(&pieces[0]);
        return;
    }
    let text = pieces.join(&format!("\n{}", " ".repeat(column)));
    out.push_str(&if outermost { format!("({text})") } else { text });
}

/// Cuts one line behind its blanks into pieces that fit.
fn cut(pieces: &mut Vec<String>, line: &str, room: usize, allowance: usize) {
    let mut words: Vec<String> = Vec::new();
    for c in line.chars() {
        let begins = words
            .last()
            .is_none_or(|word| word.ends_with(|c: char| c.is_whitespace()) && !c.is_whitespace());
        match words.last_mut() {
            Some(word) if !begins => word.push(c),
            _ => words.push(c.to_string()),
        }
    }
    let mut piece = String::new();
    for (i, word) in words.iter().enumerate() {
        let last = if i + 1 == words.len() { allowance } else { 0 };
        let longer = format!("{piece}{word}");
        if !piece.is_empty() && Value::from(longer.as_str()).repr().chars().count() + last > room {
            pieces.push(Value::from(piece.as_str()).repr());
            piece.clone_from(word);
        } else {
            piece = longer;
        }
    }
    if !piece.is_empty() {
        pieces.push(Value::from(piece.as_str()).repr());
    }
}
