//! Values of keywords that are no templates: wrong types are found before anything runs.

use super::table::{Keyword, Type};
use crate::base::{Diagnostic, Kind, Value};

const DEBUGGER: [&str; 5] = ["on_failed", "never", "always", "on_skipped", "on_unreachable"];

/// Whether a text has a template in it.
pub fn is_template(value: &Value) -> bool {
    let marked = |text: &str| ["{{", "{%", "{#"].iter().any(|mark| text.contains(mark));
    value.is_trusted() && value.as_str().is_some_and(marked)
}

/// Whether a value or anything below it is known only while running: a template or a vaulted text.
pub fn is_dynamic(value: &Value) -> bool {
    match &value.kind {
        Kind::Vault(_) | Kind::Object(_) => true,
        Kind::List(items) | Kind::Tuple(items) => items.iter().any(is_dynamic),
        Kind::Map(map) => map.values().any(is_dynamic),
        _ => is_template(value),
    }
}

/// Python's way to print the type of a value.
pub fn class(value: &Value) -> String {
    format!("<class '{}'>", value.type_name())
}

/// A parse error: the program ends with code 4.
pub fn fault(message: impl Into<String>, at: &Value) -> Diagnostic {
    Diagnostic::new(message).at(at.origin()).code(4)
}

/// Checks a keyword's value as far as it is known.
pub fn check(keyword: &Keyword, value: &Value) -> Result<(), Diagnostic> {
    check_as(keyword.name, keyword.kind, value)
}

/// Checks a value of this name as far as it is known.
pub fn check_as(name: &str, kind: Type, value: &Value) -> Result<(), Diagnostic> {
    if value.is_null() || is_template(value) || matches!(value.kind, Kind::Vault(_)) {
        return Ok(());
    }
    match kind {
        Type::Any => Ok(()),
        Type::Str => check_text(name, value),
        Type::Bool => converts(name, value, "bool", truth(value).is_some()),
        Type::Int => converts(name, value, "int", whole(value)),
        Type::Float => converts(name, value, "float", number(value)),
        Type::Percent => converts(name, value, "percent", percent(value)),
        Type::Conditions => check_conditions(name, value),
        Type::Debugger => check_debugger(value),
    }
}

fn check_text(name: &str, value: &Value) -> Result<(), Diagnostic> {
    if value.as_list().is_none() && value.as_map().is_none() {
        return Ok(());
    }
    let class = class(value);
    Err(fault(
        format!(
            "The field '{name}' is supposed to be a string type, however the incoming data structure is a {class}"
        ),
        value,
    ))
}

fn converts(name: &str, value: &Value, wanted: &str, fits: bool) -> Result<(), Diagnostic> {
    if fits {
        return Ok(());
    }
    let cause = format!("The value {} could not be converted to '{wanted}'.", value.repr());
    Err(processing(name, value, &cause))
}

fn processing(name: &str, value: &Value, cause: &str) -> Diagnostic {
    let shown = if name == "async" { "async_val" } else { name };
    fault(format!("Error processing keyword '{shown}'."), value).caused_by(fault(cause, value))
}

/// A boolean in any of Ansible's spellings.
pub fn truth(value: &Value) -> Option<bool> {
    match &value.kind {
        Kind::Bool(b) => Some(*b),
        Kind::Int(n @ (0 | 1)) => Some(*n == 1),
        Kind::Float(f) if *f == 0.0 || *f == 1.0 => Some(*f == 1.0),
        Kind::Str(text) => match text.trim().to_lowercase().as_str() {
            "y" | "yes" | "on" | "1" | "true" | "t" | "1.0" => Some(true),
            "n" | "no" | "off" | "0" | "false" | "f" | "0.0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn whole(value: &Value) -> bool {
    match &value.kind {
        Kind::Int(_) | Kind::Big(_) | Kind::Bool(_) => true,
        Kind::Float(f) => f.fract() == 0.0,
        Kind::Str(text) => text.trim().parse::<f64>().is_ok_and(|f| f.fract() == 0.0),
        _ => false,
    }
}

fn number(value: &Value) -> bool {
    match &value.kind {
        Kind::Int(_) | Kind::Big(_) | Kind::Bool(_) | Kind::Float(_) => true,
        Kind::Str(text) => text.trim().parse::<f64>().is_ok(),
        _ => false,
    }
}

fn percent(value: &Value) -> bool {
    match value.as_str() {
        Some(text) => text.trim().trim_end_matches('%').parse::<f64>().is_ok(),
        None => number(value),
    }
}

/// Conditions are texts or booleans; other types are never what was meant.
fn check_conditions(name: &str, value: &Value) -> Result<(), Diagnostic> {
    let one = std::slice::from_ref(value);
    for condition in value.as_list().unwrap_or(one) {
        if condition.as_map().is_none() && condition.as_list().is_none() {
            continue;
        }
        let article = if name == "until" { "An" } else { "A" };
        let cause = fault("Conditional expressions must be strings.", condition);
        return Err(
            fault(format!("{article} '{name}' expression failed."), condition).caused_by(cause)
        );
    }
    Ok(())
}

fn check_debugger(value: &Value) -> Result<(), Diagnostic> {
    let text = value.text();
    if DEBUGGER.contains(&text.as_str()) {
        return Ok(());
    }
    let words = DEBUGGER.join(", ");
    let cause = format!("'{text}' is not a valid value for debugger. Must be one of {words}");
    Err(processing("debugger", value, &cause))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::play::table::{Object, find};

    fn said(name: &str, value: Value) -> String {
        let keyword = find(Object::Task, name).or_else(|| find(Object::Play, name)).unwrap();
        check(keyword, &value).map_or_else(|e| e.chain(), |()| "fine".to_string())
    }

    #[test]
    fn literals_are_checked_and_templates_are_not() {
        assert_eq!(
            said("retries", "x".into()),
            "Error processing keyword 'retries': The value 'x' could not be converted to 'int'."
        );
        assert_eq!(said("retries", "5".into()), "fine");
        assert_eq!(said("retries", Value::template("{{ x }}", None)), "fine");
        assert_eq!(said("become", "Yes".into()), "fine");
        assert!(said("become", "perhaps".into()).ends_with("could not be converted to 'bool'."));
        assert!(said("async", "x".into()).starts_with("Error processing keyword 'async_val'"));
        assert_eq!(said("max_fail_percentage", "30%".into()), "fine");
        assert!(said("name", Value::list(vec![])).contains("supposed to be a string type"));
        assert!(said("debugger", "x".into()).contains("not a valid value for debugger"));
    }

    #[test]
    fn a_dict_is_no_condition() {
        let dict: Value = [("a", Value::from(1))].into_iter().collect();
        assert_eq!(
            said("changed_when", dict),
            "A 'changed_when' expression failed: Conditional expressions must be strings."
        );
        assert_eq!(said("when", Value::from(true)), "fine");
    }
}
