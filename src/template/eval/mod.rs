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
pub use env::as_text;
pub use finalize::{Finalize, is_plain};
pub use frame::Frame;
pub use plugins::unknown_lookup;
pub use secret::{Pieces, same, taint};
pub use session::{Memo, Session, Settings};

use crate::base::{Diagnostic, Kind, Value};
use crate::template::table::Stop;

/// What an undefined value becomes where a value is needed.
pub fn trip(value: &Value) -> Stop {
    let message = match &value.kind {
        Kind::Undefined(undefined) => undefined.message.clone(),
        _ => "undefined".to_string(),
    };
    Stop::Undefined(Diagnostic::new(message).at(value.origin()))
}

/// The value itself, or an error when it is undefined.
pub fn need(value: Value) -> Result<Value, Stop> {
    if value.is_undefined() { Err(trip(&value)) } else { Ok(value) }
}

/// An error of Python's kind, to be wrapped by the template it happens in.
pub fn raise<T>(message: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::fault(message))
}
