//! Arguments of a task, rendered and merged with defaults.

use crate::base::{Diagnostic, Key, Kind, Map, Value};
use crate::play::Task;
use crate::spec::args::ArgType;
use crate::spec::{Doc, Entry};
use crate::template::Templar;
use crate::template::table::Stop;

/// Renders a task's arguments: defaults of `module_defaults` below, `args:` templates, explicit ones on
/// top; omitted ones are gone. Conditions and expressions stay as they were written.
pub fn finalize(task: &Task, entry: &Entry, templar: &Templar<'_>) -> Result<Map, Stop> {
    let doc = entry.doc();
    let mut args = module_defaults(task, doc, templar)?;
    if let Some(whole) = &task.args_template {
        let rendered = templar.render(whole).map_err(|stop| in_args(stop, task, doc))?;
        match &rendered.kind {
            Kind::Map(map) => args.extend(map.iter().map(|(k, v)| (k.clone(), v.clone()))),
            Kind::Omit | Kind::Null => {}
            _ => {
                let text = format!(
                    "Variable used to provide args must be a dictionary, not '{}'.",
                    rendered.type_name()
                );
                return Err(in_args(Stop::fault(text), task, doc));
            }
        }
    }
    for (key, raw) in task.args.iter() {
        let value = render_one(doc, key, raw, templar).map_err(|stop| in_args(stop, task, doc))?;
        if !matches!(value.kind, Kind::Omit) {
            args.insert(key.clone(), value);
        } else {
            args.shift_remove(key);
        }
    }
    Ok(args)
}

fn render_one(doc: &Doc, key: &Key, raw: &Value, templar: &Templar<'_>) -> Result<Value, Stop> {
    let kind = key.as_str().and_then(|name| doc.args.find(name)).map(|arg| arg.kind);
    match kind {
        Some(ArgType::Condition | ArgType::Expression) => Ok(raw.clone()),
        _ if doc.name == "set_fact" => templar.render_argument_keys(&key.to_string(), raw),
        _ => templar.render_argument(&key.to_string(), raw),
    }
}

/// Defaults of all levels, inner ones over outer ones (S-170).
fn module_defaults(task: &Task, doc: &Doc, templar: &Templar<'_>) -> Result<Map, Stop> {
    let mut found = Map::new();
    let levels: Vec<&Value> = task.keyword_chain().flat_map(|k| k.module_defaults.iter()).collect();
    for level in levels.into_iter().rev() {
        for (key, defaults) in level.as_map().into_iter().flatten() {
            let name = key.as_str().unwrap_or_default();
            if name != doc.name && !doc.full_names.contains(&name) {
                continue;
            }
            let defaults = templar.render(defaults).map_err(|stop| in_args(stop, task, doc))?;
            found.extend(
                defaults.as_map().into_iter().flatten().map(|(k, v)| (k.clone(), v.clone())),
            );
        }
    }
    Ok(found)
}

fn full_name(doc: &Doc) -> &'static str {
    doc.full_names.first().copied().unwrap_or(doc.name)
}

fn in_args(stop: Stop, task: &Task, doc: &Doc) -> Stop {
    wrap(stop, |cause| {
        let text = format!("Finalization of task args for '{}' failed", full_name(doc));
        let origin = task.action_origin.as_ref().or(task.origin.as_ref());
        Diagnostic::new(text).at(origin).caused_by(cause)
    })
}

/// The same stop with its error inside another one.
pub fn wrap(stop: Stop, outer: impl FnOnce(Diagnostic) -> Diagnostic) -> Stop {
    match stop {
        Stop::Suspended => Stop::Suspended,
        Stop::Fault(cause) => Stop::Fault(outer(cause)),
        Stop::Undefined(cause) => Stop::Undefined(outer(cause)),
    }
}
