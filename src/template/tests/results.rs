//! Tests of task results.

use super::builtin;
use crate::base::{Diagnostic, Map, Value};
use crate::template::filters::bind::Bound;
use crate::template::filters::iterate::mapping;
use crate::template::table::{Args, Env, Stop, Test};
use std::borrow::Cow;

pub(super) const TESTS: &[Test] = &[
    builtin(
        "failed",
        "ansible.builtin.failed",
        "Whether the task failed.",
        failed,
        &[("{'failed': true} is failed", "true")],
    ),
    builtin(
        "failure",
        "ansible.builtin.failure",
        "Whether the task failed.",
        failed,
        &[("{} is failure", "false")],
    ),
    builtin(
        "succeeded",
        "ansible.builtin.succeeded",
        "Whether the task did not fail.",
        succeeded,
        &[("{} is succeeded", "true")],
    ),
    builtin(
        "success",
        "ansible.builtin.success",
        "Whether the task did not fail.",
        succeeded,
        &[("{'failed': true} is success", "false")],
    ),
    builtin(
        "successful",
        "ansible.builtin.successful",
        "Whether the task did not fail.",
        succeeded,
        &[("{'failed': false} is successful", "true")],
    ),
    builtin(
        "changed",
        "ansible.builtin.changed",
        "Whether the task, or an item of its loop, changed something.",
        changed,
        &[
            ("{'changed': true} is changed", "true"),
            ("{'results': [{'changed': true}]} is changed", "true"),
        ],
    ),
    builtin(
        "change",
        "ansible.builtin.change",
        "Whether the task, or an item of its loop, changed something.",
        changed,
        &[("{} is change", "false")],
    ),
    builtin(
        "skipped",
        "ansible.builtin.skipped",
        "Whether the task was skipped.",
        |_, v, a| flag(v, a, "skipped"),
        &[("{'skipped': true} is skipped", "true")],
    ),
    builtin(
        "skip",
        "ansible.builtin.skip",
        "Whether the task was skipped.",
        |_, v, a| flag(v, a, "skipped"),
        &[("{} is skip", "false")],
    ),
    builtin(
        "unreachable",
        "ansible.builtin.unreachable",
        "Whether the host could not be reached.",
        |_, v, a| flag(v, a, "unreachable"),
        &[("{'unreachable': true} is unreachable", "true")],
    ),
    builtin(
        "reachable",
        "ansible.builtin.reachable",
        "Whether the host could be reached.",
        |_, v, a| flag(v, a, "unreachable").map(|found| !found),
        &[("{} is reachable", "true")],
    ),
    builtin(
        "timedout",
        "ansible.builtin.timedout",
        "Whether the task's time limit ended it.",
        timedout,
        &[("{'timedout': {'period': 5}} is timedout", "true"), ("{} is timedout", "false")],
    ),
    builtin(
        "started",
        "ansible.builtin.started",
        "Whether an async task was started.",
        |env, v, a| background(env, v, a, "started"),
        &[("{'started': 1} is started", "true")],
    ),
    builtin(
        "finished",
        "ansible.builtin.finished",
        "Whether an async task ended.",
        |env, v, a| background(env, v, a, "finished"),
        &[("{'finished': 0} is finished", "false")],
    ),
];

fn result<'a>(value: &'a Value, args: &Args, name: &str) -> Result<Cow<'a, Map>, Stop> {
    Bound::of(name, args, &[], 0)?;
    match mapping(value)? {
        Some(map) => Ok(map),
        None => Err(Stop::fault(format!("The '{name}' test expects a dictionary"))),
    }
}

fn is_set(map: &Map, name: &str) -> bool {
    map.get(&crate::base::Key::from(name)).is_some_and(Value::is_true)
}

fn flag(value: &Value, args: &Args, name: &str) -> Result<bool, Stop> {
    Ok(is_set(&*result(value, args, name)?, name))
}

fn failed(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    flag(value, args, "failed")
}

fn succeeded(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    flag(value, args, "failed").map(|failed| !failed)
}

fn changed(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    let map = result(value, args, "changed")?;
    if let Some(changed) = map.get(&crate::base::Key::from("changed")) {
        return Ok(changed.is_true());
    }
    let results = map.get(&crate::base::Key::from("results")).and_then(Value::as_list);
    let item_changed = |item: &Value| item.as_map().is_some_and(|item| is_set(item, "changed"));
    Ok(results.is_some_and(|items| items.iter().any(item_changed)))
}

fn timedout(_: &dyn Env, value: &Value, args: &Args) -> Result<bool, Stop> {
    let map = result(value, args, "timedout")?;
    let limit = map.get(&crate::base::Key::from("timedout"));
    Ok(limit.and_then(|limit| limit.get("period")).is_some_and(Value::is_true))
}

fn background(env: &dyn Env, value: &Value, args: &Args, name: &str) -> Result<bool, Stop> {
    let map = result(value, args, name)?;
    if map.contains_key(&crate::base::Key::from(name)) {
        return Ok(is_set(&map, name));
    }
    env.scope().warn(Diagnostic::new(format!(
        "The '{name}' test expects an async task, but a non-async task was tested"
    )));
    Ok(true)
}
