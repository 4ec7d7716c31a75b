//! The evaluator: Python's semantics over our values.
//!
//! `session` is what one rendering shares, `core` is what needs no template around it (touching,
//! attributes, operators, filters), `ctx` walks a template.

mod access;
mod call;
mod cells;
mod compose;
mod core;
pub mod ctx;
mod env;
mod expr;
mod finalize;
mod frame;
mod loops;
mod macros;
pub mod objects;
mod output;
mod plugins;
mod secret;
mod session;
mod stmt;

pub use self::core::{Core, is_template};
pub use call::first_marker;
pub use env::as_text;
pub use finalize::{Finalize, is_plain};
pub use frame::Frame;
pub use plugins::unknown_lookup;
pub use secret::{Pieces, same, taint};
pub use session::{Memo, Session, Settings};

use crate::base::{Diagnostic, Kind, Value};
use crate::template::table::Stop;

/// Whether a value stands for an error: it is undefined, or a call or template failed with it. Such
/// values may be passed on; the error comes where a value is needed.
pub fn is_marker(value: &Value) -> bool {
    value.is_undefined() || objects::as_object::<objects::Failed>(value).is_some()
}

/// A result whose error waits until it is needed. Nothing but a value suspends an evaluation.
pub fn captured(result: Result<Value, Stop>) -> Result<Value, Stop> {
    match result {
        Err(Stop::Undefined(error)) => {
            let value = Value::undefined(error.message);
            Ok(match error.origin {
                Some(origin) => value.at(origin),
                None => value,
            })
        }
        Err(Stop::Fault(error)) => Ok(objects::value(objects::Failed { error })),
        other => other,
    }
}

/// What a marker becomes where a value is needed.
pub fn trip(value: &Value) -> Stop {
    if let Some(failed) = objects::as_object::<objects::Failed>(value) {
        return Stop::Fault(failed.error.clone());
    }
    let message = match &value.kind {
        Kind::Undefined(undefined) => undefined.message.clone(),
        _ => "undefined".to_string(),
    };
    Stop::Undefined(Diagnostic::new(message).at(value.origin()))
}

/// The value itself, or its error when it stands for one.
pub fn need(value: Value) -> Result<Value, Stop> {
    if is_marker(&value) { Err(trip(&value)) } else { Ok(value) }
}

/// An error of Python's kind, to be wrapped by the template it happens in.
pub fn raise<T>(message: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::fault(message))
}
