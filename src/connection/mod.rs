//! Ways to a host, and the shell runtime that speaks over them.

pub mod transport;
