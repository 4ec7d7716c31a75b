//! Look-ahead: probes of coming tasks are sent before their turn, since they change nothing.
//!
//! Every task is evaluated again at its turn; an answer that was asked ahead is used only if the task then
//! asks that very question and nothing changed in between. What runs ahead thus decides nothing: it only
//! saves round trips.

mod queue;
mod rules;
mod walk;

pub use queue::{Changes, Coming, Queue};
pub use rules::{AheadRule, AheadRules};
pub use walk::{Items, Upcoming, ask};
