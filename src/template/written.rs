//! What is wrong with a template as it is written, whatever its variables will be: its syntax, filters and tests that
//! nobody knows.

use super::eval::ctx::syntax_error;
use super::eval::is_template;
use super::syntax::{self, Mode, TemplateOptions};
use crate::base::{Diagnostic, Kind, Value};

/// Checks all templates in a value.
///
/// # Errors
/// The first one's fault, as rendering it would tell.
pub fn check_templates(value: &Value) -> Result<(), Diagnostic> {
    match &value.kind {
        Kind::Str(_) if is_template(value) => check(value, "template"),
        Kind::List(items) | Kind::Tuple(items) => items.iter().try_for_each(check_templates),
        Kind::Map(map) => map.values().try_for_each(check_templates),
        _ => Ok(()),
    }
}

/// Checks an expression: a condition, say. One that has template marks is left to its evaluation.
///
/// # Errors
/// Its fault.
pub fn check_expression(value: &Value) -> Result<(), Diagnostic> {
    match &value.kind {
        Kind::Str(_) if value.is_trusted() && !is_template(value) => check(value, "expression"),
        _ => Ok(()),
    }
}

fn check(value: &Value, kind: &'static str) -> Result<(), Diagnostic> {
    let Kind::Str(source) = &value.kind else { return Ok(()) };
    let expression = kind == "expression";
    // What a setting may allow is not refused here.
    let mode = Mode {
        expression,
        condition: expression,
        with_do: true,
        with_loop_controls: true,
        ..Mode::default()
    };
    let Err(fault) = syntax::compile(source, &TemplateOptions::default(), mode) else {
        return Ok(());
    };
    match syntax_error(&fault, source, value.origin(), kind).into_diagnostic() {
        Some(error) => Err(error),
        None => Ok(()),
    }
}
