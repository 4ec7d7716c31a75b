//! `-e`: k=v words, YAML or JSON texts, files (S-13).

use crate::base::{Diagnostic, Map, Origin, Source, Value};
use std::path::Path;

/// All extra variables, later ones over earlier ones.
pub fn parse(
    words: &[String],
    read: &dyn Fn(&Path) -> Result<Vec<u8>, Diagnostic>,
) -> Result<Map, Diagnostic> {
    let mut all = Map::new();
    for word in words {
        all.extend(one(word, read)?);
    }
    Ok(all)
}

fn one(word: &str, read: &dyn Fn(&Path) -> Result<Vec<u8>, Diagnostic>) -> Result<Map, Diagnostic> {
    if let Some(file) = word.strip_prefix('@') {
        let place = Origin::whole(&Source::said("<CLI option '-e'>", word));
        let bytes = read(Path::new(file)).map_err(|error| match error.origin {
            None => error.at(Some(&place)),
            Some(_) => error,
        })?;
        let source =
            Source::file(std::path::absolute(file).unwrap_or(file.into()).to_string_lossy());
        return mapping(&String::from_utf8_lossy(&bytes), &source);
    }
    let source = Source::described("<CLI option '-e'>");
    if word.trim_start().starts_with(['{', '[']) {
        return mapping(word, &source);
    }
    let text = Value::template(word, Some(Origin::whole(&source)));
    let mut words = crate::play::kv::parse(&text, false)?;
    words.shift_remove(&crate::base::Key::from("_raw_params"));
    Ok(words)
}

fn mapping(text: &str, source: &std::sync::Arc<Source>) -> Result<Map, Diagnostic> {
    let value = crate::base::yaml::load(text, source)?.value;
    match value.as_map() {
        Some(map) => Ok(map.clone()),
        None if value.is_null() => Ok(Map::new()),
        None => {
            let hint = "Give k=v words, a YAML or JSON mapping, or @file.";
            let text = "Invalid extra vars data supplied: not a mapping";
            Err(Diagnostic::new(text).at(value.origin()).hint(hint))
        }
    }
}
