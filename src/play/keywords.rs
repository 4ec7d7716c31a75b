//! Keywords of plays, roles, blocks and tasks, put where they belong.

use super::hint::near;
use super::literal::{check, class, fault};
use super::model::Keywords;
use super::names;
use super::table::{self, Object};
use crate::base::value::mark_secrets;
use crate::base::{Diagnostic, Key, Kind, Map, Value};
use std::sync::Arc;

/// Reads all keywords that objects share; what is special to one of them is left to its reader.
pub(super) fn read(object: Object, entries: &Map) -> Result<Keywords, Diagnostic> {
    let mut keywords = Keywords::default();
    for (key, value) in entries {
        let Some(name) = key.as_str() else { continue };
        if let Some(keyword) = table::find(object, name) {
            check(keyword, value)?;
            place(&mut keywords, object, name, value)?;
        }
    }
    Ok(keywords)
}

/// Refuses keys that the object does not have.
pub(super) fn refuse_unknown(object: Object, entries: &Map) -> Result<(), Diagnostic> {
    for (key, value) in entries {
        let known = key.as_str().is_some_and(|name| table::find(object, name).is_some());
        if !known {
            return Err(unknown(object, key, value));
        }
    }
    Ok(())
}

/// The error for a key that the object does not have.
pub(super) fn unknown(object: Object, key: &Key, value: &Value) -> Diagnostic {
    let text = format!("'{key}' is not a valid attribute for a {}", object.word());
    let error = Diagnostic::new(text).at(value.meta().key_origin().as_ref()).code(4);
    let name = key.to_string();
    near(error, &name, table::names(object))
}

fn place(k: &mut Keywords, object: Object, name: &str, value: &Value) -> Result<(), Diagnostic> {
    let given = Some(value.clone()).filter(|value| !value.is_null());
    let slot = match name {
        "name" => &mut k.name,
        "become" => &mut k.r#become,
        "become_user" => &mut k.become_user,
        "become_method" => &mut k.become_method,
        "become_flags" => &mut k.become_flags,
        "become_exe" => &mut k.become_exe,
        "connection" => &mut k.connection,
        "remote_user" => &mut k.remote_user,
        "port" => &mut k.port,
        "check_mode" => &mut k.check_mode,
        "diff" => &mut k.diff,
        "ignore_errors" => &mut k.ignore_errors,
        "ignore_unreachable" => &mut k.ignore_unreachable,
        "no_log" => &mut k.no_log,
        "run_once" => &mut k.run_once,
        "any_errors_fatal" => &mut k.any_errors_fatal,
        "throttle" => &mut k.throttle,
        "timeout" => &mut k.timeout,
        "debugger" => &mut k.debugger,
        "delegate_to" => &mut k.delegate_to,
        "delegate_facts" => &mut k.delegate_facts,
        _ => return place_list(k, object, name, value),
    };
    *slot = given;
    Ok(())
}

fn place_list(
    k: &mut Keywords,
    object: Object,
    name: &str,
    value: &Value,
) -> Result<(), Diagnostic> {
    match name {
        "environment" => k.environment = items(value),
        "when" => k.when = items(value),
        "notify" => k.notify = items(value),
        "tags" => k.tags = tags(value)?,
        "module_defaults" => k.module_defaults = module_defaults(value)?,
        "collections" => k.collections = texts("collections", value)?,
        "vars" => k.vars = Arc::new(mark_secrets(&*vars(object.word(), value)?)),
        _ => {}
    }
    Ok(())
}

/// The items of a list, or the one value; None is left out.
pub(super) fn items(value: &Value) -> Vec<Value> {
    let all = match &value.kind {
        Kind::List(items) => items.as_slice(),
        _ => std::slice::from_ref(value),
    };
    all.iter().filter(|item| !item.is_null()).cloned().collect()
}

/// Tags: a text is split at commas, the items of a list are not (S-127).
fn tags(value: &Value) -> Result<Vec<Value>, Diagnostic> {
    let wrong = || Err(Diagnostic::new("tags must be specified as a list").at(value.origin()));
    match &value.kind {
        Kind::Str(text) => {
            Ok(text.split(',').map(str::trim).map(|tag| Value::str(tag).marked_as(value)).collect())
        }
        Kind::List(items) if items.iter().all(is_scalar) => Ok(items.to_vec()),
        _ => wrong(),
    }
}

fn is_scalar(value: &Value) -> bool {
    value.as_list().is_none() && value.as_map().is_none() && !value.is_null()
}

fn module_defaults(value: &Value) -> Result<Vec<Value>, Diagnostic> {
    let items = items(value);
    if items.iter().all(|item| item.as_map().is_some()) {
        return Ok(items);
    }
    Err(fault(
        "The field 'module_defaults' is supposed to be a dictionary or list of dictionaries, the keys of which must be static action, module, or group names. Only the values may contain templates. For example: {'ping': \"{{ ping_defaults }}\"}",
        value,
    ))
}

/// A list of plain texts, such as `listen`.
pub(super) fn texts(name: &str, value: &Value) -> Result<Vec<String>, Diagnostic> {
    let one = |item: &Value| match item.as_str() {
        Some(text) => Ok(text.to_string()),
        None => {
            let kind = item.type_name();
            Err(fault(format!("Keyword '{name}' items must be of type 'str', not '{kind}'."), item))
        }
    };
    items(value).iter().map(one).collect()
}

/// A dict of variables with valid names.
pub(super) fn vars(owner: &str, value: &Value) -> Result<Arc<Map>, Diagnostic> {
    match &value.kind {
        Kind::Null => Ok(Arc::default()),
        Kind::Map(map) => {
            names::check_all(map)?;
            Ok(Arc::clone(map))
        }
        _ => Err(fault(format!("Vars in a {owner} must be specified as a dictionary."), value)),
    }
}

/// The map that an object must be.
pub(super) fn dict<'a>(value: &'a Value, message: &str) -> Result<&'a Map, Diagnostic> {
    value.as_map().ok_or_else(|| fault(message, value))
}

/// The list that an attribute of a play or block must be.
pub(super) fn list<'a>(attribute: &str, value: &'a Value) -> Result<&'a [Value], Diagnostic> {
    match &value.kind {
        Kind::Null => Ok(&[]),
        Kind::List(items) => Ok(items),
        _ => {
            let cause =
                format!("{} should be a list or None but is {}", value.text(), class(value));
            let text = format!("A malformed block was encountered while loading {attribute}.");
            Err(fault(text, value).caused_by(fault(cause, value)))
        }
    }
}
