//! Tank Operator: an Ansible-compatible, agentless configuration tool. `docs/design.md` is the map.
#![forbid(unsafe_code)]

pub mod base;
pub mod cli;
pub mod connection;
pub mod demo;
pub mod facts;
pub mod inventory;
pub mod modules;
pub mod play;
pub mod report;
pub mod run;
pub mod settings;
pub mod spec;
pub mod template;
pub mod vars;
pub mod vault;
pub mod zfs;
