//! Results as text: which keys are shown, and how (S-176, S-177).

use crate::base::value::{Layout, to_json};
use crate::base::{Key, Map, Value};

/// Keys that are shown from `-vvv` on only.
const VERBOSE_KEYS: [&str; 2] = ["invocation", "diff"];
/// Keys that are never shown in a result: they have lines of their own.
const OWN_LINES: [&str; 3] = ["exception", "warnings", "deprecations"];
/// Keys of a debug result that are not its variable.
const DEBUG_HIDDEN: [&str; 6] =
    ["changed", "failed", "skipped", "invocation", "skip_reason", "skipped_reason"];

/// The JSON text of a result.
pub fn result(value: &Value, action: &str, verbosity: u8, indent: bool) -> String {
    let Some(map) = value.as_map() else { return to_json(&value.masked(), Layout::RESULT) };
    let hidden = |key: &Key| {
        let Some(name) = key.as_str() else { return false };
        name.starts_with("_ansible_")
            || OWN_LINES.contains(&name)
            || (verbosity < 3 && VERBOSE_KEYS.contains(&name))
    };
    let mut shown: Map =
        map.iter().filter(|(key, _)| !hidden(key)).map(|(k, v)| (k.clone(), v.masked())).collect();
    if is_debug(action) {
        debug_only(&mut shown);
    }
    let layout = if indent { Layout::VERBOSE } else { Layout::RESULT };
    to_json(&Value::map(shown), layout)
}

/// Whether a task is a `debug`: its results are shown in another way.
pub fn is_debug(action: &str) -> bool {
    matches!(action, "debug" | "ansible.builtin.debug" | "ansible.legacy.debug")
}

/// debug shows its message or its variable alone.
fn debug_only(shown: &mut Map) {
    if shown.contains_key(&Key::from("msg")) {
        shown.retain(|key, _| {
            matches!(key.as_str(), Some("msg" | "exception" | "warnings" | "failed"))
        });
        shown.shift_remove(&Key::from("failed"));
        return;
    }
    shown.retain(|key, _| !key.as_str().is_some_and(|name| DEBUG_HIDDEN.contains(&name)));
}

/// What stands for a result under `no_log` (S-184).
pub fn censored(value: &Value) -> Value {
    let text = "the output has been hidden due to the fact that 'no_log: true' was specified for this result";
    let mut shown: Map = [(Key::from("censored"), Value::from(text))].into_iter().collect();
    if let Some(changed) = value.get("changed") {
        shown.insert("changed".into(), changed.clone());
    }
    Value::map(shown)
}
