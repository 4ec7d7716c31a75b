//! Modules at work on this machine, through real shells, without the engine around them.

pub mod desk;
pub mod replay;
