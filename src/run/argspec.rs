//! A role's arguments against its specification (S-121, S-122).

use super::outcome::Outcome;
use super::task::TaskRun;
use crate::base::Value;
use crate::spec::event::Status;
use crate::template::table::Stop;
use crate::vars::TaskScope;

/// Checks the variables of a role's entry point.
pub fn check(run: &TaskRun<'_>, _: &TaskScope) -> Result<Outcome, Stop> {
    if run.task.implicit && run.task.arg("argument_spec").is_none_or(Value::is_null) {
        // No specification: nothing to keep to.
        let text = Value::from("The arg spec validation passed");
        let fields = [("changed".into(), Value::from(false)), ("msg".into(), text)];
        return Ok(Outcome::new(Status::Ok, fields.into_iter().collect()));
    }
    Err(Stop::fault("argument specifications of roles are not checked in this version"))
}
