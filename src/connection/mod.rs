//! Ways to a host, and the shell runtime that speaks over them.

pub mod local;
pub mod openssh;
pub mod ssh;
pub mod transport;
