//! The persistent shell on a host: one for each identity, one exec channel, pipelined requests.
//!
//! The shell's side is `prelude.sh` (functions that probes may use), `serve.sh` (the protocol),
//! `changes.sh` and `places.sh` (what changes the host). Long streams have a channel of their own (`pipe.sh`).

mod apply;
pub(super) mod boot;
mod budget;
mod burst;
mod command;
mod driver;
mod errors;
mod fetch;
mod flight;
mod frame;
mod guard;
mod host;
mod limits;
mod link;
mod meter;
mod pipe;
mod platform;
mod reader;
mod request;
pub(super) mod scripts;
mod session;
mod tree;
mod upload;
mod words;
mod writer;

#[cfg(test)]
pub mod tests;

pub use budget::Budget;
pub use host::{ShellHost, open, open_on};
pub use limits::{Counts, Limits};
pub use link::{Connect, Link};
pub use meter::Meter;
