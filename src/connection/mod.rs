//! Ways to a host, and the shell runtime that speaks over them.

pub mod r#become;
pub mod shell;
pub mod transport;
