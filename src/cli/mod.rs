//! The commands: one file or room per command, its arguments, its help, its few calls.

pub mod inventory;
