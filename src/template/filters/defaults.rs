//! Filters that decide by what a value is: defaults, truth, types.

use super::bind::{Bound, defined, shown};
use super::{builtin, undefinable};
use crate::base::{Diagnostic, Kind, Value};
use crate::template::table::{Args, Env, Filter, Stop};

pub(super) const FILTERS: &[Filter] = &[
    undefinable(builtin(
        "default",
        "ansible.builtin.default",
        "Gives another value for what is undefined; with `true`, also for what counts as false.",
        default,
        &[
            ("missing | default('x')", "'x'"),
            ("'' | default('x')", "''"),
            ("'' | default('x', true)", "'x'"),
        ],
    )),
    undefinable(builtin(
        "d",
        "ansible.builtin.d",
        "Gives another value for what is undefined; with `true`, also for what counts as false.",
        default,
        &[("missing | d(1)", "1")],
    )),
    undefinable(builtin(
        "mandatory",
        "ansible.builtin.mandatory",
        "Fails, with a text of one's own, for what is undefined.",
        mandatory,
        &[("1 | mandatory", "1")],
    )),
    undefinable(builtin(
        "ternary",
        "ansible.builtin.ternary",
        "Gives the first value for true, the second for false, the third for none.",
        ternary,
        &[
            ("true | ternary('a', 'b')", "'a'"),
            ("'' | ternary('a', 'b')", "'b'"),
            ("none | ternary('a', 'b', 'c')", "'c'"),
        ],
    )),
    builtin(
        "bool",
        "ansible.builtin.bool",
        "Reads yes, on, true and 1 as true, in any case, and no, off, false and 0 as false.",
        bool,
        &[("'Yes' | bool", "true"), ("'off' | bool", "false"), ("1 | bool", "true")],
    ),
    undefinable(builtin(
        "type_debug",
        "ansible.builtin.type_debug",
        "Gives Python's name of the type.",
        type_debug,
        &[("1.5 | type_debug", "'float'"), ("{} | type_debug", "'dict'")],
    )),
];

fn default(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("ansible_default", args, &["default_value", "boolean"], 0)?;
    let other = || bound.get("default_value").cloned().unwrap_or_else(|| Value::from(""));
    let boolean = match bound.get("boolean") {
        None => false,
        Some(flag) => defined(flag)?.as_bool().ok_or_else(|| {
            let kind = flag.type_name();
            Stop::fault(format!("The 'boolean' argument must be of type 'bool', not '{kind}'."))
        })?,
    };
    if value.is_undefined() || (boolean && !value.is_true()) {
        return Ok(other());
    }
    Ok(value)
}

fn mandatory(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("mandatory", args, &["msg"], 0)?;
    let Kind::Undefined(why) = &value.kind else { return Ok(value) };
    if let Some(message) = bound.some("msg") {
        return Err(Stop::fault(defined(message)?.text()));
    }
    let name = missing_name(&why.message).map(|name| format!("'{name}' ")).unwrap_or_default();
    Err(Stop::fault(format!("Mandatory variable {name}not defined.")))
}

/// The name in `'x' is undefined` and `object of type 'dict' has no attribute 'x'`.
fn missing_name(message: &str) -> Option<&str> {
    let quoted = match message.strip_suffix(" is undefined") {
        Some(name) => name,
        None => message.split_once(" has no attribute ")?.1,
    };
    quoted.strip_prefix('\'')?.strip_suffix('\'')
}

fn ternary(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    let bound = Bound::of("ternary", args, &["true_val", "false_val", "none_val"], 2)?;
    if let (true, Some(none)) = (value.is_null(), bound.some("none_val")) {
        return Ok(none.clone());
    }
    let chosen = if defined(&value)?.is_true() { "true_val" } else { "false_val" };
    bound.need(chosen).cloned()
}

fn bool(env: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    Bound::of("to_bool", args, &[], 0)?;
    let word = match &value.kind {
        Kind::Bool(_) => return Ok(value),
        Kind::Str(text) => text.to_lowercase(),
        Kind::Int(n) => n.to_string(),
        _ => String::new(),
    };
    let result = match word.as_str() {
        "yes" | "on" | "true" | "1" => return Ok(Value::from(true)),
        "no" | "off" | "false" | "0" => return Ok(Value::from(false)),
        _ => matches!(value.kind, Kind::Float(1.0)),
    };
    let (kind, shown) = (value.type_name(), shown(&value));
    let result_text = Value::from(result).repr();
    env.scope().warn(Diagnostic::new(format!(
        "The `bool` filter coerced invalid value {shown} ({kind}) to {result_text}. \
         This feature will be removed from ansible-core version 2.23."
    )));
    Ok(Value::from(result))
}

fn type_debug(_: &dyn Env, value: Value, args: &Args) -> Result<Value, Stop> {
    Bound::of("type_debug", args, &[], 0)?;
    Ok(Value::from(value.type_name()))
}
