//! Arguments of modules against their tables, as far as they are written out.
//!
//! Ansible finds these errors on the host, when the task runs (S-226). Here they are found before
//! anything connects; where the playbook itself deals with a failure, they are left to the run.

use super::{is_caught, is_off};
use crate::base::{Diagnostic, Key, Kind, Map, Value};
use crate::play::literal::{fault, is_dynamic, is_template};
use crate::play::model::{Action, Loop, Task};
use crate::spec::args::{Arg, ArgError, ArgTable, ArgType, Dict, FromArg, Mode, canonical};
use crate::spec::{Doc, Entry};

/// Checks a task's arguments and its list of items. `rescued`: it stands in a block with a rescue.
pub(in crate::play) fn arguments(task: &Task, rescued: bool) -> Result<(), Diagnostic> {
    let Action::Module(entry) = task.action else { return Ok(()) };
    if rescued || is_off(task) || is_caught(task) {
        return Ok(());
    }
    check_loop(task)?;
    check(task, entry).map_err(|error| diagnostic(task, entry.doc(), error))
}

fn check_loop(task: &Task) -> Result<(), Diagnostic> {
    let Some(Loop::Items(items)) = &task.looping else { return Ok(()) };
    if items.as_list().is_some() || is_template(items) || matches!(items.kind, Kind::Vault(_)) {
        return Ok(());
    }
    let kind = items.type_name();
    Err(fault(format!("The `loop` value must resolve to a 'list', not '{kind}'."), items)
        .hint("Provide a list of items/templates, or a template resolving to a list."))
}

fn check(task: &Task, entry: &Entry) -> Result<(), ArgError> {
    let table = entry.doc().args;
    let given = &*task.args;
    check_types(table, given)?;
    let defaults = defaults(task, entry.doc());
    let complete = task.args_template.is_none() && !defaults.unknown;
    let mut known: Map = defaults.args;
    known.extend(given.iter().map(|(key, value)| (key.clone(), value.clone())));
    if complete {
        check_rules(table, &known)?;
    }
    check_names(table, given)?;
    let literal = complete && !known.values().any(is_dynamic);
    if literal { entry.parse(&known).map(|_| ()) } else { Ok(()) }
}

/// What `module_defaults` around a task give its module.
#[derive(Default)]
struct Defaults {
    args: Map,
    /// Whether there may be more: groups and templates.
    unknown: bool,
}

fn defaults(task: &Task, doc: &Doc) -> Defaults {
    let mut found = Defaults::default();
    let levels: Vec<&Value> = task.inheriting().flat_map(|k| &k.module_defaults).collect();
    for (key, value) in levels.into_iter().rev().filter_map(Value::as_map).flatten() {
        let name = key.as_str().unwrap_or_default();
        let short = crate::play::action::short(name);
        found.unknown |= name.starts_with("group/");
        if short != doc.name && !doc.full_names.contains(&name) {
            continue;
        }
        match value.as_map() {
            Some(args) => found.args.extend(args.iter().map(|(k, v)| (k.clone(), v.clone()))),
            None => found.unknown = true,
        }
    }
    found
}

/// Unknown names, with Ansible's list of the known ones. A table with the name `*` takes any.
fn check_names(table: &'static ArgTable, given: &Map) -> Result<(), ArgError> {
    if table.find("*").is_some() {
        return Ok(());
    }
    crate::spec::args::check_names(table, given)
}

/// Rules over several arguments. A rule that templates could still keep is not broken yet.
fn check_rules(table: &'static ArgTable, known: &Map) -> Result<(), ArgError> {
    let named = |key: &Key| key.as_str().is_some_and(|name| table.find(name).is_some());
    let all: Map =
        known.iter().filter(|(k, _)| named(k)).map(|(k, v)| (k.clone(), v.clone())).collect();
    let Err(error) = canonical(table, &all) else { return Ok(()) };
    if is_final(&error) {
        return Err(error);
    }
    let sure: Map =
        all.iter().filter(|(_, v)| !is_dynamic(v)).map(|(k, v)| (k.clone(), v.clone())).collect();
    match canonical(table, &sure) {
        Err(same) if same.message == error.message => Err(error),
        _ => Ok(()),
    }
}

/// Whether the error stays, whatever templates become: it is about what is not there.
fn is_final(error: &ArgError) -> bool {
    let open = [
        "mutually exclusive",
        "parameters are required together",
        "missing parameter(s) required by",
        "can not use content with a dir as dest",
    ];
    !open.iter().any(|words| error.message.contains(words))
}

/// Types and choices of the values that are written out.
fn check_types(table: &'static ArgTable, given: &Map) -> Result<(), ArgError> {
    for (key, value) in given {
        let arg = key.as_str().and_then(|name| table.find(name));
        if let Some(arg) = arg.filter(|_| !is_dynamic(value) && !value.is_null()) {
            check_type(arg, value)?;
        }
    }
    Ok(())
}

fn check_type(arg: &Arg, value: &Value) -> Result<(), ArgError> {
    match arg.kind {
        ArgType::Bool => bool::from_value(arg, value).map(drop),
        ArgType::Int => i64::from_value(arg, value).map(drop),
        ArgType::Float => f64::from_value(arg, value).map(drop),
        ArgType::Dict => Dict::from_value(arg, value).map(drop),
        ArgType::List => check_items(arg, value),
        ArgType::Raw if matches!(arg.name, "mode" | "directory_mode") => check_mode(arg, value),
        _ => check_choice(arg, value),
    }
}

fn check_mode(arg: &Arg, value: &Value) -> Result<(), ArgError> {
    match Mode::from_value(arg, value)? {
        Mode::Wrong(clause) => {
            let text = format!("{}, got: {clause}", Mode::NONE);
            Err(ArgError { origin: value.origin().cloned(), ..ArgError::other(arg, text) })
        }
        _ => Ok(()),
    }
}

fn check_items(arg: &Arg, value: &Value) -> Result<(), ArgError> {
    match arg.elements {
        Some(ArgType::Int) => Vec::<i64>::from_value(arg, value).map(drop),
        Some(ArgType::Bool) => Vec::<bool>::from_value(arg, value).map(drop),
        Some(ArgType::Dict) => Vec::<Dict>::from_value(arg, value).map(drop),
        _ => Vec::<String>::from_value(arg, value).map(drop),
    }
}

fn check_choice(arg: &Arg, value: &Value) -> Result<(), ArgError> {
    let text = value.text();
    let scalar = value.as_list().is_none() && value.as_map().is_none();
    if arg.choices.is_empty() || !scalar || arg.choices.contains(&text.as_str()) {
        return Ok(());
    }
    // A bare yes or no is a boolean in YAML; where such words are choices, the module decides.
    if matches!(value.kind, Kind::Bool(_)) {
        return Ok(());
    }
    Err(ArgError { origin: value.origin().cloned(), ..ArgError::choice(arg, &text, arg.choices) })
}

fn diagnostic(task: &Task, doc: &Doc, error: ArgError) -> Diagnostic {
    let message = match error.message.strip_prefix("Unsupported parameters: ") {
        Some(rest) => format!("Unsupported parameters for ({}) module: {rest}", doc.name),
        None => error.message,
    };
    let arg = error.arg.as_deref().and_then(|name| task.arg(name));
    let origin = error.origin.or_else(|| arg.and_then(|value| value.origin().cloned()));
    let found = Diagnostic::new(message).at(task.origin.as_ref()).at(origin.as_ref()).code(4);
    match error.hint {
        Some(hint) => found.hint(hint),
        None => found,
    }
}
