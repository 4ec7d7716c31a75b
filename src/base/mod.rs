//! What every room stands on: values with their origin, errors with position, YAML, quoting, diffs.

pub mod diagnostic;
pub mod diff;
pub mod origin;
pub mod quote;
pub mod regex;
pub mod value;
pub mod yaml;

pub use diagnostic::Diagnostic;
pub use origin::{Origin, Source};
pub use value::{Key, Kind, Map, Meta, Object, Secret, Time, Undefined, Value};
