//! `maketrans` and `translate`.

use super::given::Given;
use crate::base::{Key, Kind, Map, Value};
use crate::template::eval::raise;
use crate::template::table::{Args, Stop};

fn code(c: char) -> Key {
    Key::Int(i64::from(u32::from(c)))
}

/// The table of `''.maketrans(...)`.
pub fn table(args: &Args) -> Result<Value, Stop> {
    let given = Given::new("maketrans", args, &["x", "y", "z"])?;
    let mut table = Map::new();
    if given.get(1).is_none() {
        let Some(map) = given.required(0)?.as_map() else {
            return raise("if you give only one argument to maketrans it must be a dict");
        };
        for (key, value) in map {
            let key = match key {
                Key::Str(text) => match text.chars().next() {
                    Some(c) => code(c),
                    None => return raise("string keys in translate table must be of length 1"),
                },
                other => other.clone(),
            };
            table.insert(key, value.clone());
        }
        return Ok(Value::map(table));
    }
    let (from, to) = (given.required_text(0)?, given.required_text(1)?);
    if from.chars().count() != to.chars().count() {
        return raise("the first two maketrans arguments must have equal length");
    }
    table.extend(
        from.chars().zip(to.chars()).map(|(a, b)| (code(a), Value::from(i64::from(u32::from(b))))),
    );
    let dropped = given.text(2)?.unwrap_or_default();
    table.extend(dropped.chars().map(|c| (code(c), Value::NULL)));
    Ok(Value::map(table))
}

/// A text with its characters replaced as a table says.
pub fn translate(text: &str, args: &Args) -> Result<Value, Stop> {
    let given = Given::new("translate", args, &["table"])?;
    let Some(table) = given.required(0)?.as_map() else {
        return raise("translate() needs a dict");
    };
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match table.get(&code(c)).map(|value| &value.kind) {
            None => out.push(c),
            Some(Kind::Null) => {}
            Some(Kind::Str(new)) => out.push_str(new),
            Some(Kind::Int(new)) => {
                out.extend(u32::try_from(*new).ok().and_then(char::from_u32));
            }
            Some(_) => return raise("character mapping must return integer, None or str"),
        }
    }
    Ok(Value::from(out))
}
