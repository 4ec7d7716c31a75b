//! Variables of the command line.

use crate::base::yaml::{self, Options};
use crate::base::{Diagnostic, Key, Map, Origin, Source, Value};
use crate::inventory::{Files, Inventory};
use std::path::Path;

/// The variables that all `-e` together set (S-13).
pub(super) fn load(
    words: &[String],
    cwd: &Path,
    files: &Files,
    inventory: &Inventory,
) -> Result<Map, Diagnostic> {
    let mut vars = Map::new();
    for word in words.iter().filter(|word| !word.is_empty()) {
        let value = one(word, cwd, files)?;
        let Some(more) = value.as_map() else {
            return Err(Diagnostic::new(format!(
                "Invalid extra vars data supplied. '{word}' could not be made into a dictionary"
            ))
            .code(5));
        };
        vars = inventory.combine(&vars, more);
    }
    Ok(vars)
}

fn one(word: &str, cwd: &Path, files: &Files) -> Result<Value, Diagnostic> {
    if let Some(file) = word.strip_prefix('@') {
        return files.document(&cwd.join(file));
    }
    if word.starts_with(['/', '.']) {
        let text = format!("Please prepend extra_vars filename '{word}' with '@'");
        return Err(Diagnostic::new(text).code(5));
    }
    let source = Source::described("<CLI option '-e'>");
    if word.starts_with(['[', '{']) {
        return Ok(yaml::load_with(word, &source, Options::FILE)?.value);
    }
    let origin = Origin::whole(&source);
    let pairs = words(word).map_err(|text| Diagnostic::new(text).at(Some(&origin)))?;
    let entries = pairs.iter().filter_map(|pair| pair.split_once('='));
    let entry = |(name, value): (&str, &str)| {
        (Key::from(name.trim()), Value::template(unquoted(value.trim()), Some(origin.clone())))
    };
    Ok(Value::map(entries.map(entry).collect()))
}

/// Words between blanks; quotes and template brackets hold blanks together and stay.
fn words(text: &str) -> Result<Vec<String>, &'static str> {
    let mut words = vec![String::new()];
    let mut quote: Option<char> = None;
    let mut depth = 0_u32;
    let mut escaped = false;
    let mut before = ' ';
    for c in text.chars() {
        let inside = quote.is_some() || depth > 0;
        if c.is_whitespace() && !inside && !escaped {
            words.push(String::new());
            before = c;
            continue;
        }
        match c {
            '"' | '\'' if !escaped && quote == Some(c) => quote = None,
            '"' | '\'' if !escaped && quote.is_none() && depth == 0 => quote = Some(c),
            '{' | '%' if before == '{' => depth += 1,
            '}' if matches!(before, '}' | '%') => depth = depth.saturating_sub(1),
            _ => {}
        }
        escaped = c == '\\' && !escaped;
        before = c;
        if let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    if quote.is_some() || depth > 0 {
        return Err("failed at splitting arguments, either an unbalanced jinja2 block or quotes");
    }
    words.retain(|word| !word.is_empty());
    Ok(words)
}

fn unquoted(text: &str) -> &str {
    let inner = |quote: char| {
        let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inner.ends_with('\\')).then_some(inner)
    };
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_texts() {
        let inventory = Inventory::default();
        let load = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(ToString::to_string).collect();
            let vars = load(&words, Path::new("/"), &Files::default(), &inventory);
            vars.map(|vars| Value::map(vars).repr()).unwrap_or_else(|error| error.message)
        };
        assert_eq!(
            load(&["a=1 b='x y' c={{ d + 1 }}"]),
            "{'a': '1', 'b': 'x y', 'c': '{{ d + 1 }}'}"
        );
        assert_eq!(load(&["a=1", "{\"a\": [1], \"b\": yes}"]), "{'a': [1], 'b': True}");
        assert_eq!(load(&["bare", "a=b=c"]), "{'a': 'b=c'}");
        assert_eq!(
            load(&["[1]"]),
            "Invalid extra vars data supplied. '[1]' could not be made into a dictionary"
        );
        assert_eq!(load(&["/x"]), "Please prepend extra_vars filename '/x' with '@'");
        assert_eq!(
            load(&["a='x"]),
            "failed at splitting arguments, either an unbalanced jinja2 block or quotes"
        );
    }
}
