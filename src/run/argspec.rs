//! A role's arguments against its specification (S-121, S-122).

use super::outcome::Outcome;
use super::task::TaskRun;
use crate::template::table::Stop;
use crate::vars::TaskScope;

/// Checks the variables of a role's entry point.
pub fn check(_: &TaskRun<'_>, _: &TaskScope) -> Result<Outcome, Stop> {
    Err(Stop::fault("argument specifications of roles are not checked in this version"))
}
