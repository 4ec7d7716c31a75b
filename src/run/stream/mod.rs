//! Long streams between hosts: through this process, within one host, straight from host to host.

mod direct;
mod pair;
mod relay;
mod relayed;

pub use direct::{Address, Direct};
pub use pair::pair;
pub use relay::{Limits, relay};
pub use relayed::{Cut, Relayed};
