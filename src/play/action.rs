//! What a task does and with which arguments: `module: args`, `action:`, `local_action:`, `args:`.

use super::hint;
use super::kv;
use super::literal::{class, fault, is_template};
use super::loader::Loader;
use super::table;
use crate::base::{Diagnostic, Key, Kind, Map, Origin, Value};

/// The action of a task as it was written.
#[derive(Debug)]
pub(super) struct Written {
    /// Name of the action; a template may stand there.
    pub name: Value,
    /// Where the action's key or text stands.
    pub origin: Option<Origin>,
    /// Arguments.
    pub args: Map,
    /// Arguments that come as one template.
    pub template: Option<Value>,
    /// Whether it is a `local_action`.
    pub local: bool,
    /// Whether its name stands under `action:` or `local_action:`.
    pub by_keyword: bool,
}

/// Modules that take free text beside those that say so in the table.
const RAW: [&str; 12] = [
    "include",
    "command",
    "shell",
    "script",
    "raw",
    "include_vars",
    "include_tasks",
    "import_tasks",
    "add_host",
    "group_by",
    "set_fact",
    "meta",
];

/// Modules whose text is a command line.
pub(super) const COMMANDS: [&str; 4] = ["command", "shell", "script", "raw"];

/// The name without Ansible's own collections in front of it.
pub(super) fn short(name: &str) -> &str {
    let bare =
        name.strip_prefix("ansible.builtin.").or_else(|| name.strip_prefix("ansible.legacy."));
    bare.unwrap_or(name)
}

impl Loader {
    /// Finds the action of a task.
    pub(super) fn action(&self, task: &Value, map: &Map) -> Result<Written, Diagnostic> {
        let get = |name: &str| map.get(&Key::from(name)).map(|value| (Key::from(name), value));
        let keyword = match (get("action"), get("local_action")) {
            (Some(_), Some(_)) => {
                return Err(fault("action and local_action are mutually exclusive", task));
            }
            (action, local) => action.or(local),
        };
        let mut modules = map.iter().filter(|(key, _)| !is_keyword(key));
        let mut written = match (keyword, modules.next()) {
            (Some((key, value)), None) => self.under_keyword(task, &key, value)?,
            (Some((key, value)), Some((other, _))) => {
                let first = self.under_keyword(task, &key, value)?.name.text();
                return Err(self.conflict(task, &first, other));
            }
            (None, Some((key, value))) => {
                if let Some((second, _)) = modules.next() {
                    return Err(self.conflict(task, &key.to_string(), second));
                }
                self.under_module(task, key, value)?
            }
            (None, None) => return Err(fault("no module/action detected in task.", task)),
        };
        self.add_args(map, &mut written)?;
        refuse_internal(&written)?;
        Ok(written)
    }

    fn conflict(&self, task: &Value, first: &str, second: &Key) -> Diagnostic {
        let error = fault(format!("conflicting action statements: {first}, {second}"), task);
        let words = [first.to_string(), second.to_string()];
        let Some(word) = words.iter().find(|word| self.module(word).is_none()) else {
            return error;
        };
        let names = table::names(table::Object::Task);
        let near = hint::said(word, names).map(|text| format!(" {text}")).unwrap_or_default();
        error.hint(format!("'{word}' is neither a keyword of tasks nor a module.{near}"))
    }

    fn under_module(&self, task: &Value, key: &Key, value: &Value) -> Result<Written, Diagnostic> {
        let name = key.to_string();
        let (args, template) = self.args(task, &name, value)?;
        let origin = value.meta().key_origin().or_else(|| task.origin().cloned());
        let name = Value::str(name);
        Ok(Written { name, origin, args, template, local: false, by_keyword: false })
    }

    fn under_keyword(&self, task: &Value, key: &Key, value: &Value) -> Result<Written, Diagnostic> {
        let (name, rest, mut args) = match &value.kind {
            Kind::Str(text) => {
                let (name, rest) = kv::first_word(text);
                (Value::str(name).marked_as(value), rest.to_string(), Map::new())
            }
            Kind::Map(map) => self.mapping(task, value, map)?,
            _ => return Err(unexpected(task, value)),
        };
        let text = Value::str(rest).marked_as(value);
        let (more, template) = self.args(task, &name.text(), &text)?;
        args.extend(more);
        let local = key.as_str() == Some("local_action");
        let origin = name.origin().cloned();
        Ok(Written { name, origin, args, template, local, by_keyword: true })
    }

