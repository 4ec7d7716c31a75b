//! `vars_prompt:`.

use super::literal::{fault, truth};
use super::model::VarsPrompt;
use super::names;
use crate::base::{Diagnostic, Key, Kind, Map, Value};

const KEYS: [&str; 9] =
    ["name", "prompt", "default", "private", "confirm", "encrypt", "salt_size", "salt", "unsafe"];

/// Reads the questions of a play.
pub(super) fn read(value: &Value) -> Result<Vec<VarsPrompt>, Diagnostic> {
    let one = std::slice::from_ref(value);
    let items = match &value.kind {
        Kind::Null => &[][..],
        Kind::List(items) => items,
        _ => one,
    };
    items.iter().map(question).collect()
}

fn question(value: &Value) -> Result<VarsPrompt, Diagnostic> {
    let Some(map) = value.as_map() else {
        return Err(fault("Invalid variable file contents.", value).hint(
            "Variable files must contain either a dictionary of variables, or a list of dictionaries.",
        ));
    };
    let get = |name: &str| map.get(&Key::from(name)).filter(|v| !v.is_null());
    let Some(name) = get("name") else {
        return Err(fault("Invalid vars_prompt data structure, missing 'name' key", value));
    };
    refuse_unknown(value, map)?;
    names::check(name, name.origin()).map_err(|e| e.code(4))?;
    let flag = |name: &str, default| get(name).and_then(truth).unwrap_or(default);
    let text = |name: &str| get(name).map(Value::text);
    Ok(VarsPrompt {
        name: name.text(),
        prompt: get("prompt").cloned().unwrap_or_else(|| name.clone()),
        default: get("default").cloned(),
        private: flag("private", true),
        confirm: flag("confirm", false),
        encrypt: text("encrypt"),
        salt: text("salt"),
        salt_size: get("salt_size").and_then(|size| size.text().trim().parse().ok()),
        r#unsafe: flag("unsafe", false),
    })
}

fn refuse_unknown(value: &Value, map: &Map) -> Result<(), Diagnostic> {
    let unknown = map.keys().find(|key| key.as_str().is_none_or(|key| !KEYS.contains(&key)));
    match unknown {
        None => Ok(()),
        Some(key) => {
            let text = format!("Invalid vars_prompt data structure, found unsupported key '{key}'");
            Err(fault(text, value))
        }
    }
}
