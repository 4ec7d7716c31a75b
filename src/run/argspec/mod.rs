//! Arguments against a specification: of roles (S-121, S-122), of plays, and `validate_argument_spec`.

mod check;
mod rules;
mod types;

use super::outcome::Outcome;
use super::task::TaskRun;
use crate::base::{Diagnostic, Key, Map, Origin, Source, Value};
use crate::spec::event::Status;
use crate::spec::{Lookup, Scope};
use crate::template::Templar;
use crate::template::table::Stop;
use crate::vars::TaskScope;

/// Checks what is given, and the variables that are named as the specification's options.
pub fn check(run: &TaskRun<'_>, scope: &TaskScope) -> Result<Outcome, Stop> {
    let spec = argument(run, scope, "argument_spec")?;
    // `--start-at-task` puts a check without any specification in front.
    let spec = spec.or_else(|| run.task.implicit.then(|| Value::map(Map::new())));
    let given =
        argument(run, scope, "provided_arguments")?.unwrap_or_else(|| Value::map(Map::new()));
    let context = argument(run, scope, "validate_args_context")?;
    let Some(spec) = spec else {
        let args = Value::map((*run.task.args).clone()).masked().repr();
        return Err(Stop::fault(format!("\"argument_spec\" arg is required in args: {args}")));
    };
    let (options, provided) = (dict("argument_spec", &spec)?, dict("provided_arguments", &given)?);
    let mut arguments = variables(scope, options)?;
    arguments.extend(provided.iter().map(|(name, value)| (name.clone(), value.clone())));
    let errors = check::errors(options, arguments);
    let mut fields = Map::new();
    fields.insert("changed".into(), Value::from(false));
    fields
        .insert("validate_args_context".into(), context.unwrap_or_else(|| Value::map(Map::new())));
    if errors.is_empty() {
        fields.insert("msg".into(), Value::from("The arg spec validation passed"));
        return Ok(Outcome::new(Status::Ok, fields));
    }
    let text = format!("Validation of arguments failed:\n{}", errors.join("\n"));
    fields.insert("msg".into(), Value::from(text.as_str()));
    fields.insert("argument_spec_data".into(), spec);
    fields.insert("argument_errors".into(), Value::from(errors));
    let mut outcome = Outcome::new(Status::Failed, fields);
    outcome.from_module = Some("Action failed");
    outcome.error = Some(error(run, text));
    Ok(outcome)
}

/// A rendered argument of the task; None: it was not given, or omitted.
fn argument(run: &TaskRun<'_>, scope: &TaskScope, name: &str) -> Result<Option<Value>, Stop> {
    let Some(raw) = run.task.args.get(&Key::from(name)) else { return Ok(None) };
    let value = Templar::new(scope).render_argument(name, raw)?;
    Ok(Some(value).filter(|value| !matches!(value.kind, crate::base::Kind::Omit)))
}

fn dict<'a>(name: &str, value: &'a Value) -> Result<&'a Map, Stop> {
    value.as_map().ok_or_else(|| {
        let kind = value.type_name();
        Stop::fault(format!("Incorrect type for {name}, expected dict and got <class '{kind}'>"))
    })
}

/// The values of the variables that are named as options.
fn variables(scope: &TaskScope, options: &Map) -> Result<Map, Stop> {
    let templar = Templar::new(scope);
    let mut found = Map::new();
    for name in options.keys() {
        match scope.variable(name.as_str().unwrap_or_default()) {
            Lookup::Missing => {}
            Lookup::Pending => return Err(Stop::Suspended),
            Lookup::Found(raw) => drop(found.insert(name.clone(), templar.render(&raw)?)),
        }
    }
    Ok(found)
}

/// The error of a failed check. The implicit tasks of roles stand in no file: they are shown themselves.
fn error(run: &TaskRun<'_>, text: String) -> Diagnostic {
    let error = run.error("Action failed", Diagnostic::new(text));
    if run.task.origin.is_some() {
        return error;
    }
    let task: Value = [
        ("action", Value::from(run.task.written.as_str())),
        ("args", Value::map((*run.task.args).clone())),
    ]
    .into_iter()
    .collect();
    let place = Origin::whole(&Source::said("<unknown>", task.masked().repr()));
    Diagnostic::new(error.chain()).at(Some(&place))
}

#[cfg(test)]
mod tests;
