//! What people and machines see of a run. Reads events, decides nothing.

mod banner;
mod diagnostics;
mod dump;
mod gauge;
mod json;
mod live;
mod minimal;
mod out;
mod playbook;
mod recap;

pub use diagnostics::render as render_diagnostic;
pub use dump::Shape;
pub use json::JsonLines;
pub use live::{Aside, Line};
pub use minimal::Minimal;
pub use out::{Out, Palette};
pub use playbook::{Layout, Terminal};

use crate::spec::Event;

/// Takes events in the order in which they are shown.
pub trait Report: Send {
    /// Shows one event.
    fn event(&mut self, event: &Event);
}
