//! Results as text: which keys are shown, and how (S-176, S-177).

use crate::base::value::{Layout, to_json};
use crate::base::yaml::{DumpOptions, dump};
use crate::base::{Key, Kind, Map, Value};

/// Keys that are shown from `-vvv` on only.
const VERBOSE_KEYS: [&str; 2] = ["invocation", "diff"];
/// Keys that are never shown in a result: they have lines of their own.
const OWN_LINES: [&str; 3] = ["exception", "warnings", "deprecations"];
/// Keys of a debug result that are not its variable.
const DEBUG_HIDDEN: [&str; 6] =
    ["changed", "failed", "skipped", "invocation", "skip_reason", "skipped_reason"];

/// Which language results are shown in (`result_format` and its companions).
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// YAML in place of JSON.
    pub yaml: bool,
    /// `pretty_results`: spread over lines, or never; None: as verbosity asks.
    pub pretty: Option<bool>,
    /// Spaces per level of what is spread over lines.
    pub indentation: usize,
    /// Where lines of YAML are folded; None: nowhere.
    pub width: Option<usize>,
}

impl Default for Shape {
    fn default() -> Self {
        Self { yaml: false, pretty: None, indentation: 4, width: Some(80) }
    }
}

impl Shape {
    fn text(self, shown: Map, indent: bool) -> String {
        if self.yaml {
            return self.yaml_text(shown);
        }
        let spread = self.pretty.unwrap_or(indent);
        let indent = spread.then_some(self.indentation);
        to_json(&Value::map(shown), Layout { indent, ..Layout::RESULT })
    }

    /// A block of its own below the line, without the final newline.
    fn yaml_text(self, mut shown: Map) -> String {
        let lossy = self.pretty != Some(false);
        if lossy {
            shown = leave_out_lines(shown);
        }
        let options = DumpOptions {
            indent: if lossy { self.indentation } else { 2 },
            width: self.width,
            default_flow_style: Some(false),
            blocks: true,
            ..DumpOptions::TO_YAML
        };
        let shown = if lossy { readable(&Value::map(shown)) } else { Value::map(shown) };
        let text = dump(&shown, options);
        let margin = " ".repeat(if lossy { self.indentation.max(1) } else { 4 });
        let line = |line: &str| match line.trim().is_empty() {
            true => format!("\n{line}"),
            false => format!("\n{margin}{line}"),
        };
        text.strip_suffix('\n').unwrap_or(&text).split('\n').map(line).collect()
    }
}

/// Lists of lines beside the text that has them all.
fn leave_out_lines(mut shown: Map) -> Map {
    for (text, lines) in [("stdout", "stdout_lines"), ("stderr", "stderr_lines")] {
        let both = shown.contains_key(&Key::from(text)) && shown.contains_key(&Key::from(lines));
        if both {
            shown.insert(lines.into(), Value::from("<omitted>"));
        }
    }
    shown
}

/// A value whose texts of several lines fit into blocks: without what YAML blocks can't hold.
fn readable(value: &Value) -> Value {
    match &value.kind {
        Kind::List(items) | Kind::Tuple(items) => Value::list(items.iter().map(readable).collect()),
        Kind::Map(map) => Value::map(map.iter().map(|(k, v)| (k.clone(), readable(v))).collect()),
        Kind::Str(text) if text.contains(['\n', '\u{85}', '\u{2028}', '\u{2029}']) => {
            Value::from(fitting(text))
        }
        _ => value.clone(),
    }
}

fn fitting(text: &str) -> String {
    let mut fit = String::new();
    let mut column = 0;
    for c in text.trim_end().chars() {
        let is_break = matches!(c, '\n' | '\u{85}' | '\u{2028}' | '\u{2029}');
        match c {
            '\t' => {
                let blanks = 8 - column % 8;
                fit.push_str(&" ".repeat(blanks));
                column += blanks;
                continue;
            }
            _ if is_break => fit.truncate(fit.trim_end_matches(' ').len()),
            '\u{feff}' => continue,
            c if c.is_control() => continue,
            _ => {}
        }
        fit.push(c);
        column = if is_break { 0 } else { column + 1 };
    }
    fit
}

/// The text of a result.
pub fn result(value: &Value, action: &str, verbosity: u8, indent: bool, shape: Shape) -> String {
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
    shape.text(shown, indent)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(shape: Shape) -> String {
        let text: Value = [
            ("stdout", Value::from("a\tb  \nc\n")),
            ("stdout_lines", Value::from(vec!["a"])),
            ("list", Value::from(vec![1_i64])),
        ]
        .into_iter()
        .collect();
        result(&text, "command", 0, false, shape)
    }

    #[test]
    fn yaml_is_a_block_below_the_line() {
        let yaml = Shape { yaml: true, ..Shape::default() };
        assert_eq!(
            shown(yaml),
            "\n    list:\n    - 1\n    stdout: |-\n        a       b\n        c\n    stdout_lines: <omitted>"
        );
        let exact = Shape { pretty: Some(false), ..yaml };
        assert_eq!(
            shown(exact),
            "\n    list:\n    - 1\n    stdout: \"a\\tb  \\nc\\n\"\n    stdout_lines:\n    - a"
        );
    }

    #[test]
    fn json_is_spread_where_that_is_asked_for() {
        let spread = Shape { pretty: Some(true), indentation: 2, ..Shape::default() };
        assert!(shown(spread).starts_with("{\n  \"list\": [\n    1\n  ],"));
        assert!(shown(Shape::default()).starts_with("{\"list\": [1], "));
    }
}
