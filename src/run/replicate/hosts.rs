//! Hosts by their inventory names.

use crate::spec::{BoxFuture, Host};
use std::sync::Arc;

/// Opens hosts: a play's, or the test's own.
pub trait Hosts: Send + Sync {
    /// The host of this name, as the user who administers its pools; an error says why not.
    fn open<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Arc<dyn Host>, String>>;
    /// The name or address and the port by which others can call it, where that is known.
    fn address(&self, _name: &str) -> Option<(String, Option<u16>)> {
        None
    }
}
