//! Long streams between hosts, through this process.

mod relay;
mod relayed;

pub use relay::{Limits, relay};
pub use relayed::{Cut, Relayed};
