//! A throw-away SSH server in this process: for `tank demo` and for tests.
//!
//! It listens on loopback only, makes its keys anew, and lets in nobody but the holder of its user key.
//! Sessions run as the user who runs this process.

mod pump;
mod server;
mod session;

#[cfg(test)]
mod tests;

pub use server::{DemoServer, Login, Options, serve, serve_with};
