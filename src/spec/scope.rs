//! Where templates get their variables from.

use crate::base::{Diagnostic, Value};
use std::path::PathBuf;
use std::sync::Arc;

/// What is known of a name.
#[derive(Clone, Debug)]
pub enum Lookup {
    /// Its raw value: texts with a trust mark are still templates.
    Found(Value),
    /// There is no such variable.
    Missing,
    /// A task in flight will set it: whoever evaluates ahead must wait.
    Pending,
}

/// The variables and surroundings of one evaluation. `vars` implements it for tasks; `inventory` and
/// `play` have small ones for constructed groups and names of imports.
pub trait Scope: Send + Sync {
    /// The raw value of a name.
    fn variable(&self, name: &str) -> Lookup;
    /// All names, for the lookup `varnames` and for "did you mean".
    fn names(&self) -> Vec<Arc<str>>;
    /// Directories that relative controller files are searched in, first wins (S-197).
    fn search_path(&self) -> Vec<PathBuf>;
    /// The value of a setting by its name in the configuration table.
    fn setting(&self, name: &str) -> Option<Value>;
    /// The plain value of an inline vault text, wholly secret.
    fn decrypt(&self, text: &str) -> Result<Value, Diagnostic>;
    /// The bytes of a controller file, decrypted when it is a vault.
    fn read_file(&self, path: &std::path::Path) -> Result<Vec<u8>, Diagnostic>;
    /// Names of the inventory's hosts that a pattern selects.
    fn select(&self, pattern: &str) -> Result<Vec<Arc<str>>, Diagnostic>;
    /// Whether this evaluation runs ahead of its turn: impure filters and lookups must suspend it.
    fn is_ahead(&self) -> bool {
        false
    }
    /// Takes a warning or deprecation that the evaluation gave rise to.
    fn warn(&self, warning: Diagnostic);
}
