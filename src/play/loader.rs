//! The loader: what it needs to know, and what it has to say beside its results.

use super::literal;
use super::model::{Parent, Role};
use super::scope::StaticScope;
use crate::base::{Diagnostic, Map, Value};
use crate::spec;
use crate::spec::Scope;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Reads a controller file whole, decrypted when it is a vault.
pub type ReadFile = Arc<dyn Fn(&Path) -> Result<Vec<u8>, Diagnostic> + Send + Sync>;
/// Renders a value in a scope.
pub type Render = Arc<dyn Fn(&Value, &dyn Scope) -> Result<Value, Diagnostic> + Send + Sync>;
/// The plain value of an inline vault text.
pub type Decrypt = Arc<dyn Fn(&str) -> Result<Value, Diagnostic> + Send + Sync>;

/// What the loader needs to know.
#[derive(Clone)]
pub struct LoaderOptions {
    /// Where roles are searched behind the playbook's own (`DEFAULT_ROLES_PATH`).
    pub roles_path: Vec<PathBuf>,
    /// Directories that hold `ansible_collections` (`COLLECTIONS_PATHS`).
    pub collections_paths: Vec<PathBuf>,
    /// `--extra-vars`.
    pub extra_vars: Arc<Map>,
    /// Files.
    pub read_file: ReadFile,
    /// Inline vault texts in names of static imports.
    pub decrypt: Decrypt,
    /// Templates in names of static imports and in tags.
    pub render: Render,
    /// The table of modules.
    pub module: fn(&str) -> Option<&'static spec::Entry>,
    /// All names of the table, for "did you mean".
    pub module_names: fn() -> Vec<&'static str>,
    /// Whether there is a lookup of this name, for `with_X`.
    pub is_lookup: fn(&str) -> bool,
    /// Whether arguments are checked before anything runs.
    pub check_arguments: bool,
    /// Whether a broken template in a task is refused when it is read, and not when the task runs.
    pub check_templates: bool,
}

/// Loads playbooks, roles and task files.
pub struct Loader {
    pub(super) options: LoaderOptions,
    warnings: Mutex<Vec<Diagnostic>>,
    /// Variables that names of static imports see, by the top of the play's chain.
    statics: Mutex<Vec<(Arc<Parent>, Arc<PlayVars>)>>,
}

/// Variables of a play beside those of the chain.
#[derive(Clone, Debug, Default)]
pub(super) struct PlayVars {
    /// Entries of `vars_files` that nothing has needed yet.
    pub unread: Vec<Value>,
    /// Of `vars_files`, the last one first.
    pub files: Vec<Arc<Map>>,
    /// Vars and defaults of its roles, the last one first.
    pub roles: Vec<(Arc<Map>, Arc<Map>)>,
}

/// What one play's loading gathers.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub vars: RefCell<PlayVars>,
    /// Roles that `import_role` brought in.
    pub imported: RefCell<Vec<Arc<Role>>>,
}

/// Where something is read.
#[derive(Clone)]
pub(super) struct Place<'a> {
    /// The step above it.
    pub parent: Arc<Parent>,
    /// Whether tasks are handlers here.
    pub handlers: bool,
    /// Whether a rescue around it takes failures.
    pub rescued: bool,
    /// Whether a module that nobody knows is told of when its task runs, as for ad-hoc calls.
    pub late: bool,
    /// Directories of the roles whose dependencies are being loaded.
    pub stack: Vec<Arc<PathBuf>>,
    /// What the play gathers.
    pub gathered: &'a Gathered,
}

impl<'a> Place<'a> {
    pub(super) fn new(parent: &Arc<Parent>, handlers: bool, gathered: &'a Gathered) -> Self {
        let parent = Arc::clone(parent);
        Self { parent, handlers, rescued: false, late: false, stack: Vec::new(), gathered }
    }

    /// The same below another step.
    pub(super) fn under(&self, parent: Arc<Parent>) -> Self {
        Self { parent, ..self.clone() }
    }
}

impl Loader {
    /// A loader.
    pub fn new(options: LoaderOptions) -> Self {
        Self { options, warnings: Mutex::default(), statics: Mutex::default() }
    }

    /// Warnings and deprecations since the last call, each once; the latter say in which version of
    /// ansible-core the thing goes.
    pub fn take_warnings(&self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.warnings.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn warn(&self, warning: Diagnostic) {
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }

    pub(super) fn warn_all(&self, warnings: impl IntoIterator<Item = Diagnostic>) {
        warnings.into_iter().for_each(|warning| self.warn(warning));
    }

    /// Keeps what names in files that are included later may see.
    pub(super) fn remember(&self, top: &Arc<Parent>, gathered: &Gathered) {
        let vars = Arc::new(gathered.vars.borrow().clone());
        let mut statics = self.statics.lock().unwrap_or_else(PoisonError::into_inner);
        statics.push((Arc::clone(top), vars));
    }

    /// What the play of this step gathered when it was loaded.
    pub(super) fn recall(&self, step: &Arc<Parent>) -> Gathered {
        let statics = self.statics.lock().unwrap_or_else(PoisonError::into_inner);
        let top = step.chain().last();
        let known = top.and_then(|top| statics.iter().find(|(known, _)| Arc::ptr_eq(known, top)));
        let vars = known.map(|(_, vars)| (**vars).clone()).unwrap_or_default();
        Gathered { vars: RefCell::new(vars), imported: RefCell::default() }
    }

    /// A value with its templates rendered by what is known before anything runs.
    pub(super) fn render(
        &self,
        value: &Value,
        place: &Place<'_>,
        own: &Arc<Map>,
    ) -> Result<Value, Diagnostic> {
        if !literal::is_dynamic(value) {
            return Ok(value.clone());
        }
        let unread = std::mem::take(&mut place.gathered.vars.borrow_mut().unread);
        self.read_vars_files(&unread, place)?;
        let scope = StaticScope::new(self, place, own);
        let rendered = (self.options.render)(value, &scope)?;
        self.warn_all(scope.take_warnings());
        Ok(rendered)
    }
}
