//! Ways to a host, and the shell runtime that speaks over them.

pub mod r#become;
pub mod jail;
pub mod local;
pub mod openssh;
pub mod shell;
pub mod ssh;
pub mod transport;
