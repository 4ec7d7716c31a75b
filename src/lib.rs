//! Tank Operator: an Ansible-compatible, agentless configuration tool. `docs/design.md` is the map.
#![forbid(unsafe_code)]

pub mod base;
pub mod connection;
pub mod demo;
pub mod spec;
pub mod template;
