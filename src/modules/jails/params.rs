//! Parameters of jails as an argument has them.

use super::conf::{self, Block};
use crate::base::{Kind, Map, Value};

/// The text with these parameters of a jail; those that are alike stay as they are written.
///
/// # Errors
/// The text or a value cannot be.
pub fn applied(text: &str, jail: &str, wanted_all: &Map) -> Result<String, String> {
    let mut text = text.to_string();
    for (name, value) in wanted_all {
        let name = name.to_string();
        let block = conf::blocks(&text)?.into_iter().find(|(known, _)| known == jail);
        let has = block.and_then(|(_, block): (String, Block)| block.values(&name));
        let wanted = wanted(&name, value)?;
        if !alike(has.as_deref(), wanted.as_deref(), value) {
            text = conf::with(&text, jail, &name, wanted.as_deref())?;
        }
    }
    Ok(text)
}

/// The values of a parameter as they are written; None: it must not be there.
fn wanted(name: &str, value: &Value) -> Result<Option<Vec<String>>, String> {
    let text = |value: &Value| {
        let text = value.text();
        let odd = text.chars().any(char::is_control);
        if odd || value.as_map().is_some() {
            return Err(format!("it cannot hold this value of {name}"));
        }
        Ok(text)
    };
    match &value.kind {
        Kind::Null => Ok(None),
        Kind::Bool(true) => Ok(Some(Vec::new())),
        Kind::Bool(false) => Ok(Some(vec!["0".to_string()])),
        Kind::List(items) => items.iter().map(text).collect::<Result<_, _>>().map(Some),
        _ => Ok(Some(vec![text(value)?])),
    }
}

/// Whether a parameter is as it is wanted.
fn alike(has: Option<&[String]>, wanted: Option<&[String]>, value: &Value) -> bool {
    let one =
        |word: &str, words: [&str; 2]| words.iter().any(|known| known.eq_ignore_ascii_case(word));
    match (&value.kind, has) {
        (Kind::Bool(true), Some([])) => true,
        (Kind::Bool(true), Some([word])) => one(word, ["1", "true"]),
        (Kind::Bool(false), Some([word])) => one(word, ["0", "false"]),
        _ => has == wanted,
    }
}
