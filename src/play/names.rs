//! Names of variables: which are allowed, and which are better not used (S-15).

use super::table;
use crate::base::{Diagnostic, Key, Map, Origin, Value};

const RULE: &str = "Variable names must be strings starting with a letter or underscore character, and contain only letters, numbers and underscores.";

/// Whether a text can be the name of a variable.
pub fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Checks one name.
pub fn check(name: &Value, origin: Option<&Origin>) -> Result<(), Diagnostic> {
    let message = match name.as_str() {
        Some(text) if is_name(text) => return Ok(()),
        Some(text) => format!("Invalid variable name '{text}'."),
        None if name.as_list().is_some() || name.as_map().is_some() => {
            format!("Invalid variable name of type '{}'.", name.type_name())
        }
        None => format!("Invalid variable name '{}' of type '{}'.", name.text(), name.type_name()),
    };
    Err(Diagnostic::new(message).at(origin).hint(RULE))
}

/// Checks the names of a dict of variables.
pub fn check_all(vars: &Map) -> Result<(), Diagnostic> {
    vars.iter().try_for_each(|(key, value)| check(&key.value(), value.meta().key_origin().as_ref()))
}

/// Warnings for names that are keywords of the language.
pub fn reserved(vars: &Map) -> Vec<Diagnostic> {
    vars.iter().filter_map(|(key, value)| reserved_name(key, value)).collect()
}

fn reserved_name(key: &Key, value: &Value) -> Option<Diagnostic> {
    let name = key.as_str()?;
    let origin = value.meta().key_origin();
    let text = format!("Found variable using reserved name '{name}'.");
    table::is_reserved(name).then(|| Diagnostic::new(text).at(origin.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_ascii_identifiers() {
        for good in ["a", "_x1", "class", "and"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "1a", "a-b", "a b", "ä", "{{ x }}"] {
            assert!(!is_name(bad), "{bad}");
        }
    }

    #[test]
    fn messages_name_the_type() {
        let text = |v: Value| check(&v, None).unwrap_err().message;
        assert_eq!(text("a b".into()), "Invalid variable name 'a b'.");
        assert_eq!(text(5.into()), "Invalid variable name '5' of type 'int'.");
        assert_eq!(text(Value::list(vec![])), "Invalid variable name of type 'list'.");
    }
}
