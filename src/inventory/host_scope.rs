//! The variables that constructed expressions see.

use super::data::Inventory;
use super::load::LoadOptions;
use super::notice::Notices;
use crate::base::{Diagnostic, Key, Map, Value};
use crate::spec::{Lookup, Scope};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// One host's variables so far.
pub(super) struct HostScope<'a> {
    vars: Map,
    inventory: &'a Inventory,
    options: &'a LoadOptions,
    warnings: Mutex<Notices>,
}

impl<'a> HostScope<'a> {
    pub fn new(vars: Map, inventory: &'a Inventory, options: &'a LoadOptions) -> Self {
        Self { vars, inventory, options, warnings: Mutex::default() }
    }

    /// Hands on the warnings so far.
    pub fn pass_on(&self, notices: &mut Notices) {
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        notices.append(warnings.take());
    }
}

impl Scope for HostScope<'_> {
    fn variable(&self, name: &str) -> Lookup {
        self.vars.get(&Key::from(name)).cloned().map_or(Lookup::Missing, Lookup::Found)
    }

    fn names(&self) -> Vec<Arc<str>> {
        self.vars.keys().filter_map(Key::as_str).map(Arc::from).collect()
    }

    fn search_path(&self) -> Vec<PathBuf> {
        vec![self.options.cwd.clone()]
    }

    /// The defaults: inventories are the same whatever a run is set to.
    fn setting(&self, _name: &str) -> Option<Value> {
        None
    }

    fn decrypt(&self, text: &str) -> Result<Value, Diagnostic> {
        self.options.files.decrypt_text(text)
    }

    fn read_file(&self, path: &Path) -> Result<Vec<u8>, Diagnostic> {
        self.options.files.read(path).map(|file| file.text)
    }

    fn select(&self, pattern: &str) -> Result<Vec<Arc<str>>, Diagnostic> {
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        self.inventory.select(pattern, &mut warnings)
    }

    fn warn(&self, warning: Diagnostic) {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).warning(warning);
    }
}