    /// `action: {module: name, ...}`.
    fn mapping(
        &self,
        task: &Value,
        value: &Value,
        map: &Map,
    ) -> Result<(Value, String, Map), Diagnostic> {
        self.warn(
            Diagnostic::new("Using a mapping for `action` is deprecated. This feature will be removed from ansible-core version 2.23.")
                .at(value.origin())
                .hint("Use a string value for `action`."),
        );
        let mut args = map.clone();
        let module = args.shift_remove(&Key::from("module"));
        let Some((module, text)) = module.as_ref().and_then(|m| m.as_str().map(|text| (m, text)))
        else {
            return Err(fault("no module/action detected in task.", task));
        };
        let (name, rest) = kv::first_word(text);
        Ok((Value::str(name).marked_as(module), rest.to_string(), args))
    }

    /// Arguments behind a module's name; one template in place of all of them stands apart.
    fn args(
        &self,
        task: &Value,
        name: &str,
        value: &Value,
    ) -> Result<(Map, Option<Value>), Diagnostic> {
        match &value.kind {
            Kind::Null => Ok((Map::new(), None)),
            Kind::Map(map) => Ok(((**map).clone(), None)),
            Kind::Str(_) => self.text_args(task, name, value),
            _ => Err(unexpected(task, value)),
        }
    }

    fn text_args(
        &self,
        task: &Value,
        name: &str,
        value: &Value,
    ) -> Result<(Map, Option<Value>), Diagnostic> {
        let short = short(name);
        let traits = self.module(name).map(|entry| entry.traits);
        let command = COMMANDS.contains(&short) || traits.is_some_and(|t| t.free_form);
        let mut args = kv::parse(value, command).map_err(|e| e.at(task.origin()))?;
        let entry = self.module(name);
        let takes_raw = entry.is_some_and(|entry| entry.doc().args.find(kv::RAW).is_some());
        if command || takes_raw || RAW.contains(&short) {
            return Ok((args, None));
        }
        let Some(raw) = args.shift_remove(&Key::from(kv::RAW)) else { return Ok((args, None)) };
        if is_whole_template(&raw) {
            return Ok((args, Some(raw)));
        }
        let full = entry.and_then(|entry| entry.doc().full_names.first().copied());
        let shown = full.unwrap_or(short);
        match shown {
            // Their own readers say what is missing.
            "include_role" | "import_role" => Ok((args, None)),
            _ => Err(fault(format!("Action '{shown}' does not support raw params."), task)
                .hint("Give arguments as a mapping or as k=v words.")),
        }
    }

    /// Merges `args:` under the explicit arguments.
    fn add_args(&self, map: &Map, written: &mut Written) -> Result<(), Diagnostic> {
        let Some(value) = map.get(&Key::from("args")) else { return Ok(()) };
        match &value.kind {
            Kind::Null => Ok(()),
            Kind::Map(more) => {
                self.warn_legacy(map, written);
                let mut args = (**more).clone();
                args.extend(std::mem::take(&mut written.args));
                written.args = args;
                Ok(())
            }
            Kind::Str(_) if is_template(value) => {
                written.template = Some(value.clone());
                Ok(())
            }
            _ => Err(fault("The value of the task `args` keyword is invalid.", value)
                .hint("A mapping or template which resolves to a mapping is required.")),
        }
    }

    fn warn_legacy(&self, map: &Map, written: &Written) {
        let text =
            map.get(&Key::from(written.name.text())).filter(|value| value.as_str().is_some());
        let keys: Vec<String> = written
            .args
            .keys()
            .filter(|key| key.as_str() != Some(kv::RAW))
            .map(|key| format!("'{key}'"))
            .collect();
        let (Some(text), false) = (text, keys.is_empty()) else { return };
        let keys = keys.join(", ");
        self.warn(
            Diagnostic::new(format!("Merging legacy k=v args ({keys}) into task args. This feature will be removed from ansible-core version 2.23."))
                .at(text.origin())
                .hint("Include all task args in the task `args` mapping."),
        );
    }
}

/// Whether a key of a task is a keyword.
fn is_keyword(key: &Key) -> bool {
    key.as_str().is_some_and(|name| name.starts_with("with_") || table::is_task_keyword(name))
}

fn is_whole_template(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default().trim();
    is_template(value) && text.starts_with("{{") && text.ends_with("}}")
}

fn unexpected(task: &Value, value: &Value) -> Diagnostic {
    fault(format!("unexpected parameter type in action: {}", class(value)), task)
}

/// Arguments of the engine's own are no one else's business (S-219).
fn refuse_internal(written: &Written) -> Result<(), Diagnostic> {
    let internal = written.args.iter().find(|(key, _)| key.to_string().starts_with("_ansible_"));
    let Some((key, value)) = internal else { return Ok(()) };
    let action = written.name.text();
    Err(Diagnostic::new(format!(
        "Invalid parameter specified beginning with keyword '_ansible_' for action '{action}': '{key}'. The prefix '_ansible_' is reserved for internal use only."
    ))
    .at(value.meta().key_origin().as_ref()))
}
